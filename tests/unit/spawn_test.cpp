#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::task;
using simul_test::fails_after;
using simul_test::log_capture;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::tracked;
using simul_test::tracked_counts;
using simul_test::value_after;
using namespace std::chrono_literals;

TEST(spawn, starts_the_task_at_the_next_turn) {
    run_virtual([]() -> task<> {
        bool began = false;
        const auto sets = [&]() -> task<> {
            began = true;
            co_return;
        };
        const auto h = simul::spawn(sets());
        EXPECT_FALSE(began);
        co_await simul::yield();
        EXPECT_TRUE(began);
        EXPECT_TRUE(h.done());
    });
}

TEST(spawn, outside_of_a_loop_is_an_error_that_frees_the_task) {
    EXPECT_THROW((void)simul::spawn(value_after(1ms, 1)), std::logic_error);
}

TEST(spawn, on_a_closed_loop_is_an_error_that_frees_the_task) {
    simul::loop loop;
    loop.close();
    EXPECT_THROW((void)loop.spawn(value_after(1ms, 1)), std::logic_error);
}

TEST(spawn, takes_every_awaitable) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        const auto sleeps = simul::spawn(simul::sleep(5ms), "sleeper");
        const auto gathers = simul::spawn(simul::gather(value_after(1ms, 1), value_after(2ms, 2)));
        co_await sleeps;
        EXPECT_EQ(simul::clock::now() - began, 5ms);
        const auto& pair = co_await gathers;
        EXPECT_EQ(std::get<1>(pair), 2);
    });
}

TEST(join_handle, gives_the_value_to_any_number_of_awaiters) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto h = simul::spawn(value_after(5ms, 3), "three");
            EXPECT_EQ(h.name(), "three");
            int sum = 0;
            const auto adds = [&](simul::join_handle<int> handle) -> task<> {
                sum += co_await handle;
            };
            co_await simul::gather(adds(h), adds(h), adds(h));
            EXPECT_EQ(sum, 9);
            EXPECT_TRUE(h.done());
            const int late = co_await h;
            EXPECT_EQ(late, 3);
        });
    });
}

TEST(join_handle, moved_into_co_await_gives_the_value_away) {
    run_virtual([]() -> task<> {
        const auto makes = []() -> task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(6);
        };
        auto h = simul::spawn(makes());
        const std::unique_ptr<int>& looked_at = co_await h;
        EXPECT_EQ(*looked_at, 6);
        const std::unique_ptr<int> taken = co_await std::move(h);
        EXPECT_EQ(*taken, 6);
        const std::unique_ptr<int> at_once = co_await simul::spawn(makes());
        EXPECT_EQ(*at_once, 6);
    });
}

TEST(join_handle, of_a_reference_gives_the_reference) {
    run_virtual([]() -> task<> {
        int place = 0;
        const auto refers = [&]() -> task<int&> { co_return place; };
        const auto h = simul::spawn(refers());
        int& reference = co_await h;
        EXPECT_EQ(&reference, &place);
    });
}

TEST(join_handle, throws_to_every_awaiter_what_the_task_threw) {
    run_virtual([]() -> task<> {
        const auto h = simul::spawn(fails_after(1ms));
        int caught = 0;
        const auto catches = [&]() -> task<> {
            try {
                (void)co_await h;
            } catch (const std::runtime_error&) {
                ++caught;
            }
        };
        co_await simul::gather(catches(), catches());
        co_await catches();
        EXPECT_EQ(caught, 3);
    });
}

TEST(join_handle, dropped_leaves_the_task_to_the_loop) {
    run_virtual([]() -> task<> {
        bool ended = false;
        const auto works = [&]() -> task<> {
            co_await simul::sleep(5ms);
            ended = true;
        };
        {
            (void)simul::spawn(works());
        }
        co_await simul::sleep(10ms);
        EXPECT_TRUE(ended);
    });
}

TEST(join_handle, may_be_copied_moved_and_dropped_in_any_order) {
    tracked_counts counts;
    run_virtual([&]() -> task<> {
        const auto makes = [&]() -> task<tracked> {
            co_await simul::sleep(1ms);
            co_return tracked(counts);
        };
        auto a = simul::spawn(makes());
        auto b = a;
        auto c = std::move(a);
        EXPECT_FALSE(a); // NOLINT: looking at what was moved from is the point
        a = b;
        b = simul::join_handle<tracked>();
        auto& same = a;
        a = same;
        const tracked& value = co_await c;
        EXPECT_EQ(counts.alive(), 1);
        c = simul::join_handle<tracked>();
        EXPECT_EQ(value.name(), "");
        a = simul::join_handle<tracked>();
        EXPECT_TRUE(counts.balanced());
    });
    EXPECT_TRUE(counts.balanced());
}

TEST(join_handle, may_outlive_its_loop) {
    tracked_counts counts;
    simul::join_handle<int> ended;
    simul::join_handle<int> unfinished;
    run_virtual([&]() -> task<> {
        ended = simul::spawn(value_after(1ms, 1), "ended");
        unfinished = simul::spawn(value_after(1h, 1), "unfinished");
        co_await simul::sleep(2ms);
    });
    EXPECT_TRUE(ended.done());
    EXPECT_EQ(ended.name(), "ended");
    EXPECT_TRUE(unfinished.done());
    unfinished.cancel();
}

TEST(join_handle, awaited_by_its_own_task_is_an_error) {
    run_virtual([]() -> task<> {
        simul::join_handle<> self;
        std::string what;
        const auto awaits_itself = [&]() -> task<> {
            try {
                co_await self;
            } catch (const std::logic_error& e) {
                what = e.what();
            }
        };
        self = simul::spawn(awaits_itself());
        co_await self;
        EXPECT_NE(what.find("itself"), std::string::npos);
    });
}

TEST(join_handle, of_another_loop_is_an_error) {
    simul::loop other({.virtual_time = true});
    const auto h = other.spawn(value_after(1h, 1));
    run_virtual([&]() -> task<> {
        try {
            (void)co_await h;
            ADD_FAILURE() << "no error";
        } catch (const std::logic_error& e) {
            EXPECT_NE(std::string(e.what()).find("loop"), std::string::npos);
        }
    });
    other.close();
    EXPECT_TRUE(h.done());
}

TEST(join_handle, whose_awaiter_is_cancelled_leaves_the_task_and_the_other_awaiters_alone) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto h = simul::spawn(value_after(10ms, 4));
            const auto awaits = [](simul::join_handle<int> handle) -> task<int> {
                co_return co_await handle;
            };
            std::vector<simul::join_handle<int>> awaiters;
            for (int i = 0; i < 5; ++i) awaiters.push_back(simul::spawn(awaits(h)));
            co_await simul::sleep(1ms);
            awaiters[0].cancel();
            awaiters[2].cancel();
            awaiters[4].cancel();
            int cancels = 0;
            int sum = 0;
            for (const auto& each : awaiters) {
                try {
                    sum += co_await each;
                } catch (const simul::cancelled&) {
                    ++cancels;
                }
            }
            EXPECT_EQ(cancels, 3);
            EXPECT_EQ(sum, 8);
            EXPECT_TRUE(h.done());
        });
    });
}

TEST(spawn, reports_once_an_exception_that_nobody_awaits) {
    log_capture log;
    run_virtual([]() -> task<> {
        (void)simul::spawn(fails_after(1ms), "lonely");
        co_await simul::sleep(5ms);
    });
    EXPECT_EQ(log.count("lonely"), 1) << log.text();
    EXPECT_EQ(log.count("failed: failed"), 1) << log.text();
}

TEST(spawn, reports_an_exception_at_the_end_of_the_loop_when_its_handle_is_never_awaited) {
    log_capture log;
    run_virtual([]() -> task<> {
        const auto h = simul::spawn(fails_after(1ms), "held");
        co_await simul::sleep(5ms);
        EXPECT_TRUE(h.done());
    });
    EXPECT_EQ(log.count("held"), 1) << log.text();
}

TEST(spawn, reports_an_exception_thrown_while_the_loop_ends) {
    log_capture log;
    const auto bad_cleanup = []() -> task<> {
        try {
            co_await simul::sleep(1h);
        } catch (const simul::cancelled&) {
            throw std::runtime_error("clean-up failed");
        }
    };
    run_virtual([&]() -> task<> {
        (void)simul::spawn(bad_cleanup());
        co_await simul::sleep(1ms);
    });
    EXPECT_EQ(log.count("clean-up failed"), 1) << log.text();
}

TEST(spawn, reports_neither_cancels_nor_what_somebody_awaited) {
    run_virtual([]() -> task<> {
        (void)simul::spawn(value_after(1h, 1));
        const auto h = simul::spawn(fails_after(1ms));
        try {
            (void)co_await h;
        } catch (const std::runtime_error&) {
        }
    });
}

TEST(spawn, keeps_a_lambda_with_captures_alive_until_its_task_ends) {
    tracked_counts counts;
    run_virtual([&]() -> task<> {
        int seen = 0;
        {
            auto captured = std::make_shared<int>(11);
            auto works = [captured, t = tracked(counts), &seen]() -> task<> {
                co_await simul::sleep(1ms);
                seen = *captured;
            };
            (void)simul::spawn(std::move(works), "lambda");
        }
        co_await simul::sleep(2ms);
        EXPECT_EQ(seen, 11);
        EXPECT_TRUE(counts.balanced());
    });
    EXPECT_TRUE(counts.balanced());
}

TEST(spawn, keeps_a_lambda_alive_that_is_cancelled_at_the_end_of_the_loop) {
    tracked_counts counts;
    int seen = 0;
    run_virtual([&]() -> task<> {
        auto works = [value = std::make_unique<int>(12), t = tracked(counts), &seen]() -> task<> {
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) {
                seen = *value;
            }
        };
        (void)simul::spawn(std::move(works));
        co_await simul::yield();
    });
    EXPECT_EQ(seen, 12);
    EXPECT_TRUE(counts.balanced());
}

TEST(spawn, in_a_destructor_during_unwinding_works) {
    bool ran = false;
    const auto sets = [&]() -> task<> {
        ran = true;
        co_return;
    };
    struct spawns_at_the_end {
        explicit spawns_at_the_end(const decltype(sets)& f) : fn(&f) {}
        spawns_at_the_end(const spawns_at_the_end&) = delete;
        spawns_at_the_end& operator=(const spawns_at_the_end&) = delete;
        ~spawns_at_the_end() { (void)simul::spawn((*fn)()); }
        const decltype(sets)* fn;
    };
    run_virtual([&]() -> task<> {
        const auto fails = [&]() -> task<> {
            const spawns_at_the_end guard(sets);
            co_await simul::sleep(1ms);
            throw std::runtime_error("unwinding");
        };
        try {
            co_await fails();
        } catch (const std::runtime_error&) {
        }
    });
    EXPECT_TRUE(ran);
}

} // namespace
