// Counts prime numbers on a pool of threads, block by block. The loop stays free meanwhile: a task
// shows how far the work has come.
//
// The only code that runs on other threads is a plain function of two numbers. What the tasks share
// is touched by the loop's thread alone, without locks or atomics.
#include <simul/simul.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ranges>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;

struct arguments {
    int below = 1'000'000;
    int blocks = 8;
    std::size_t threads = 0; // one per core
};

// Blocks its thread for as long as it computes.
int count_primes(int from, int to) {
    int count = 0;
    for (int n = std::max(from, 2); n < to; ++n) {
        bool is_prime = true;
        for (int d = 2; is_prime && d <= n / d; ++d) is_prime = n % d != 0;
        if (is_prime) ++count;
    }
    return count;
}

simul::task<int> count_block(int from, int to, int& done) {
    const int count = co_await simul::to_thread(count_primes, from, to);
    ++done;
    co_return count;
}

// run() cancels it when everything else is done.
simul::task<> show_progress(const int& done, int all) {
    for (;;) {
        std::fprintf(stderr, "\r%d of %d blocks ", done, all);
        co_await simul::sleep(50ms);
    }
}

simul::task<> async_main(const arguments& args) {
    int done = 0;
    if (isatty(STDERR_FILENO) != 0) (void)simul::spawn(show_progress(done, args.blocks));

    const auto bound = [&](int block) {
        return static_cast<int>(static_cast<long long>(args.below) * block / args.blocks);
    };
    std::vector<simul::task<int>> blocks;
    for (int i = 0; i < args.blocks; ++i)
        blocks.push_back(count_block(bound(i), bound(i + 1), done));

    // All of them are begun. As many as there are threads run, and the others wait for their turn;
    // the results come in the order of the blocks.
    const std::vector<int> counts = co_await simul::gather(std::move(blocks));

    int sum = 0;
    for (int i = 0; i < args.blocks; ++i) {
        const int count = counts[static_cast<std::size_t>(i)];
        std::printf("%8d to %8d: %6d primes\n", bound(i), bound(i + 1) - 1, count);
        sum += count;
    }
    std::printf("%8d to %8d: %6d primes\n", 0, args.below - 1, sum);
}

int main(int argc, char** argv) {
    arguments args;
    CLI::App app{"Counts prime numbers on several threads.", "worker_pool"};
    app.add_option("--below", args.below, "count the primes below this")
        ->check(CLI::Range(1, 100'000'000))
        ->capture_default_str();
    app.add_option("--blocks", args.blocks, "into how many calls the work is split")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    app.add_option("--threads", args.threads, "how many threads compute (0: one per core)")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EXIT_SUCCESS : 2;
    }
    simul::run(async_main(args), {.worker_threads = args.threads});
    return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
