#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using simul::task;
using simul_test::log_capture;
using simul_test::run_with;
using simul_test::tracked;
using simul_test::tracked_counts;
using namespace std::chrono_literals;

constexpr int tasks_per_seed = 200;
constexpr int cancels_per_seed = 500;
constexpr std::uint64_t seeds = 200; // times the cancels: 100,000

// A crowd of tasks that sleep, join and gather one another at random, and are cancelled at random.
class crowd {
public:
    explicit crowd(std::uint64_t seed) : random_(seed) {}

    task<> run() {
        handles_.reserve(tasks_per_seed);
        for (int i = 0; i < tasks_per_seed; ++i) {
            handles_.push_back(simul::spawn(member(i)));
            if (below(10) == 0) co_await simul::yield();
        }
        for (int i = 0; i < cancels_per_seed; ++i) {
            handles_[static_cast<std::size_t>(below(tasks_per_seed))].cancel();
            if (below(4) == 0) co_await simul::sleep(std::chrono::microseconds(below(300)));
        }
        for (const auto& h : handles_) {
            try {
                (void)co_await h;
                ++values;
            } catch (const simul::cancelled&) {
                ++cancels;
            } catch (const std::runtime_error&) {
                ++failures;
            }
        }
    }

    int values = 0;
    int cancels = 0;
    int failures = 0;
    tracked_counts counts;

private:
    int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
    std::chrono::microseconds some_time() { return std::chrono::microseconds(below(5000)); }

    task<int> member(int number) {
        const tracked local(counts);
        const int steps = 1 + below(4);
        int sum = 0;
        for (int i = 0; i < steps; ++i) sum += co_await step(number, 0);
        co_return sum;
    }

    task<int> step(int number, int depth) {
        const tracked local(counts);
        const int kind = below(depth < 3 ? 9 : 4);
        switch (kind) {
        case 0: co_await simul::sleep(some_time()); break;
        case 1: co_await simul::yield(); break;
        case 2:
            // Only on earlier ones, so that nobody waits in a circle.
            if (number > 0) {
                const auto& other = handles_[static_cast<std::size_t>(below(number))];
                const int value = co_await other;
                co_return value % 7;
            }
            break;
        case 3:
            if (below(20) == 0) throw std::runtime_error("one of many");
            break;
        case 4: {
            const int value = co_await step(number, depth + 1);
            co_return value + 1;
        }
        case 5: {
            const auto [a, b] =
                co_await simul::gather(step(number, depth + 1), step(number, depth + 1));
            co_return a + b;
        }
        case 6: {
            std::vector<task<int>> several;
            for (int i = below(6); i > 0; --i) several.push_back(step(number, depth + 1));
            const std::vector<int> all = co_await simul::gather(std::move(several));
            co_return static_cast<int>(all.size());
        }
        case 7: {
            const auto [a, b] = co_await simul::gather(
                simul::return_exceptions, step(number, depth + 1), step(number, depth + 1));
            co_return a.has_value() + b.has_value();
        }
        default:
            // Some clean up, which takes them to more suspensions, and some swallow the cancel.
            try {
                const int value = co_await step(number, depth + 1);
                co_return value;
            } catch (const simul::cancelled&) {
                if (below(2) == 0) throw;
            }
        }
        co_return 1;
    }

    std::mt19937_64 random_;
    std::vector<simul::join_handle<int>> handles_;
};

// Failures that nobody could be told of are in the log, and nothing else is.
void expect_failures_only(log_capture& log) {
    EXPECT_EQ(log.count("[error]"), log.count("one of many"));
    EXPECT_EQ(log.count("[warning]"), 0);
}

TEST(cancellation, a_hundred_thousand_at_random_end_every_task_and_leave_nothing) {
    log_capture log;
    int values = 0;
    int cancels = 0;
    int failures = 0;
    for (std::uint64_t seed = 0; seed < seeds && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        crowd c(seed);
        simul::run_options options{.virtual_time = true};
        if (seed % 4 != 0) options.shuffle_seed = seed;
        run_with(options, [&] { return c.run(); });
        EXPECT_EQ(c.values + c.cancels + c.failures, tasks_per_seed);
        EXPECT_TRUE(c.counts.balanced());
        values += c.values;
        cancels += c.cancels;
        failures += c.failures;
    }
    EXPECT_GT(values, 0);
    EXPECT_GT(cancels, 0);
    EXPECT_GT(failures, 0);
    expect_failures_only(log);
}

// The main task ends in the middle of it all, and the loop's end cancels everybody at once.
TEST(cancellation, by_the_loops_end_at_any_moment_leaves_nothing) {
    log_capture log;
    for (std::uint64_t seed = 0; seed < 300 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        crowd c(seed);
        run_with({.virtual_time = true, .shuffle_seed = seed}, [&]() -> task<> {
            (void)simul::spawn(c.run());
            co_await simul::sleep(std::chrono::microseconds(seed * 20));
        });
        EXPECT_TRUE(c.counts.balanced());
    }
    expect_failures_only(log);
}

} // namespace
