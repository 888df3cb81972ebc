#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/wait.hpp>
#include <simul/loop/loop.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::join_handle;
using simul::task;
using simul::wait_until;
using simul_test::ending_of;
using simul_test::fails_after;
using simul_test::over_orders;
using simul_test::pause_for;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::value_after;
using namespace std::chrono_literals;

std::vector<join_handle<int>> three_values() {
    std::vector<join_handle<int>> handles;
    for (const int i : {30, 10, 20}) {
        handles.push_back(simul::spawn(value_after(std::chrono::milliseconds(i), i)));
    }
    return handles;
}

TEST(wait, for_all_ends_with_the_last) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto began = simul::clock::now();
            const auto handles = three_values();
            const auto [finished, pending] = co_await simul::wait(handles);
            EXPECT_EQ(simul::clock::now() - began, 30ms);
            EXPECT_TRUE(pending.empty());
            EXPECT_EQ(finished.size(), 3U);
            EXPECT_EQ(co_await finished[0], 30) << "in the order in which they were given";
            EXPECT_EQ(co_await finished[2], 20);
        });
    });
}

TEST(wait, for_the_first_leaves_the_others_running) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto began = simul::clock::now();
            auto left = three_values();
            std::vector<int> order;
            while (!left.empty()) {
                auto [finished, pending] = co_await simul::wait(left, wait_until::first_completed);
                for (const auto& each : finished) order.push_back(co_await each);
                left = std::move(pending);
            }
            EXPECT_EQ(order, (std::vector<int>{10, 20, 30}));
            EXPECT_EQ(simul::clock::now() - began, 30ms);
        });
    });
}

TEST(wait, for_a_failure_ends_with_it) {
    run_virtual([]() -> task<> {
        auto handles = three_values();
        handles.push_back(simul::spawn(fails_after(15ms)));
        const auto began = simul::clock::now();
        const auto [finished, pending] = co_await simul::wait(handles, wait_until::first_failed);
        EXPECT_EQ(simul::clock::now() - began, 15ms);
        EXPECT_EQ(finished.size(), 2U);
        EXPECT_EQ(pending.size(), 2U);
        EXPECT_EQ(co_await ending_of(handles[3]), "failed");
        EXPECT_EQ(co_await ending_of(handles[0]), "value") << "nothing was cancelled";
    });
}

TEST(wait, for_a_failure_that_does_not_come_ends_with_the_last) {
    run_virtual([]() -> task<> {
        const auto handles = three_values();
        const auto [finished, pending] = co_await simul::wait(handles, wait_until::first_failed);
        EXPECT_EQ(finished.size(), 3U);
        EXPECT_TRUE(pending.empty());
    });
}

TEST(wait, takes_a_cancelled_task_for_a_failed_one) {
    run_virtual([]() -> task<> {
        const auto handles = three_values();
        handles[0].cancel();
        const auto [finished, pending] = co_await simul::wait(handles, wait_until::first_failed);
        EXPECT_EQ(finished.size(), 1U);
        EXPECT_EQ(pending.size(), 2U);
    });
}

TEST(wait, throws_nothing_of_theirs) {
    run_virtual([]() -> task<> {
        std::vector<join_handle<int>> handles;
        for (int i = 1; i < 4; ++i) {
            handles.push_back(simul::spawn(fails_after(std::chrono::milliseconds(i))));
        }
        const auto [finished, pending] = co_await simul::wait(handles);
        EXPECT_EQ(finished.size(), 3U);
        for (const auto& each : finished) EXPECT_EQ(co_await ending_of(each), "failed");
    });
}

TEST(wait, for_nothing_is_an_error_at_once) {
    const std::vector<join_handle<>> none;
    EXPECT_THROW((void)simul::wait(none), std::invalid_argument);
}

TEST(wait, for_what_has_ended_takes_no_turn) {
    run_virtual([]() -> task<> {
        const auto handles = three_values();
        (void)co_await simul::wait(handles);
        bool other_ran = false;
        (void)simul::spawn([&]() -> task<> {
            other_ran = true;
            co_return;
        });
        for (const auto mode :
             {wait_until::first_completed, wait_until::first_failed, wait_until::all_completed}) {
            const auto [finished, pending] = co_await simul::wait(handles, mode);
            EXPECT_EQ(finished.size(), 3U);
            EXPECT_TRUE(pending.empty());
        }
        EXPECT_FALSE(other_ran);
    });
}

TEST(wait, takes_any_range_of_handles_and_one_task_twice) {
    run_virtual([]() -> task<> {
        const auto h = simul::spawn(pause_for(5ms));
        const std::array<join_handle<>, 3> handles{h, h, h};
        const auto [finished, pending] = co_await simul::wait(handles, wait_until::first_completed);
        EXPECT_EQ(finished.size(), 3U);
        EXPECT_TRUE(pending.empty());
    });
}

TEST(wait, a_cancel_of_it_leaves_the_tasks_running) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto handles = three_values();
            const auto waits = [&]() -> task<std::string> {
                co_return co_await ending_of(simul::wait(handles));
            };
            auto waiting = simul::spawn(waits());
            co_await simul::sleep(5ms);
            waiting.cancel();
            EXPECT_EQ(co_await waiting, "cancelled");
            for (const auto& each : handles) EXPECT_FALSE(each.done());
            const auto [finished, pending] = co_await simul::wait(handles);
            EXPECT_EQ(co_await finished[0], 30);
        });
    });
}

TEST(wait, an_end_in_the_turn_of_the_cancel_is_not_lost) {
    int values = 0;
    over_orders(100, [&](simul::run_options options) {
        run_with(options, [&]() -> task<> {
            const auto handles = three_values();
            const auto waits = [&]() -> task<std::string> {
                co_return co_await ending_of(simul::wait(handles, wait_until::first_completed));
            };
            auto waiting = simul::spawn(waits());
            co_await simul::sleep(10ms);
            waiting.cancel();
            const std::string how = co_await waiting;
            if (handles[1].done() && how == "value") ++values;
            (void)co_await simul::wait(handles);
        });
    });
    EXPECT_GT(values, 0);
}

TEST(wait, in_a_task_that_is_cancelled_already_throws) {
    run_virtual([]() -> task<> {
        const auto handles = three_values();
        const auto late = [&]() -> task<std::string> {
            EXPECT_EQ(co_await ending_of(simul::sleep(1h)), "cancelled");
            co_return co_await ending_of(simul::wait(handles));
        };
        auto h = simul::spawn(late());
        co_await simul::sleep(1ms);
        h.cancel();
        EXPECT_EQ(co_await h, "cancelled");
        (void)co_await simul::wait(handles);
    });
}

TEST(wait, for_itself_is_an_error) {
    run_virtual([]() -> task<> {
        std::vector<join_handle<std::string>> self;
        const auto waits = [&]() -> task<std::string> {
            co_return co_await ending_of(simul::wait(self));
        };
        self.push_back(simul::spawn(waits()));
        const std::string how = co_await self[0];
        EXPECT_NE(how.find("cannot await itself"), std::string::npos) << how;
        self.clear();
    });
}

TEST(wait, takes_what_has_ended_on_a_loop_that_is_gone) {
    const auto other = []() -> task<int> { co_return 1; };
    std::vector<join_handle<int>> handles;
    {
        simul::loop gone;
        handles.push_back(gone.spawn(other()));
        gone.run(simul::yield());
    }
    run_virtual([&]() -> task<> {
        handles.push_back(simul::spawn(value_after(1ms, 2)));
        const auto [finished, pending] = co_await simul::wait(handles);
        EXPECT_EQ(finished.size(), 2U);
        EXPECT_TRUE(pending.empty());
    });
}

TEST(wait, dropped_handles_are_kept_until_it_is_over) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        const auto [finished, pending] = co_await simul::wait(three_values());
        EXPECT_EQ(finished.size(), 3U);
        EXPECT_EQ(simul::clock::now() - began, 30ms);
    });
}

} // namespace
