// Pipes that are dropped while a task waits for their next element: they end after their source.
#include <simul/simul.hpp>

#include "log_capture.hpp"
#include "never.hpp"
#include "run_virtual.hpp"
#include "ticking.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::task;
using simul_test::ending_of;
using simul_test::life;
using simul_test::run_over_orders;
using simul_test::run_virtual;
using simul_test::ticker;
using simul_test::tracked;
using simul_test::tracked_counts;
using simul_test::work_on;

template <class Pipe>
task<> read_all(Pipe& pipe) {
    bool goes_on = true;
    while (goes_on) goes_on = co_await pipe.next() != nullptr;
}

template <class Pipe>
task<> drop(std::unique_ptr<Pipe>& pipe) {
    pipe.reset();
    co_return; // to a caller that goes on when the clean-up has ended
}

// Drops a pipe while a task waits for its next element, at different times.
template <class Make>
task<> expect_all_has_ended(const char* name, life& log, Make make) {
    using pipe_type = decltype(make());
    for (const auto after : {5ms, 15ms, 34ms, 61ms}) {
        auto pipe = std::make_unique<pipe_type>(make());
        auto reader = simul::spawn(ending_of(read_all(*pipe)));
        co_await simul::sleep(after);
        co_await drop(pipe);
        EXPECT_EQ(log.begun, log.ended) << name << " after " << after.count() << " ms";
        const std::string how = co_await std::move(reader);
        EXPECT_NE(how.find("was destroyed while a task waited"), std::string::npos) << how;
    }
}

TEST(a_dropped_pipe, that_a_task_waits_for_has_ended_before_the_one_who_drops_it_goes_on) {
    run_over_orders(10, []() -> task<> {
        life log;
        const auto twice = [](int n) { return n * 2; };
        const auto work = [&](int n) { return work_on(log, n); };
        const auto inner = [&](int) { return ticker(log, 3); };
        const std::vector<int> numbers{1, 2, 3, 4, 5, 6};
        const auto tick = [&] { return ticker(log, 100); };
        co_await expect_all_has_ended("transform", log,
                                      [&] { return tick() | simul::transform(twice); });
        co_await expect_all_has_ended("chunk", log, [&] {
            return tick() | simul::filter(std::identity()) | simul::chunk(3);
        });
        co_await expect_all_has_ended("a coroutine", log, [&] {
            return tick() | simul::transform(twice) | simul::transform(work) |
                   simul::transform(twice);
        });
        co_await expect_all_has_ended("map_concurrent", log, [&] {
            return numbers | simul::map_concurrent(2, work) | simul::transform(twice);
        });
        co_await expect_all_has_ended("flatten", log, [&] {
            return tick() | simul::transform(inner) | simul::flatten() | simul::transform(twice);
        });
        co_await expect_all_has_ended("zip", log, [&] {
            return simul::zip(tick() | simul::transform(twice), tick() | simul::drop(1)) |
                   simul::take(50);
        });
        co_await expect_all_has_ended("a generator", log, [&]() -> async_generator<int> {
            return tick() | simul::transform(twice);
        });
    });
}

TEST(a_dropped_pipe, ends_its_functions_after_its_source) {
    run_virtual([]() -> task<> {
        tracked_counts counts;
        life log;
        int ended_before = -1;
        const auto source = [&](life& at) -> async_generator<int> {
            auto ticks = ticker(at, 100);
            bool was_cancelled = false;
            try {
                while (int* n = co_await ticks.next()) co_yield *n;
            } catch (const simul::cancelled&) {
                was_cancelled = true;
            }
            if (was_cancelled) co_await simul::shield(simul::sleep(10ms));
            ended_before = counts.destroyed;
        };
        auto same = [held = tracked(counts)](int n) { return n; };
        auto pipe = source(log) | simul::transform(std::move(same));
        auto owned = std::make_unique<decltype(pipe)>(std::move(pipe));
        auto reader = simul::spawn(ending_of(read_all(*owned)));
        co_await simul::sleep(25ms);
        const int ended = counts.destroyed;
        co_await drop(owned);
        EXPECT_EQ(ended_before, ended);
        EXPECT_GT(counts.destroyed, ended);
        (void)co_await std::move(reader);
    });
}

TEST(a_dropped_pipe, whose_source_goes_on_in_spite_of_the_cancel_is_ended_at_its_next_element) {
    run_over_orders(10, []() -> task<> {
        std::vector<std::string> seen;
        const auto stubborn = [&]() -> async_generator<int> {
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) {
                seen.push_back("cancelled");
            }
            co_await simul::shield(simul::sleep(10ms));
            try {
                co_yield 7;
            } catch (const simul::generator_exit&) {
                seen.push_back("left");
                throw;
            }
            seen.push_back("read on");
        };
        const auto note = [&](int n) {
            seen.push_back(std::to_string(n));
            return n;
        };
        auto pipe = stubborn() | simul::transform(note);
        auto owned = std::make_unique<decltype(pipe)>(std::move(pipe));
        auto reader = simul::spawn(ending_of(read_all(*owned)));
        co_await simul::sleep(1ms);
        co_await drop(owned);
        EXPECT_EQ(seen, (std::vector<std::string>{"cancelled", "7", "left"}));
        (void)co_await std::move(reader);
    });
}

TEST(a_dropped_pipe, may_outlive_a_loop_that_has_destroyed_the_task_which_waited_for_it) {
    simul_test::log_capture log;
    tracked_counts counts;
    const auto stuck = []() -> async_generator<int> {
        simul_test::never_ever never;
        co_await never;
        co_yield 1;
    };
    {
        auto same = [held = tracked(counts)](int n) { return n; };
        auto pipe = stuck() | simul::transform(std::move(same));
        EXPECT_THROW(run_virtual([&] { return read_all(pipe); }), simul::deadlock);
        EXPECT_TRUE(log.contains("did not end when it was cancelled"));
        EXPECT_GT(counts.alive(), 0);
        EXPECT_EQ(run_virtual([&] { return ending_of(read_all(pipe)); }), "value")
            << "it is empty now";
    }
    EXPECT_TRUE(counts.balanced());
}

async_generator<int> endless() {
    for (int n = 0;; ++n) co_yield n;
}

int successor(int n) { return n + 1; }

// Each holds the next in a pipe.
async_generator<int> nest(int depth) {
    auto inner = (depth == 1 ? endless() : nest(depth - 1)) | simul::transform(successor);
    while (int* n = co_await inner.next()) co_yield *n;
}

async_generator<int> row_of_pipes(int length) {
    auto last = endless();
    for (int i = 0; i < length; ++i) last = std::move(last) | simul::transform(successor);
    return last;
}

TEST(a_dropped_pipe, may_hold_others_to_any_depth) {
    constexpr int depth = 20'000;
    for (const auto make : {nest, row_of_pipes}) {
        run_virtual([&]() -> task<> {
            auto outer = make(depth);
            const int* const first = co_await outer.next();
            EXPECT_EQ(*first, depth);
        });
    }
}

} // namespace
