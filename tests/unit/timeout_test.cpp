#include <simul/coro/event.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/timeout.hpp>

#include "log_capture.hpp"
#include "never.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace {

using simul::task;
using simul_test::ending_of;
using simul_test::over_orders;
using simul_test::pause_for;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::value_after;
using simul_test::work_log;
using simul_test::worker;
using namespace std::chrono_literals;

const std::string timed_out = simul::timeout_error().what();

TEST(timeout, gives_the_value_of_work_that_is_in_time) {
    run_virtual([]() -> task<> {
        const int n = co_await simul::timeout(250ms, value_after(249ms, 3));
        EXPECT_EQ(n, 3);
        const auto at = simul::clock::now() + 1s;
        const int m = co_await simul::timeout_at(at, value_after(1ms, 4));
        EXPECT_EQ(m, 4);
        const std::optional<int> some = co_await simul::move_on_after(1s, value_after(1ms, 5));
        EXPECT_EQ(some, 5);
        const std::optional<std::monostate> nothing =
            co_await simul::move_on_after(1s, pause_for(1ms));
        EXPECT_TRUE(nothing.has_value());
    });
}

TEST(timeout, throws_timeout_error_when_the_time_has_passed) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto began = simul::clock::now();
            bool thrown = false;
            try {
                (void)co_await simul::timeout(250ms, value_after(1h, 3));
            } catch (const simul::timeout_error& e) {
                thrown = e.code() == std::errc::timed_out;
            }
            EXPECT_TRUE(thrown);
            EXPECT_EQ(simul::clock::now() - began, 250ms);
            const std::string how =
                co_await ending_of(simul::timeout_at(simul::clock::now() + 1s, pause_for(2s)));
            EXPECT_EQ(how, timed_out);
            const std::optional<int> none =
                co_await simul::move_on_after(250ms, value_after(1h, 5));
            EXPECT_FALSE(none.has_value());
            EXPECT_EQ(simul::clock::now() - began, 1500ms);
        });
    });
}

TEST(timeout, takes_references_and_move_only_values) {
    run_virtual([]() -> task<> {
        int place = 3;
        const auto refers = [&]() -> task<int&> { co_return place; };
        int& referred = co_await simul::timeout(1s, refers());
        EXPECT_EQ(&referred, &place);
        auto maybe = co_await simul::move_on_after(1s, refers());
        EXPECT_EQ(&maybe->get(), &place);
        const auto makes = []() -> task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(4);
        };
        const std::unique_ptr<int> made = co_await simul::timeout(1s, makes());
        EXPECT_EQ(*made, 4);
    });
}

TEST(timeout, waits_for_the_clean_up_of_what_it_cancelled) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto began = simul::clock::now();
            const std::string how =
                co_await ending_of(simul::timeout(10ms, worker(log, 1h, 1, 500ms)));
            EXPECT_EQ(how, timed_out);
            EXPECT_EQ(log.ended, 1);
            EXPECT_EQ(simul::clock::now() - began, 510ms);
        });
    });
}

TEST(timeout, work_that_comes_to_a_value_nevertheless_delivers_it) {
    run_virtual([]() -> task<> {
        const auto insists = []() -> task<int> {
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) { // has what it needs
            }
            co_return 8;
        };
        const int n = co_await simul::timeout(10ms, insists());
        EXPECT_EQ(n, 8);
    });
}

TEST(timeout, a_failure_in_the_clean_up_is_thrown_as_it_is) {
    run_virtual([]() -> task<> {
        const auto fails = []() -> task<> {
            bool was_cancelled = false;
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) {
                was_cancelled = true;
            }
            if (was_cancelled) throw std::runtime_error("clean-up");
        };
        EXPECT_EQ(co_await ending_of(simul::timeout(10ms, fails())), "clean-up");
        EXPECT_EQ(co_await ending_of(simul::move_on_after(10ms, fails())), "clean-up");
    });
}

TEST(timeout, work_that_ends_just_when_the_time_runs_out_delivers_its_value) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const int n = co_await simul::timeout(250ms, value_after(250ms, 1));
            EXPECT_EQ(n, 1);
            const auto at = simul::clock::now() + 1s;
            const auto until = [](simul::clock::time_point then) -> task<> {
                co_await simul::sleep_until(then);
            };
            EXPECT_EQ(co_await ending_of(simul::timeout_at(at, until(at))), "value");
        });
    });
}

TEST(timeout, what_another_task_does_just_when_the_time_runs_out_comes_in_time) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::event happened;
            const auto sets = [&]() -> task<> {
                co_await simul::sleep(1s);
                happened.set();
            };
            const auto setter = simul::spawn(sets());
            EXPECT_EQ(co_await ending_of(simul::timeout(1s, happened.wait())), "value");
            const auto other = simul::spawn(value_after(1s, 2));
            const auto n = co_await simul::move_on_after(1s, other);
            EXPECT_EQ(n, 2);
            co_await setter;
        });
    });
}

TEST(timeout, work_that_goes_on_waiting_when_the_time_runs_out_is_cancelled) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto goes_on = []() -> task<> {
                co_await simul::sleep(250ms);
                co_await simul::sleep(1ms);
            };
            EXPECT_EQ(co_await ending_of(simul::timeout(250ms, goes_on())), timed_out);
        });
    });
}

TEST(timeout, of_nothing_lets_work_run_to_its_first_suspension) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto at_once = []() -> task<int> { co_return 1; };
            const int n = co_await simul::timeout(0s, at_once());
            EXPECT_EQ(n, 1);
            work_log log;
            EXPECT_EQ(co_await ending_of(simul::timeout(0s, worker(log, 1ms))), timed_out);
            EXPECT_EQ(co_await ending_of(simul::timeout(-1h, worker(log, 1ms))), timed_out);
            EXPECT_EQ(log.begun, 2);
            EXPECT_EQ(log.cancelled, 2);
            const auto past = simul::clock::now() - 1s;
            EXPECT_EQ(co_await ending_of(simul::timeout_at(past, pause_for(1ms))), timed_out);
        });
    });
}

TEST(timeout, without_end_never_expires) {
    run_virtual([]() -> task<> {
        using days = std::chrono::duration<double, std::ratio<86400>>;
        EXPECT_EQ(co_await ending_of(simul::timeout(std::chrono::hours::max(), pause_for(1h))),
                  "value");
        EXPECT_EQ(co_await ending_of(simul::timeout(days(1e300), pause_for(1h))), "value");
    });
}

// ----------------------------------------------------------------------------- nested timeouts

TEST(timeout, of_nested_ones_the_outer_reports_when_it_fires_first) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            std::string inner;
            const auto nested = [&]() -> task<> {
                inner = co_await ending_of(simul::timeout(2s, pause_for(1h)));
                co_await simul::sleep(1ms);
            };
            EXPECT_EQ(co_await ending_of(simul::timeout(1s, nested())), timed_out);
            EXPECT_EQ(inner, "cancelled");
        });
    });
}

TEST(timeout, of_nested_ones_the_inner_reports_when_it_fires_first) {
    run_virtual([]() -> task<> {
        std::string inner;
        const auto nested = [&]() -> task<int> {
            inner = co_await ending_of(simul::timeout(1s, pause_for(1h)));
            co_return 5;
        };
        const int n = co_await simul::timeout(2s, nested());
        EXPECT_EQ(n, 5);
        EXPECT_EQ(inner, timed_out);
    });
}

TEST(timeout, of_nested_ones_that_fire_together_only_the_outer_reports) {
    over_orders(100, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            for (const auto late : {0ms, 20ms}) {
                std::string inner;
                std::string middle;
                work_log log;
                const auto at = simul::clock::now() + 1s;
                const auto innermost = [&]() -> task<> {
                    inner = co_await ending_of(simul::timeout_at(at, worker(log, 1h, 0, late)));
                    co_await simul::sleep(1ms);
                };
                const auto nested = [&]() -> task<> {
                    middle = co_await ending_of(simul::timeout_at(at, innermost()));
                    co_await simul::sleep(1ms);
                };
                EXPECT_EQ(co_await ending_of(simul::timeout_at(at, nested())), timed_out);
                EXPECT_EQ(inner, "cancelled");
                EXPECT_EQ(middle, "cancelled");
                EXPECT_EQ(log.ended, 1);
            }
        });
    });
}

TEST(timeout, the_outer_reports_when_it_fires_while_the_inner_one_still_cleans_up) {
    run_virtual([]() -> task<> {
        std::string inner;
        work_log log;
        const auto nested = [&]() -> task<> {
            inner = co_await ending_of(simul::timeout(1s, worker(log, 1h, 0, 5s)));
            co_await simul::sleep(1ms);
        };
        EXPECT_EQ(co_await ending_of(simul::timeout(3s, nested())), timed_out);
        EXPECT_EQ(inner, "cancelled");
        EXPECT_EQ(log.ended, 1);
    });
}

TEST(timeout, reaches_every_task_of_a_gather) {
    run_virtual([]() -> task<> {
        work_log log;
        const auto both = [&]() -> task<> {
            (void)co_await simul::gather(worker(log, 1h, 1, 5ms), worker(log, 1h, 2, 7ms));
        };
        const auto began = simul::clock::now();
        EXPECT_EQ(co_await ending_of(simul::timeout(1s, both())), timed_out);
        EXPECT_EQ(log.ended, 2);
        EXPECT_EQ(simul::clock::now() - began, 1007ms);
    });
}

TEST(timeout, of_a_shield_waits_for_the_work_and_then_throws) {
    run_virtual([]() -> task<> {
        const auto shielded = []() -> task<int> {
            co_return co_await simul::shield(value_after(2s, 1));
        };
        const auto began = simul::clock::now();
        EXPECT_EQ(co_await ending_of(simul::timeout(1s, shielded())), timed_out);
        EXPECT_EQ(simul::clock::now() - began, 2s);
    });
}

// ---------------------------------------------------------------------- cancels from outside

TEST(timeout, a_cancel_from_outside_is_never_a_timeout_error) {
    for (const auto limit : {0ms, 5ms, 10ms, 1000ms}) {
        for (const auto cancelled_after : {0ms, 5ms, 10ms}) {
            over_orders(30, [&](simul::run_options options) {
                run_with(options, [&]() -> task<> {
                    work_log log;
                    std::string how;
                    const auto waits = [&]() -> task<> {
                        how = co_await ending_of(simul::timeout(limit, worker(log, 1h, 0, 20ms)));
                    };
                    auto h = simul::spawn(waits());
                    if (cancelled_after != 0ms) co_await simul::sleep(cancelled_after);
                    h.cancel();
                    co_await h;
                    if (limit > cancelled_after || cancelled_after == 0ms) {
                        EXPECT_EQ(how, "cancelled") << limit.count();
                    }
                    // When its time was over before, both have happened while it cleaned up.
                    EXPECT_EQ(how, "cancelled") << limit.count();
                    EXPECT_EQ(log.ended, log.begun);
                });
            });
        }
    }
}

TEST(timeout, in_a_task_that_is_cancelled_already_starts_nothing) {
    run_virtual([]() -> task<> {
        work_log log;
        const auto late = [&]() -> task<std::string> {
            const std::string how = co_await ending_of(simul::sleep(1h));
            EXPECT_EQ(how, "cancelled");
            EXPECT_EQ(co_await ending_of(simul::move_on_after(0s, worker(log, 1ms))), "cancelled");
            co_return co_await ending_of(simul::timeout(0s, worker(log, 1ms)));
        };
        auto h = simul::spawn(late());
        co_await simul::yield();
        co_await simul::yield();
        h.cancel();
        EXPECT_EQ(co_await h, "cancelled");
        EXPECT_EQ(log.begun, 0);
    });
}

// asyncio took the earlier cancel for its own, reported a timeout and went on.
TEST(timeout, gh_134471_a_limit_of_nothing_does_not_swallow_an_earlier_cancel) {
    for (const auto limit : {-1ms, 0ms, 1ms}) {
        run_virtual([=]() -> task<> {
            simul::join_handle<> self;
            std::string how;
            bool went_on = false;
            const auto cancels_itself = [&]() -> task<> {
                self.cancel();
                how = co_await ending_of(simul::timeout(limit, simul::sleep(1s)));
                co_await simul::sleep(2s);
                went_on = true;
            };
            self = simul::spawn(cancels_itself());
            EXPECT_EQ(co_await ending_of(self), "cancelled");
            EXPECT_EQ(how, "cancelled");
            EXPECT_FALSE(went_on);
        });
    }
}

// asyncio's wait_for gave the value and forgot the cancel (bpo-42130).
TEST(timeout, gh_86296_a_cancel_that_comes_with_the_value_is_not_forgotten) {
    over_orders(100, [](simul::run_options options) {
        for (int turns = 0; turns < 5; ++turns) {
            run_with(options, [=]() -> task<> {
                bool went_on = false;
                const auto ends_at_once = []() -> task<> { co_return; };
                const auto waits = [&]() -> task<> {
                    co_await simul::timeout(100s, ends_at_once());
                    co_await simul::sleep(1s);
                    went_on = true;
                };
                const auto h = simul::spawn(waits());
                for (int i = 0; i < turns; ++i) co_await simul::yield();
                h.cancel();
                EXPECT_EQ(co_await ending_of(h), "cancelled") << turns;
                EXPECT_FALSE(went_on);
            });
        }
    });
}

TEST(timeout, a_value_that_came_in_the_turn_of_the_cancel_is_delivered) {
    int delivered = 0;
    over_orders(50, [&](simul::run_options options) {
        run_with(options, [&]() -> task<> {
            const auto waits = []() -> task<int> {
                co_return co_await simul::timeout(1s, value_after(10ms, 1));
            };
            auto h = simul::spawn(waits());
            co_await simul::sleep(10ms);
            co_await simul::yield();
            h.cancel();
            if (co_await ending_of(h) == "value") ++delivered;
        });
    });
    EXPECT_GT(delivered, 0);
}

TEST(timeout, of_work_that_never_ends_is_destroyed_by_the_deadlock) {
    simul_test::log_capture log;
    simul_test::tracked_counts counts;
    const auto stuck = [&]() -> task<> {
        const simul_test::tracked held(counts);
        co_await simul_test::never_ever();
    };
    EXPECT_THROW(run_virtual([&]() -> task<> { co_await simul::timeout(10ms, stuck()); }),
                 simul::deadlock);
    EXPECT_EQ(counts.constructed, 1);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
}

TEST(timeout, one_that_is_destroyed_before_its_time_leaves_no_alarm_behind) {
    simul_test::log_capture log;
    EXPECT_THROW(run_virtual([]() -> task<> {
                     const auto stuck = []() -> task<> { co_await simul_test::never_ever(); };
                     (void)simul::spawn(
                         [&]() -> task<> { co_await simul::timeout(24h * 365, stuck()); });
                     co_await simul::sleep(1ms);
                     throw std::runtime_error("enough");
                 }),
                 std::runtime_error);
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
}

} // namespace
