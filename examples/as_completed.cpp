// Asks several servers at once and shows each answer as it comes, not in the order of the
// questions. A server that fails concerns nobody else. With --first N the program leaves when it
// has N answers; whoever has not answered by then is cancelled.
//
// On the virtual clock: the answers come at once, in the right order.
#include <simul/simul.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

struct arguments {
    std::vector<int> servers{300, 100, 200, 400, 250}; // how long each takes, in milliseconds
    int broken = 2;
    std::size_t first = 0; // all of them
};

simul::task<std::string> ask(int server, int milliseconds, bool broken) {
    struct farewell {
        int server;
        bool answered = false;
        ~farewell() {
            if (!answered) std::printf("          server %d is hung up on\n", server);
        }
    } line{server};
    co_await simul::sleep(std::chrono::milliseconds(milliseconds));
    line.answered = true; // in whatever way
    if (broken) throw std::runtime_error("it is out of order");
    co_return "the answer of server " + std::to_string(server);
}

simul::task<> async_main(const arguments& args) {
    const auto start = simul::clock::now();
    std::vector<simul::task<std::string>> questions;
    for (const int milliseconds : args.servers) {
        const int server = static_cast<int>(questions.size());
        questions.push_back(ask(server, milliseconds, server == args.broken));
    }

    std::size_t answers = 0;
    auto done = simul::as_completed(std::move(questions));
    while (auto item = co_await done.next()) {
        const std::chrono::duration<double> passed = simul::clock::now() - start;
        try {
            // An outcome: the value, or the exception to be thrown here.
            std::printf("%.2f s    %s\n", passed.count(), item->result.value().c_str());
            ++answers;
        } catch (const std::exception& error) {
            std::printf("%.2f s    server %zu: %s\n", passed.count(), item->index, error.what());
        }
        if (args.first != 0 && answers == args.first) break;
    }
    co_await done.close(); // the others are cancelled, and have ended when this returns
    std::printf("%zu of %zu answered\n", answers, args.servers.size());
}

int main(int argc, char** argv) {
    arguments args;
    CLI::App app{"Takes answers in the order in which they come.", "as_completed"};
    app.add_option("MILLISECONDS", args.servers, "how long each server takes")
        ->check(CLI::Range(0, 86'400'000))
        ->capture_default_str();
    app.add_option("--broken", args.broken, "the server that fails, by its number")
        ->capture_default_str();
    app.add_option("--first", args.first, "leave when there are so many answers");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EXIT_SUCCESS : 2;
    }
    simul::run(async_main(args), {.virtual_time = true});
    return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
