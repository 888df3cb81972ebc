// Tasks, gather and the options of run, written as a user would: the umbrella header and the
// standard library alone.
#include <simul/simul.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;

static_assert(std::is_aggregate_v<simul::run_options>);
static_assert(
    std::same_as<decltype(simul::run_options::shuffle_seed), std::optional<std::uint64_t>>);

simul::task<> count() {
    std::puts("One");
    co_await simul::sleep(1s);
    std::puts("Two");
}

simul::task<> async_main() { co_await simul::gather(count(), count(), count()); }

simul::task<std::string> part1(int n) {
    co_await simul::sleep(n * 1ms);
    co_return "part1(" + std::to_string(n) + ")";
}

simul::task<int> part2(int n, std::string s) {
    co_await simul::sleep(1ms);
    co_return n + static_cast<int>(s.size());
}

simul::task<int> chains_returning_int() {
    std::string p1 = co_await part1(9);
    auto [a, b, none] = co_await simul::gather(part2(9, p1), part1(6), count());
    static_assert(std::same_as<decltype(none), std::monostate>);
    std::printf("%d %s\n", a, b.c_str());

    std::vector<simul::task<int>> many;
    for (int i = 0; i < 1000; ++i) many.push_back(part2(i, "x"));
    std::vector<int> results = co_await simul::gather(std::move(many));
    std::printf("%zu: %d to %d\n", results.size(), results.front(), results.back());
    co_return 0;
}

simul::task<> clocks() {
    const simul::clock::time_point start = simul::clock::now();
    co_await simul::sleep_until(start + 24h);
    co_await simul::yield();
    const auto passed = simul::clock::now() - start;
    static_assert(std::same_as<const std::chrono::nanoseconds, decltype(passed)>);
    std::printf("%lld hours\n", static_cast<long long>(passed / 1h));
}

int main(int, char**) {
    const auto start = std::chrono::steady_clock::now();
    simul::run(async_main());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("in %.2f s\n", took.count());

    simul::run(clocks(), {.virtual_time = true});
    simul::run(count(), {.virtual_time = true, .shuffle_seed = 7});
    simul::run(part1(1), {.shuffle_seed = 7});
    simul::run(part1(1), {.debug = true});
    simul::run(part1(1), {.handle_sigint = true});
    const auto t = [] { return part1(1); };
    std::puts(simul::run(t(), {.virtual_time = true}).c_str());
    return simul::run(chains_returning_int());
}
