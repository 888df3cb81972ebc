// Producers make items at their own pace and put them into a queue; consumers take them out, work
// on each for a while and note how long it had to wait. The queue is bounded: when the consumers
// fall behind, the producers wait for them.
//
// The pauses are random, from a seed, and pass on the virtual clock, so the output comes at once
// and is the same each time; --real takes the time that it says.
#include <simul/simul.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

using namespace std::chrono_literals;

struct arguments {
    int producers = 2;
    int consumers = 2;
    int items = 4; // of each producer
    std::size_t capacity = 4;
    std::uint32_t seed = 1;
    bool real = false;
};

struct item {
    int producer;
    int number;
    simul::clock::time_point made;
};

// What the tasks share. They need no locks: only one of them runs at a time, and it is never
// interrupted but where it says co_await.
struct workshop {
    explicit workshop(const arguments& args) : queue(args.capacity), random(args.seed) {}

    std::chrono::milliseconds up_to(std::uint32_t most) {
        return std::chrono::milliseconds(random() % most + 1);
    }
    double now() const { return seconds(simul::clock::now() - start); }
    static double seconds(simul::clock::duration d) {
        return std::chrono::duration<double>(d).count();
    }

    simul::queue<item> queue;
    std::minstd_rand random;
    std::vector<double> latencies;
    simul::clock::time_point start = simul::clock::now();
};

simul::task<> produce(int name, int items, workshop& in) {
    for (int number = 1; number <= items; ++number) {
        co_await simul::sleep(in.up_to(400));
        const item made{name, number, simul::clock::now()};
        co_await in.queue.put(made); // waits while the queue is full
        std::printf("%.3f  producer %d: item %d\n", in.now(), name, number);
    }
}

simul::task<> consume(int name, workshop& in) {
    while (auto next = co_await in.queue.next()) { // until the queue is closed
        const double waited = workshop::seconds(simul::clock::now() - next->made);
        in.latencies.push_back(waited);
        std::printf("%.3f  consumer %d: item %d of producer %d, which waited %.3f s\n", in.now(),
                    name, next->number, next->producer, waited);
        co_await simul::sleep(in.up_to(900));
        in.queue.task_done();
    }
}

simul::task<> async_main(const arguments& args) {
    workshop in(args);
    co_await simul::with_task_group([&](simul::task_group& group) -> simul::task<> {
        for (int i = 1; i <= args.consumers; ++i) group.spawn(consume(i, in));

        std::vector<simul::task<>> producers;
        for (int i = 1; i <= args.producers; ++i) producers.push_back(produce(i, args.items, in));
        co_await simul::gather(std::move(producers));
        std::printf("%.3f  all is made\n", in.now());
        co_await in.queue.join(); // returns when task_done() was called for every item
        in.queue.close();         // the consumers wait for more: this ends them
    });

    std::printf("%.3f  all is done\n", in.now());
    std::ranges::sort(in.latencies);
    const std::vector<double>& all = in.latencies;
    std::printf("%zu items waited %.3f s at least, %.3f s in the median, %.3f s at most\n",
                all.size(), all.front(), all[all.size() / 2], all.back());
}

int main(int argc, char** argv) {
    arguments args;
    CLI::App app{"Producers and consumers around a bounded queue.", "producer_consumer"};
    app.add_option("-p,--producers", args.producers, "how many make items")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("-c,--consumers", args.consumers, "how many take them")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("-n,--items", args.items, "items of each producer")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    app.add_option("--capacity", args.capacity, "how many items the queue holds")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    app.add_option("--seed", args.seed, "for other random pauses")->capture_default_str();
    app.add_flag("--real", args.real, "on the real clock");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EXIT_SUCCESS : 2;
    }
    simul::run(async_main(args), {.virtual_time = !args.real});
    return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
