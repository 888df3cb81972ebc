// Limits on time: for one call, for several together, one inside of another, with something else to
// fall back on, and for one that is tried again.
//
// On the virtual clock: hours pass at once.
#include <simul/simul.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// The time since the program began, before each line.
void say(const std::string& text) {
    static const simul::clock::time_point start = simul::clock::now();
    const std::chrono::duration<double> passed = simul::clock::now() - start;
    std::printf("%5.2f s  %s\n", passed.count(), text.c_str());
}

// Takes a while. When it is given up on, it needs another moment to clean up, and whoever set the
// limit waits for that: nothing is left running behind anybody's back.
simul::task<int> fetch(std::string name, milliseconds takes) {
    bool given_up = false;
    try {
        co_await simul::sleep(takes);
    } catch (const simul::cancelled&) {
        given_up = true;
    }
    if (given_up) {
        co_await simul::shield(simul::sleep(20ms)); // without the shield it would throw at once
        say(name + " is given up on");
        throw simul::cancelled{};
    }
    say(name + " is there");
    co_return static_cast<int>(takes.count());
}

simul::task<> one_call(milliseconds limit) {
    try {
        co_await simul::timeout(limit, fetch("the quick one", 100ms));
        co_await simul::timeout(limit, fetch("the slow one", 1h));
    } catch (const simul::timeout_error& error) {
        say(error.what());
    }
}

simul::task<> or_something_else(milliseconds limit) {
    // An empty optional in place of an exception.
    const std::optional<int> fresh = co_await simul::move_on_after(limit, fetch("news", 1h));
    say(fresh.has_value() ? "reads the news" : "reads yesterday's news");
}

// A point in time holds for all steps together.
simul::task<> three_steps(milliseconds limit) {
    const auto deadline = simul::clock::now() + limit;
    try {
        for (const char* step : {"step 1", "step 2", "step 3"})
            co_await simul::timeout_at(deadline, fetch(step, 100ms));
    } catch (const simul::timeout_error&) {
        say("no time left for the rest");
    }
}

simul::task<> patient(milliseconds limit) {
    try {
        co_await simul::timeout(2 * limit, fetch("the inner one", 1h));
    } catch (const simul::timeout_error&) {
        say("this never happens: the outer limit is up first");
    }
}

// Of nested limits, the one that is up reports.
simul::task<> nested(milliseconds limit) {
    try {
        co_await simul::timeout(limit, patient(limit));
    } catch (const simul::timeout_error&) {
        say("the outer limit was up");
    }
}

simul::task<> again_and_again(milliseconds limit) {
    for (int attempt = 1;; ++attempt, limit *= 2) {
        const std::string name = "attempt " + std::to_string(attempt);
        if (auto n = co_await simul::move_on_after(limit, fetch(name, 700ms))) co_return;
    }
}

simul::task<> async_main(milliseconds limit) {
    say("one call");
    co_await one_call(limit);
    say("or something else");
    co_await or_something_else(limit);
    say("several steps, one limit");
    co_await three_steps(limit);
    say("one limit inside of another");
    co_await nested(limit);
    say("again, each time with twice the time");
    co_await again_and_again(limit);
}

int main(int argc, char** argv) {
    int limit = 250;
    CLI::App app{"Limits on time, in five ways.", "timeouts"};
    app.add_option("--limit", limit, "in milliseconds")
        ->check(CLI::Range(1, 3'600'000))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EXIT_SUCCESS : 2;
    }
    simul::run(async_main(milliseconds(limit)), {.virtual_time = true});
    return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
