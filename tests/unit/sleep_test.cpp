#include <simul/coro/dump_tasks.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "let_the_time_pass.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace {

using simul::task;
using simul_test::over_orders;
using simul_test::run_real;
using simul_test::run_virtual;
using simul_test::run_with;
using namespace std::chrono_literals;

// The one test of sleeping that needs real time.
TEST(sleep, never_returns_early_on_the_real_clock_also_while_the_loop_is_busy) {
    run_real([]() -> task<> {
        bool stop = false;
        const auto busy = [&]() -> task<> {
            while (!stop) co_await simul::yield();
        };
        (void)simul::spawn(busy());
        for (const auto d : {1ns, 999ns, 100'000ns, 999'999ns, 1'000'001ns, 3'700'000ns}) {
            for (int i = 0; i < 5; ++i) {
                const auto began = std::chrono::steady_clock::now();
                co_await simul::sleep(d);
                EXPECT_GE(std::chrono::steady_clock::now() - began, d);
            }
        }
        stop = true;
        for (const auto d : {100'000ns, 999'999ns, 1'000'001ns, 3'700'000ns}) {
            for (int i = 0; i < 5; ++i) {
                const auto began = std::chrono::steady_clock::now();
                co_await simul::sleep(d);
                EXPECT_GE(std::chrono::steady_clock::now() - began, d);
            }
        }
    });
}

TEST(sleep, of_a_microsecond_does_not_put_the_thread_to_sleep) {
    constexpr int times = 1000;
    const auto waits = [] {
        rusage use{};
        ::getrusage(RUSAGE_THREAD, &use);
        return use.ru_nvcsw;
    };
    run_real([&]() -> task<> {
        const long before = waits();
        for (int i = 0; i < times; ++i) co_await simul::sleep(1us);
        EXPECT_LT(waits() - before, times / 10);
    });
}

// Long ones get their deadline later, several at once.
TEST(sleep, of_an_hour_can_be_seen_and_cancelled_at_any_time) {
    run_real([]() -> task<> {
        for (const int turns : {0, 1, 2, 100}) {
            std::vector<simul::join_handle<>> sleepers;
            const auto sleeper = []() -> task<> { co_await simul::sleep(1h); };
            for (int i = 0; i < 40; ++i) sleepers.push_back(simul::spawn(sleeper()));
            for (int i = 0; i < turns; ++i) co_await simul::yield();
            const std::string tree = simul::format_tasks();
            EXPECT_EQ(tree.find("sleep 3.6e+03 s left") != tree.npos, turns != 0) << tree;
            for (auto& each : sleepers) each.cancel();
            for (auto& each : sleepers) {
                bool was_cancelled = false;
                try {
                    co_await each;
                } catch (const simul::cancelled&) {
                    was_cancelled = true;
                }
                EXPECT_TRUE(was_cancelled);
            }
        }
    });
}

// The loop's idea of the time may be ahead of the clock, by more the longer a step takes.
TEST(sleep, of_an_hour_ends_in_the_order_in_which_it_began) {
    const auto later = [](std::chrono::microseconds by) {
        return std::chrono::steady_clock::now() + by;
    };
    run_real([&]() -> task<> {
        for (const auto warm = later(20ms); later(0us) < warm;) co_await simul::yield();
        for (int round = 0; round < 20; ++round) {
            constexpr int count = 33;
            std::vector<int> order;
            const auto sleeper = [&](int i) -> task<> {
                for (const auto until = later(950us); i == 0 && later(0us) < until;) {
                }
                co_await simul::sleep(1h);
                order.push_back(i);
            };
            std::vector<simul::join_handle<>> sleepers;
            for (int i = 0; i < count; ++i) sleepers.push_back(simul::spawn(sleeper(i)));
            co_await simul::sleep(1us);
            simul_test::let_the_time_pass();
            for (auto& each : sleepers) co_await each;
            EXPECT_EQ(order.size(), std::size_t{count});
            EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
        }
    });
}

TEST(sleep, wakes_in_the_order_of_the_deadlines) {
    over_orders(10, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            std::vector<int> order;
            const auto sleeper = [&](int ms) -> task<> {
                co_await simul::sleep(std::chrono::milliseconds(ms));
                order.push_back(ms);
            };
            std::vector<task<>> sleepers;
            for (int i = 0; i < 100; ++i) sleepers.push_back(sleeper((i * 61) % 100 + 1));
            co_await simul::gather(std::move(sleepers));
            EXPECT_EQ(order.size(), 100U);
            EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
        });
    });
}

TEST(sleep, with_equal_deadlines_wakes_first_in_first_out) {
    run_virtual([]() -> task<> {
        const auto at = simul::clock::now() + 1h;
        std::vector<int> order;
        const auto sleeper = [&](int i) -> task<> {
            co_await simul::sleep_until(at);
            order.push_back(i);
        };
        std::vector<task<>> sleepers;
        for (int i = 0; i < 1000; ++i) sleepers.push_back(sleeper(i));
        co_await simul::gather(std::move(sleepers));
        for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
    });
}

TEST(sleep, of_nothing_or_less_gives_up_one_turn) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        std::string order;
        const auto writes = [&](char c, auto pause) -> task<> {
            order += c;
            co_await pause();
            order += c;
            co_await pause();
            order += c;
        };
        co_await simul::gather(writes('a', [] { return simul::sleep(0s); }),
                               writes('b', [] { return simul::sleep(-1h); }),
                               writes('c', [] { return simul::sleep(std::chrono::hours::min()); }),
                               writes('d', [&] { return simul::sleep_until(began); }),
                               writes('e', [] { return simul::sleep_until({}); }), writes('f', [] {
                                   return simul::sleep_until(simul::clock::time_point::min());
                               }));
        EXPECT_EQ(order, "abcdefabcdefabcdef");
        EXPECT_EQ(simul::clock::now(), began);
    });
}

TEST(sleep, takes_durations_of_every_kind_and_rounds_up) {
    run_virtual([]() -> task<> {
        auto began = simul::clock::now();
        co_await simul::sleep(std::chrono::duration<double>(0.25));
        EXPECT_EQ(simul::clock::now() - began, 250ms);
        began = simul::clock::now();
        co_await simul::sleep(std::chrono::duration<double, std::nano>(0.1));
        EXPECT_EQ(simul::clock::now() - began, 1ns);
        began = simul::clock::now();
        co_await simul::sleep(std::chrono::duration<int, std::ratio<1, 3>>(1));
        EXPECT_EQ(simul::clock::now() - began, 333'333'334ns);
        began = simul::clock::now();
        co_await simul::sleep(std::chrono::days(365));
        EXPECT_EQ(simul::clock::now() - began, std::chrono::days(365));
        began = simul::clock::now();
        const double not_a_number = std::numeric_limits<double>::quiet_NaN();
        co_await simul::sleep(std::chrono::duration<double>(not_a_number));
        EXPECT_EQ(simul::clock::now(), began) << "not a number is no time";
    });
}

TEST(sleep, of_the_longest_durations_can_be_cancelled) {
    for (const bool is_virtual : {true, false}) {
        run_with({.virtual_time = is_virtual}, []() -> task<> {
            const auto for_ever = []() -> task<> {
                co_await simul::sleep(std::chrono::hours::max());
            };
            const auto nearly = []() -> task<> {
                co_await simul::sleep(simul::clock::duration::max());
            };
            const auto infinite = []() -> task<> {
                const double infinity = std::numeric_limits<double>::infinity();
                co_await simul::sleep(std::chrono::duration<double>(infinity));
            };
            const auto until = []() -> task<> {
                co_await simul::sleep_until(simul::clock::time_point::max());
            };
            std::vector<simul::join_handle<>> handles;
            handles.push_back(simul::spawn(for_ever()));
            handles.push_back(simul::spawn(nearly()));
            handles.push_back(simul::spawn(infinite()));
            handles.push_back(simul::spawn(until()));
            co_await simul::sleep(2ms);
            for (const auto& h : handles) {
                EXPECT_FALSE(h.done());
                h.cancel();
            }
            co_await simul::yield();
            for (const auto& h : handles) EXPECT_TRUE(h.done());
        });
    }
}

TEST(sleep, to_the_end_of_virtual_time_gets_there) {
    run_virtual([]() -> task<> {
        co_await simul::sleep_until(simul::clock::time_point::max());
        EXPECT_EQ(simul::clock::now(), simul::clock::time_point::max());
        co_await simul::sleep(1h);
        EXPECT_EQ(simul::clock::now(), simul::clock::time_point::max());
    });
}

TEST(sleep, a_hundred_thousand_cancelled_ones_leave_nothing_behind) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        std::vector<simul::join_handle<>> handles;
        for (int i = 0; i < 100'000; ++i) {
            handles.push_back(simul::spawn(simul::sleep(std::chrono::milliseconds(i + 1))));
        }
        co_await simul::yield();
        for (const auto& h : handles) h.cancel();
        co_await simul::yield();
        for (const auto& h : handles) EXPECT_TRUE(h.done());
        co_await simul::sleep(1ms);
        EXPECT_EQ(simul::clock::now() - began, 1ms);
    });
}

} // namespace
