#include <simul/coro/race.hpp>
#include <simul/coro/run.hpp>
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
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

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

TEST(race, gives_the_first_value_and_the_winners_place) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto began = simul::clock::now();
            const auto won =
                co_await simul::race(value_after(30ms, 1), pause_for(10ms), value_after(20ms, 2));
            static_assert(
                std::is_same_v<decltype(won), const std::variant<int, std::monostate, int>>);
            EXPECT_EQ(won.index(), 1U);
            EXPECT_EQ(simul::clock::now() - began, 10ms);
            std::vector<task<int>> many;
            for (int i = 0; i < 50; ++i) {
                many.push_back(value_after(std::chrono::milliseconds(1 + (i + 20) % 50), i));
            }
            const auto first = co_await simul::race(std::move(many));
            EXPECT_EQ(first.index, 30U);
            EXPECT_EQ(first.value, 30);
        });
    });
}

TEST(race, of_one_gives_that_one) {
    run_virtual([]() -> task<> {
        const auto won = co_await simul::race(value_after(1ms, 5));
        EXPECT_EQ(std::get<0>(won), 5);
    });
}

TEST(race, over_an_empty_range_is_an_error_at_once) {
    std::vector<task<int>> none;
    EXPECT_THROW((void)simul::race(std::move(none)), std::invalid_argument);
}

TEST(race, takes_references_and_move_only_values) {
    run_virtual([]() -> task<> {
        int place = 3;
        const auto refers = [&]() -> task<int&> { co_return place; };
        const auto makes = []() -> task<std::unique_ptr<int>> {
            co_await simul::sleep(1ms);
            co_return std::make_unique<int>(4);
        };
        const auto referred = co_await simul::race(refers(), makes());
        EXPECT_EQ(&std::get<0>(referred).get(), &place);
        auto made = co_await simul::race(makes(), pause_for(1h));
        const std::unique_ptr<int> taken = std::move(std::get<0>(made));
        EXPECT_EQ(*taken, 4);
        std::vector<task<int&>> references;
        references.push_back(refers());
        const auto first = co_await simul::race(std::move(references));
        EXPECT_EQ(&first.value.get(), &place);
    });
}

TEST(race, returns_when_the_slow_clean_up_of_every_loser_has_ended) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto began = simul::clock::now();
            const auto won = co_await simul::race(worker(log, 10ms, 1), worker(log, 1h, 2, 500ms),
                                                  worker(log, 2h, 3, 200ms));
            EXPECT_EQ(std::get<0>(won), 1);
            EXPECT_EQ(log.cancelled, 2);
            EXPECT_EQ(log.ended, 3);
            EXPECT_EQ(simul::clock::now() - began, 510ms);
        });
    });
}

TEST(race, one_that_fails_leaves_it_to_the_others) {
    simul_test::log_capture log;
    run_virtual([]() -> task<> {
        const auto won = co_await simul::race(fails_after(1ms), value_after(10ms, 7));
        EXPECT_EQ(std::get<1>(won), 7);
    });
    (void)log.text();
}

TEST(race, when_all_fail_the_first_failure_is_thrown) {
    simul_test::log_capture log;
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const std::string how = co_await ending_of(
                simul::race(fails_after(20ms, "second"), fails_after(10ms, "first")));
            EXPECT_EQ(how, "first");
        });
    });
    (void)log.text();
}

TEST(race, a_child_that_was_cancelled_is_no_winner_and_no_failure) {
    run_virtual([]() -> task<> {
        const auto gives_up = []() -> task<int> {
            co_await simul::yield();
            throw simul::cancelled{};
        };
        const auto won = co_await simul::race(gives_up(), value_after(5ms, 1));
        EXPECT_EQ(won.index(), 1U);
        const std::string how = co_await ending_of(simul::race(gives_up(), gives_up()));
        EXPECT_EQ(how, "cancelled");
    });
}

TEST(race, a_failure_in_a_losers_clean_up_does_not_take_the_victory_away) {
    simul_test::log_capture log;
    run_virtual([]() -> task<> {
        const auto fails_in_clean_up = []() -> task<int> {
            bool was_cancelled = false;
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) {
                was_cancelled = true;
            }
            if (was_cancelled) throw std::runtime_error("clean-up");
            co_return 0;
        };
        const auto won = co_await simul::race(fails_in_clean_up(), value_after(1ms, 9));
        EXPECT_EQ(std::get<1>(won), 9);
    });
    (void)log.text();
}

TEST(race, a_cancel_of_the_caller_cancels_all_and_is_thrown_when_they_have_ended) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            auto racing = simul::spawn(
                ending_of(simul::race(worker(log, 1h, 1, 50ms), worker(log, 2h, 2, 80ms))));
            co_await simul::sleep(10ms);
            racing.cancel();
            const auto began = simul::clock::now();
            EXPECT_EQ(co_await racing, "cancelled");
            EXPECT_EQ(log.ended, 2);
            EXPECT_EQ(simul::clock::now() - began, 80ms);
        });
    });
}

TEST(race, a_value_that_came_in_the_same_turn_as_the_cancel_is_delivered) {
    int delivered = 0;
    over_orders(50, [&](simul::run_options options) {
        run_with(options, [&]() -> task<> {
            const auto races = []() -> task<std::string> {
                const auto won = co_await simul::race(value_after(10ms, 1), pause_for(1h));
                EXPECT_EQ(won.index(), 0U);
                co_return co_await ending_of(simul::sleep(1ms));
            };
            auto racing = simul::spawn(races());
            co_await simul::sleep(10ms);
            for (int i = 0; i < 2; ++i) co_await simul::yield();
            racing.cancel();
            bool came_to_a_value = true;
            try {
                EXPECT_EQ(co_await racing, "cancelled") << "the next suspension throws";
            } catch (const simul::cancelled&) {
                came_to_a_value = false;
            }
            if (came_to_a_value) ++delivered;
        });
    });
    EXPECT_GT(delivered, 0);
}

TEST(race, in_a_task_that_is_cancelled_already_starts_nothing) {
    run_virtual([]() -> task<> {
        work_log log;
        const auto late = [&]() -> task<std::string> {
            std::string how = co_await ending_of(simul::sleep(1h));
            EXPECT_EQ(how, "cancelled");
            how = co_await ending_of(simul::race(worker(log, 1ms), worker(log, 2ms)));
            co_return how;
        };
        auto h = simul::spawn(late());
        co_await simul::yield();
        co_await simul::yield();
        h.cancel();
        EXPECT_EQ(co_await h, "cancelled");
        EXPECT_EQ(log.begun, 0);
    });
}

TEST(race, of_tasks_that_never_end_is_destroyed_by_the_deadlock) {
    simul_test::log_capture log;
    simul_test::tracked_counts counts;
    const auto stuck = [&]() -> task<> {
        const simul_test::tracked held(counts);
        co_await simul_test::never_ever();
    };
    EXPECT_THROW(run_virtual([&]() -> task<> { (void)co_await simul::race(stuck(), stuck()); }),
                 simul::deadlock);
    EXPECT_EQ(counts.constructed, 2);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
}

} // namespace
