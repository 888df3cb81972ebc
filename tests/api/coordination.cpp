// Everything that runs tasks side by side, written as a user would: the umbrella header and the
// standard library alone.
#include <simul/simul.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;

simul::task<int> part2(int n, std::string s) {
    co_await simul::sleep(10ms);
    co_return n + static_cast<int>(s.size());
}

simul::task<int> fails() {
    co_await simul::yield();
    throw std::runtime_error("it failed");
}

simul::task<int> slow() {
    co_await simul::sleep(1s);
    co_return 1;
}

simul::task<std::string> fast() {
    co_await simul::sleep(1ms);
    co_return "fast";
}

simul::task<> commit() {
    co_await simul::sleep(10ms);
    std::puts("committed");
}

simul::task<> worker(int n) {
    co_await simul::sleep(n * 1ms);
    std::printf("worker %d\n", n);
}

void use(std::size_t index, int value) { std::printf("%zu: %d\n", index, value); }

simul::task<> coordination() {
    simul::join_handle<int> h = simul::spawn(part2(1, "bg"), "background");
    int value = co_await h;
    std::printf("%d, %s, %s\n", value, h.done() ? "done" : "running", h.name().c_str());
    h.cancel(); // it has ended: this does nothing
    std::printf("still %d\n", co_await h);

    auto settled = co_await simul::gather(simul::return_exceptions, part2(1, "a"), fails());
    auto& [good, bad] = settled;
    std::printf("%d %d\n", good.has_value(), good.value());
    try {
        std::rethrow_exception(bad.error());
    } catch (const std::runtime_error& error) {
        std::printf("%d %s, %d\n", bad.has_value(), error.what(), bad.cancelled());
    }

    auto winner = co_await simul::race(slow(), fast());
    static_assert(std::same_as<decltype(winner), std::variant<int, std::string>>);
    std::printf("%zu %s\n", winner.index(), std::get<1>(winner).c_str());
    std::vector<simul::task<int>> runners;
    runners.push_back(slow());
    runners.push_back(part2(5, ""));
    auto first = co_await simul::race(std::move(runners));
    std::printf("%zu %d\n", first.index, first.value);

    std::vector<simul::task<int>> many;
    many.push_back(slow());
    for (int i = 0; i < 2; ++i) many.push_back(part2(i, "x"));
    auto done = simul::as_completed(std::move(many));
    while (auto item = co_await done.next()) use(item->index, item->result.value());

    int n = co_await simul::timeout(250ms, part2(1, "t"));
    std::optional<int> m = co_await simul::move_on_after(250ms, part2(1, "t"));
    int at = co_await simul::timeout_at(simul::clock::now() + 250ms, part2(1, "t"));
    std::printf("%d %d %d\n", n, m.value(), at);
    try {
        (void)co_await simul::timeout(250ms, slow());
    } catch (const simul::timeout_error&) {
        std::puts("timeout_error");
    }
    std::optional<int> none = co_await simul::move_on_after(250ms, slow());
    std::puts(none.has_value() ? "in time" : "moved on");

    const auto shields = []() -> simul::task<> { co_await simul::shield(commit()); };
    auto shielded = simul::spawn(shields());
    co_await simul::yield();
    shielded.cancel();
    try {
        co_await shielded;
    } catch (const simul::cancelled&) {
        std::puts("then cancelled");
    }

    co_await simul::with_task_group([&](simul::task_group& group) -> simul::task<> {
        group.spawn(worker(1));
        group.spawn([&]() -> simul::task<> { co_await worker(2); });
        co_return;
    });
    co_await simul::with_task_group([](simul::task_group& group) -> simul::task<> {
        co_await group.start([](simul::task_started& ready) -> simul::task<> {
            std::puts("listens");
            ready.set();
            co_await simul::sleep(24h);
        });
        std::puts("serves");
        group.cancel();
    });

    std::vector<simul::join_handle<int>> handles;
    handles.push_back(simul::spawn(slow()));
    handles.push_back(simul::spawn(part2(1, "")));
    auto [finished, pending] = co_await simul::wait(handles, simul::wait_until::first_completed);
    std::printf("%zu finished, %zu pending\n", finished.size(), pending.size());
    for (auto& each : pending) each.cancel();
    auto [all, rest] = co_await simul::wait(handles, simul::wait_until::all_completed);
    std::printf("%zu finished, %zu pending\n", all.size(), rest.size());

    std::array<int, 3> numbers{3, 2, 1};
    co_await simul::for_each_concurrent(numbers, 2, [](int each) { return worker(each); });
}

int main() { simul::run(coordination(), {.virtual_time = true}); }
