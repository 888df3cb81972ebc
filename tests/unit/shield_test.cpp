#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/shield.hpp>
#include <simul/coro/spawn.hpp>

#include "log_capture.hpp"
#include "never.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using simul::task;
using simul_test::ending_of;
using simul_test::fails_after;
using simul_test::over_orders;
using simul_test::pause_for;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::value_after;
using simul_test::work_log;
using simul_test::worker;
using namespace std::chrono_literals;

TEST(shield, gives_the_result_of_the_work) {
    run_virtual([]() -> task<> {
        const int n = co_await simul::shield(value_after(1ms, 3));
        EXPECT_EQ(n, 3);
        co_await simul::shield(pause_for(1ms));
        int place = 0;
        const auto refers = [&]() -> task<int&> { co_return place; };
        int& referred = co_await simul::shield(refers());
        EXPECT_EQ(&referred, &place);
        const auto makes = []() -> task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(4);
        };
        const std::unique_ptr<int> made = co_await simul::shield(makes());
        EXPECT_EQ(*made, 4);
        EXPECT_EQ(co_await ending_of(simul::shield(fails_after(1ms, "inside"))), "inside");
    });
}

TEST(shield, a_cancel_waits_until_the_work_has_ended) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            std::string how;
            const auto shields = [&]() -> task<> {
                how = co_await ending_of(simul::shield(worker(log, 100ms)));
                EXPECT_EQ(co_await ending_of(simul::sleep(1ms)), "cancelled");
            };
            auto h = simul::spawn(shields());
            co_await simul::sleep(10ms);
            const auto began = simul::clock::now();
            h.cancel();
            co_await h;
            EXPECT_EQ(how, "cancelled");
            EXPECT_EQ(log.ended, 1);
            EXPECT_EQ(log.cancelled, 0);
            EXPECT_EQ(simul::clock::now() - began, 90ms);
        });
    });
}

TEST(shield, a_cancel_before_its_first_step_waits_too) {
    run_virtual([]() -> task<> {
        work_log log;
        const auto shields = [&]() -> task<> { (void)co_await simul::shield(worker(log, 5ms)); };
        auto h = simul::spawn(shields());
        h.cancel();
        EXPECT_EQ(co_await ending_of(h), "value") << "it was cancelled before: a clean-up";
        EXPECT_EQ(log.ended, 1);
    });
}

TEST(shield, in_a_cancelled_task_runs_the_work_and_gives_its_result) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto cleans_up = []() -> task<int> {
                EXPECT_EQ(co_await ending_of(simul::sleep(1h)), "cancelled");
                const int n = co_await simul::shield(value_after(20ms, 1));
                const int m = co_await simul::shield(value_after(30ms, 2));
                EXPECT_EQ(co_await ending_of(simul::sleep(1h)), "cancelled");
                co_return n + m;
            };
            auto h = simul::spawn(cleans_up());
            co_await simul::sleep(1ms);
            h.cancel();
            const auto began = simul::clock::now();
            EXPECT_EQ(co_await h, 3);
            EXPECT_EQ(simul::clock::now() - began, 50ms);
        });
    });
}

TEST(shield, a_failure_of_the_work_goes_before_the_cancel) {
    run_virtual([]() -> task<> {
        std::string how;
        const auto shields = [&]() -> task<> {
            how = co_await ending_of(simul::shield(fails_after(10ms, "inside")));
        };
        auto h = simul::spawn(shields());
        co_await simul::sleep(5ms);
        h.cancel();
        co_await h;
        EXPECT_EQ(how, "inside");
    });
}

TEST(shield, work_that_gives_itself_up_is_not_swallowed) {
    run_virtual([]() -> task<> {
        const auto gives_up = []() -> task<> {
            co_await simul::yield();
            throw simul::cancelled{};
        };
        EXPECT_EQ(co_await ending_of(simul::shield(gives_up())), "cancelled");
        EXPECT_EQ(co_await ending_of(simul::sleep(1ms)), "value") << "the caller is not cancelled";
    });
}

TEST(shield, a_cancel_in_the_turn_of_the_end_loses_nothing) {
    int values = 0;
    int cancels = 0;
    over_orders(100, [&](simul::run_options options) {
        run_with(options, [&]() -> task<> {
            const auto shields = []() -> task<int> {
                co_return co_await simul::shield(value_after(10ms, 5));
            };
            for (int turns = 0; turns < 4; ++turns) {
                auto h = simul::spawn(shields());
                co_await simul::sleep(10ms);
                for (int i = 0; i < turns; ++i) co_await simul::yield();
                h.cancel();
                const std::string how = co_await ending_of(h);
                ++(how == "value" ? values : cancels);
            }
        });
    });
    EXPECT_GT(values, 0);
    EXPECT_GT(cancels, 0);
}

TEST(shield, inside_a_gather_lets_the_others_be_cancelled_at_once) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log shielded;
            work_log open;
            const auto commit = [&]() -> task<> {
                (void)co_await simul::shield(worker(shielded, 100ms));
            };
            const auto began = simul::clock::now();
            const std::string how = co_await ending_of(
                simul::gather(commit(), worker(open, 1h), fails_after(10ms, "first")));
            EXPECT_EQ(how, "first");
            EXPECT_EQ(shielded.cancelled, 0);
            EXPECT_EQ(open.cancelled, 1);
            EXPECT_EQ(simul::clock::now() - began, 100ms);
        });
    });
}

TEST(shield, nests) {
    run_virtual([]() -> task<> {
        work_log log;
        const auto inner = [&]() -> task<int> {
            co_return co_await simul::shield(worker(log, 50ms, 9));
        };
        std::string how;
        const auto outer = [&]() -> task<> { how = co_await ending_of(simul::shield(inner())); };
        auto h = simul::spawn(outer());
        co_await simul::sleep(1ms);
        h.cancel();
        co_await h;
        EXPECT_EQ(how, "cancelled");
        EXPECT_EQ(log.ended, 1);
        EXPECT_EQ(log.cancelled, 0);
    });
}

TEST(shield, of_work_that_never_ends_is_destroyed_by_the_deadlock) {
    simul_test::log_capture log;
    simul_test::tracked_counts counts;
    const auto stuck = [&]() -> task<> {
        const simul_test::tracked held(counts);
        co_await simul_test::never(); // nobody cancels it
    };
    EXPECT_THROW(run_virtual([&]() -> task<> { co_await simul::shield(stuck()); }),
                 simul::deadlock);
    EXPECT_EQ(counts.constructed, 1);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
}

} // namespace
