#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::task;
using simul_test::log_capture;
using simul_test::run_virtual;
using simul_test::tracked;
using simul_test::tracked_counts;
using namespace std::chrono_literals;

TEST(run, returns_the_value) {
    const auto value = []() -> task<int> { co_return 7; };
    EXPECT_EQ(simul::run(value()), 7);
    const auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(8); };
    EXPECT_EQ(*simul::run(pointer()), 8);
    int place = 0;
    const auto reference = [&]() -> task<int&> { co_return place; };
    EXPECT_EQ(&simul::run(reference()), &place);
    const auto nothing = []() -> task<> { co_await simul::yield(); };
    simul::run(nothing());
}

TEST(run, rethrows_the_very_object_that_was_thrown) {
    std::exception_ptr inside;
    std::exception_ptr outside;
    const auto throws = [&]() -> task<> {
        try {
            throw std::runtime_error("exact");
        } catch (...) {
            inside = std::current_exception();
            throw;
        }
        co_return;
    };
    try {
        simul::run(throws());
    } catch (...) {
        outside = std::current_exception();
    }
    EXPECT_NE(inside, nullptr);
    EXPECT_EQ(inside, outside);
}

TEST(run, inside_of_a_running_loop_is_an_error) {
    run_virtual([]() -> task<> {
        const auto inner = []() -> task<> { co_return; };
        EXPECT_THROW(simul::run(inner()), std::logic_error);
        simul::loop other;
        EXPECT_THROW(other.run(inner()), std::logic_error);
        co_await simul::sleep(1s);
    });
}

TEST(run, takes_any_awaitable) {
    simul::run(simul::yield(), {.virtual_time = true});
    simul::run(simul::sleep(1h), {.virtual_time = true});
    const auto one = []() -> task<int> { co_return 1; };
    const auto [a, b] = simul::run(simul::gather(one(), one()));
    EXPECT_EQ(a + b, 2);
}

// Behaviour of asyncio.run: what the main task leaves behind is cancelled and unwinds first.
TEST(run, cancels_what_nobody_awaited_and_waits_for_its_clean_up) {
    tracked_counts counts;
    std::vector<std::string> events;
    const auto background = [&]() -> task<> {
        const tracked local(counts);
        try {
            co_await simul::sleep(24h);
            events.emplace_back("slept");
        } catch (const simul::cancelled&) {
            events.emplace_back("cancelled");
            throw;
        }
    };
    const auto main = [&]() -> task<int> {
        (void)simul::spawn(background());
        co_await simul::sleep(1s);
        events.emplace_back("main ends");
        co_return 5;
    };
    EXPECT_EQ(run_virtual(main), 5);
    EXPECT_EQ(events, (std::vector<std::string>{"main ends", "cancelled"}));
    EXPECT_TRUE(counts.balanced());
}

TEST(run, cancels_what_is_left_when_the_main_task_throws) {
    tracked_counts counts;
    const auto background = [&]() -> task<> {
        const tracked local(counts);
        co_await simul::sleep(24h);
    };
    const auto main = [&]() -> task<> {
        (void)simul::spawn(background());
        co_await simul::sleep(1s);
        throw std::runtime_error("main failed");
    };
    EXPECT_THROW(run_virtual(main), std::runtime_error);
    EXPECT_EQ(counts.constructed, 1);
    EXPECT_TRUE(counts.balanced());
}

TEST(run, starts_what_was_spawned_in_its_last_moment_and_cancels_it) {
    bool began = false;
    bool was_cancelled = false;
    const auto late = [&]() -> task<> {
        began = true;
        try {
            co_await simul::yield();
        } catch (const simul::cancelled&) {
            was_cancelled = true;
        }
    };
    run_virtual([&]() -> task<> {
        (void)simul::spawn(late());
        co_return;
    });
    EXPECT_TRUE(began);
    EXPECT_TRUE(was_cancelled);
}

TEST(run, cancels_what_is_spawned_while_it_ends) {
    int ended = 0;
    const auto third = [&]() -> task<> {
        ++ended;
        co_await simul::sleep(1h);
        ADD_FAILURE() << "the last one slept";
    };
    const auto second = [&]() -> task<> {
        try {
            co_await simul::sleep(1h);
        } catch (const simul::cancelled&) {
            ++ended;
            (void)simul::spawn(third());
        }
    };
    const auto first = [&]() -> task<> {
        try {
            co_await simul::sleep(1h);
        } catch (const simul::cancelled&) {
            ++ended;
            (void)simul::spawn(second());
        }
    };
    run_virtual([&]() -> task<> {
        (void)simul::spawn(first());
        co_await simul::yield();
    });
    EXPECT_EQ(ended, 3);
}

// Runs when it is destroyed, which a move leaves to the new one.
struct at_end {
    std::function<void()> run;
    explicit at_end(std::function<void()> what) : run(std::move(what)) {}
    at_end(at_end&& other) noexcept : run(std::exchange(other.run, nullptr)) {}
    at_end& operator=(at_end&&) = delete;
    ~at_end() {
        if (run) run();
    }
};

TEST(run, cancels_what_the_arguments_of_the_main_task_spawn_at_their_end) {
    bool was_cancelled = false;
    const auto late = [&]() -> task<> {
        try {
            co_await simul::sleep(1h);
        } catch (const simul::cancelled&) {
            was_cancelled = true;
        }
    };
    const auto main = [](at_end) -> task<> { co_return; };
    simul::run(main(at_end([&] { (void)simul::spawn(late()); })));
    EXPECT_TRUE(was_cancelled);
}

TEST(run, may_be_called_again_on_one_loop) {
    simul::loop loop({.virtual_time = true});
    const auto one = []() -> task<int> {
        co_await simul::sleep(1h);
        co_return 1;
    };
    const auto throws = []() -> task<int> {
        co_await simul::sleep(1h);
        throw std::runtime_error("no");
    };
    const auto before = loop.now();
    EXPECT_EQ(loop.run(one()), 1);
    EXPECT_THROW(loop.run(throws()), std::runtime_error);
    EXPECT_EQ(loop.run(one()), 1);
    EXPECT_EQ(loop.now() - before, 3h);
}

TEST(run, after_the_loop_was_closed_is_an_error) {
    simul::loop loop;
    loop.close();
    loop.close();
    const auto one = []() -> task<int> { co_return 1; };
    EXPECT_THROW(loop.run(one()), std::logic_error);
}

TEST(run, may_follow_itself_a_thousand_times) {
    const auto one = []() -> task<int> {
        co_await simul::sleep(1s);
        co_return 1;
    };
    int sum = 0;
    for (int i = 0; i < 1000; ++i) sum += run_virtual(one());
    EXPECT_EQ(sum, 1000);
}

TEST(run, starts_what_was_spawned_on_the_loop_before) {
    simul::loop loop({.virtual_time = true});
    bool ran = false;
    const auto early = [&]() -> task<> {
        co_await simul::sleep(1s);
        ran = true;
    };
    const auto main = []() -> task<> { co_await simul::sleep(2s); };
    (void)loop.spawn(early());
    EXPECT_FALSE(ran);
    loop.run(main());
    EXPECT_TRUE(ran);
}

TEST(loop, closed_with_tasks_that_never_ran_lets_them_unwind) {
    tracked_counts counts;
    bool began = false;
    const auto never = [&](tracked) -> task<> {
        began = true;
        co_await simul::yield();
        ADD_FAILURE() << "not cancelled";
    };
    {
        simul::loop loop;
        (void)loop.spawn(never(tracked(counts)));
    }
    EXPECT_TRUE(began);
    EXPECT_TRUE(counts.balanced());
}

TEST(loop, is_the_current_one_only_while_it_runs) {
    EXPECT_THROW((void)simul::loop::current(), std::logic_error);
    simul::loop loop;
    const auto looks = [&]() -> task<> {
        EXPECT_EQ(&simul::loop::current(), &loop);
        co_return;
    };
    loop.run(looks());
    EXPECT_THROW((void)simul::loop::current(), std::logic_error);
}

TEST(loop, may_be_made_and_closed_many_times_also_inside_of_another) {
    for (int i = 0; i < 100; ++i) simul::loop().close();
    run_virtual([]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            simul::loop inner;
            co_await simul::yield();
        }
    });
}

} // namespace
