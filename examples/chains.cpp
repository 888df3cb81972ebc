// Chains: inside a chain the second part needs what the first one returned, so it comes after it.
// Several chains have nothing to do with each other, so they run side by side. The whole takes as
// long as the longest chain.
//
// The delays are fixed and pass on the virtual clock: the output is the same each time, and comes
// at once.
#include <simul/simul.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace std::chrono_literals;

using seconds = std::chrono::duration<double>;

// How long something takes, as a slow server might have it.
constexpr std::chrono::seconds delay(int n, int part) {
    return std::chrono::seconds(n * part % 7 + 1);
}

// What has passed on the loop's clock since `start`.
double since(simul::clock::time_point start) {
    return seconds(simul::clock::now() - start).count();
}

simul::task<std::string> part1(int n) {
    std::printf("part1(%d) sleeps for %d seconds\n", n, static_cast<int>(delay(n, 1).count()));
    co_await simul::sleep(delay(n, 1));
    std::printf("part1(%d) is done\n", n);
    co_return "result " + std::to_string(n) + "-1";
}

simul::task<std::string> part2(int n, std::string first) {
    std::printf("part2(%d, \"%s\") sleeps for %d seconds\n", n, first.c_str(),
                static_cast<int>(delay(n, 2).count()));
    co_await simul::sleep(delay(n, 2));
    std::printf("part2(%d, \"%s\") is done\n", n, first.c_str());
    co_return "result " + std::to_string(n) + "-2 from " + first;
}

// Plain co_await, one after the other: this is the chain. Returns how long it took.
simul::task<double> chain(int n) {
    const auto start = simul::clock::now();
    std::string first = co_await part1(n);
    std::string second = co_await part2(n, std::move(first));
    const double took = since(start);
    std::printf("--> chain %d: %s, took %.2f seconds\n", n, second.c_str(), took);
    co_return took;
}

simul::task<int> async_main() {
    const auto start = simul::clock::now();

    // gather() takes any range of tasks of one type and gives their results in the order of the
    // tasks, whatever the order in which they ended.
    std::vector<simul::task<double>> chains;
    for (int n : std::array{9, 6, 3}) chains.push_back(chain(n));
    const std::vector<double> took = co_await simul::gather(std::move(chains));

    double sum = 0;
    for (double each : took) sum += each;
    std::printf("All chains took %.2f seconds, one after the other they would take %.2f\n",
                since(start), sum);
    co_return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main() { return simul::run(async_main(), {.virtual_time = true}); }
