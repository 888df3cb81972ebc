#include <simul/coro/async_stack.hpp>
#include <simul/coro/dump_tasks.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task_group.hpp>
#include <simul/coro/timeout.hpp>
#include <simul/gen/as_completed.hpp>

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
#include <utility>
#include <vector>

namespace {

using simul::as_completed;
using simul::async_generator;
using simul::completed;
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

// One that ends after 10 ms, and others that need a cancel and then `clean_up` to end.
std::vector<task<int>> one_and_slow_ones(work_log& log, std::chrono::milliseconds clean_up) {
    std::vector<task<int>> tasks;
    tasks.push_back(worker(log, 1h, 0, clean_up));
    tasks.push_back(worker(log, 10ms, 1));
    tasks.push_back(worker(log, 2h, 2, clean_up / 2));
    return tasks;
}

TEST(as_completed, yields_in_the_order_of_completion) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            std::vector<task<int>> many;
            for (int i = 0; i < 100; ++i) {
                many.push_back(value_after(std::chrono::milliseconds(1 + (i * 37) % 100), i));
            }
            const auto began = simul::clock::now();
            auto done = as_completed(std::move(many));
            int count = 0;
            while (auto item = co_await done.next()) {
                ++count;
                EXPECT_EQ(simul::clock::now() - began, count * 1ms);
                const int value = item->result.value();
                EXPECT_EQ(item->index, static_cast<std::size_t>(value));
                EXPECT_EQ(1 + (value * 37) % 100, count);
            }
            EXPECT_EQ(count, 100);
            const bool more = co_await done.next() != nullptr;
            EXPECT_FALSE(more);
        });
    });
}

TEST(as_completed, of_nothing_yields_nothing) {
    run_virtual([]() -> task<> {
        std::vector<task<int>> none;
        auto done = as_completed(std::move(none));
        const bool any = co_await done.next() != nullptr;
        EXPECT_FALSE(any);
    });
}

TEST(as_completed, takes_arguments_of_one_type_and_any_result) {
    run_virtual([]() -> task<> {
        auto pauses = as_completed(simul::sleep(20ms), simul::sleep(10ms));
        std::vector<std::size_t> order;
        while (auto item = co_await pauses.next()) {
            EXPECT_TRUE(item->result.has_value());
            order.push_back(item->index);
        }
        EXPECT_EQ(order, (std::vector<std::size_t>{1, 0}));

        const auto makes = []() -> task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(4);
        };
        auto made = as_completed(makes());
        while (auto item = co_await made.next()) {
            const std::unique_ptr<int> taken = std::move(item->result).value();
            EXPECT_EQ(*taken, 4);
        }
        int place = 0;
        const auto refers = [&]() -> task<int&> { co_return place; };
        auto referred = as_completed(refers(), refers());
        while (auto item = co_await referred.next()) EXPECT_EQ(&item->result.value(), &place);
    });
}

TEST(as_completed, a_failure_concerns_nobody_else) {
    run_virtual([]() -> task<> {
        const auto gives_up = []() -> task<int> {
            co_await simul::sleep(20ms);
            throw simul::cancelled{};
        };
        auto done = as_completed(value_after(30ms, 1), fails_after(10ms), gives_up());
        std::vector<std::string> seen;
        while (auto item = co_await done.next()) {
            if (item->result.has_value()) seen.push_back("value");
            if (item->result.cancelled()) seen.push_back("cancelled");
            if (item->result.error() != nullptr && !item->result.cancelled()) {
                EXPECT_THROW((void)item->result.value(), std::runtime_error);
                seen.push_back("failure");
            }
        }
        EXPECT_EQ(seen, (std::vector<std::string>{"failure", "cancelled", "value"}));
    });
}

TEST(as_completed, nothing_runs_before_the_first_next) {
    run_virtual([]() -> task<> {
        work_log log;
        {
            const auto dropped = as_completed(one_and_slow_ones(log, 1ms));
            co_await simul::sleep(1s);
        }
        EXPECT_EQ(log.begun, 0);
    });
}

TEST(as_completed, what_ended_meanwhile_takes_no_turn) {
    run_virtual([]() -> task<> {
        auto done = as_completed(value_after(1ms, 1), value_after(2ms, 2), value_after(3ms, 3));
        (void)co_await done.next();
        co_await simul::sleep(10ms);
        bool other_ran = false;
        (void)simul::spawn([&]() -> task<> {
            other_ran = true;
            co_return;
        });
        int count = 0;
        while (auto item = co_await done.next()) count += item->result.value();
        EXPECT_EQ(count, 5);
        EXPECT_FALSE(other_ran);
    });
}

TEST(as_completed, its_tasks_run_on_while_the_consumer_does_something_else) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        auto done = as_completed(pause_for(10ms), pause_for(20ms), pause_for(30ms));
        while (auto item = co_await done.next()) {
            EXPECT_TRUE(item->result.has_value());
            co_await simul::sleep(10ms);
        }
        EXPECT_EQ(simul::clock::now() - began, 40ms);
    });
}

// ---------------------------------------------------------------------------- abandoned early

// Leaves the loop over the tasks with the first of them, in one way or another.
task<int> first_by_break(work_log& log, std::chrono::milliseconds clean_up) {
    int first = -1;
    auto done = as_completed(one_and_slow_ones(log, clean_up));
    while (auto item = co_await done.next()) {
        first = item->result.value();
        break;
    }
    co_return first;
}
task<int> first_by_return(work_log& log, std::chrono::milliseconds clean_up) {
    auto done = as_completed(one_and_slow_ones(log, clean_up));
    while (auto item = co_await done.next()) co_return item->result.value();
    co_return -1;
}

TEST(as_completed, one_that_is_left_half_way_has_ended_when_its_owner_returns) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            for (const auto clean_up : {0ms, 40ms}) {
                work_log log;
                const auto began = simul::clock::now();
                EXPECT_EQ(co_await first_by_break(log, clean_up), 1);
                EXPECT_EQ(log.ended, 3);
                EXPECT_EQ(co_await first_by_return(log, clean_up), 1);
                EXPECT_EQ(log.ended, 6);
                EXPECT_EQ(log.cancelled, 4);
                EXPECT_EQ(simul::clock::now() - began, 2 * (10ms + clean_up));
            }
        });
    });
}

TEST(as_completed, one_that_is_left_by_an_exception_has_ended_when_that_arrives) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto throws = [&]() -> task<> {
                auto done = as_completed(one_and_slow_ones(log, 40ms));
                (void)co_await done.next();
                throw std::runtime_error("enough");
            };
            EXPECT_EQ(co_await ending_of(throws()), "enough");
            EXPECT_EQ(log.ended, 3);
        });
    });
}

TEST(as_completed, one_that_is_left_has_ended_when_its_owner_goes_on_from_where_it_waits) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto began = simul::clock::now();
            work_log log;
            {
                auto done = as_completed(one_and_slow_ones(log, 40ms));
                (void)co_await done.next();
            }
            EXPECT_EQ(log.cancelled, 0) << "nothing runs in a destructor";
            co_await simul::yield();
            EXPECT_EQ(log.ended, 3);
            EXPECT_EQ(simul::clock::now() - began, 50ms);
            {
                auto done = as_completed(one_and_slow_ones(log, 40ms));
                (void)co_await done.next();
            }
            co_await simul::sleep(1s);
            EXPECT_EQ(log.ended, 6);
            EXPECT_EQ(simul::clock::now() - began, 60ms + 1s) << "both at the same time";
            {
                auto done = as_completed(one_and_slow_ones(log, 40ms));
                (void)co_await done.next();
            }
            const int n = co_await value_after(10ms, 1); // a task runs, and returns, and is held
            EXPECT_EQ(n, 1);
            EXPECT_EQ(log.ended, 9);
        });
    });
}

TEST(as_completed, a_main_task_that_leaves_one_waits_for_it) {
    over_orders(50, [](simul::run_options options) {
        work_log log;
        const int first = run_with(options, first_by_break(log, 40ms));
        EXPECT_EQ(first, 1);
        EXPECT_EQ(log.ended, 3);
    });
}

TEST(as_completed, a_task_that_leaves_one_is_done_when_that_has_ended) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            auto h = simul::spawn(first_by_break(log, 40ms));
            EXPECT_EQ(co_await h, 1);
            EXPECT_EQ(log.ended, 3);
            const auto [a, b] =
                co_await simul::gather(first_by_break(log, 40ms), first_by_return(log, 20ms));
            EXPECT_EQ(a + b, 2);
            EXPECT_EQ(log.ended, 9);
            co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
                group.spawn(first_by_break(log, 40ms));
                co_return;
            });
            EXPECT_EQ(log.ended, 12);
        });
    });
}

TEST(as_completed, a_task_that_leaves_one_ends_as_it_would_have) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto cancelled_later = [&]() -> task<> {
                auto done = as_completed(one_and_slow_ones(log, 40ms));
                (void)co_await done.next();
                co_await simul::sleep(1h);
            };
            auto h = simul::spawn(cancelled_later());
            co_await simul::sleep(20ms);
            h.cancel();
            EXPECT_EQ(co_await ending_of(h), "cancelled");
            EXPECT_EQ(log.ended, 3);
            const std::optional<int> none =
                co_await simul::move_on_after(20ms, [](work_log& l) -> task<int> {
                    auto done = as_completed(one_and_slow_ones(l, 40ms));
                    (void)co_await done.next();
                    co_await simul::sleep(1h);
                    co_return 1;
                }(log));
            EXPECT_FALSE(none.has_value()) << "a cancel is known for one, also behind a gate";
            EXPECT_EQ(log.ended, 6);
        });
    });
}

TEST(as_completed, several_that_are_left_at_once_are_all_waited_for) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto leaves_three = [&]() -> task<int> {
                auto a = as_completed(one_and_slow_ones(log, 10ms));
                auto b = as_completed(one_and_slow_ones(log, 60ms));
                auto c = as_completed(one_and_slow_ones(log, 40ms));
                (void)co_await a.next();
                (void)co_await b.next();
                (void)co_await c.next();
                co_return 1;
            };
            const auto leaves_a_callee = [&]() -> task<int> {
                {
                    auto done = as_completed(one_and_slow_ones(log, 30ms));
                    (void)co_await done.next();
                }
                co_return co_await leaves_three();
            };
            EXPECT_EQ(co_await leaves_three(), 1);
            EXPECT_EQ(log.ended, 9);
            EXPECT_EQ(co_await leaves_a_callee(), 1);
            EXPECT_EQ(log.ended, 21);
        });
    });
}

TEST(as_completed, tasks_that_leave_others_behind_are_waited_for_at_any_depth) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            struct nest {
                static task<int> leave(work_log& counts, int depth) {
                    std::vector<task<int>> tasks;
                    tasks.push_back(value_after(1ms, depth));
                    tasks.push_back(worker(counts, 1h, 0, 3ms));
                    if (depth > 0) tasks.push_back(leave(counts, depth - 1));
                    auto done = as_completed(std::move(tasks));
                    (void)co_await done.next();
                    co_return depth;
                }
            };
            EXPECT_EQ(co_await nest::leave(log, 8), 8);
            EXPECT_EQ(log.ended, log.begun);
            EXPECT_GT(log.begun, 1);
        });
    });
}

TEST(as_completed, close_waits_in_its_place) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            auto done = as_completed(one_and_slow_ones(log, 40ms));
            (void)co_await done.next();
            co_await done.close();
            EXPECT_EQ(log.ended, 3);
            const bool more = co_await done.next() != nullptr;
            EXPECT_FALSE(more);
        });
    });
}

TEST(as_completed, a_generator_that_leaves_one_hands_on_when_that_has_ended) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto firsts = [&]() -> async_generator<int> {
                for (int i = 0; i < 3; ++i) {
                    int first = 0;
                    {
                        auto done = as_completed(one_and_slow_ones(log, 40ms));
                        if (auto item = co_await done.next()) first = item->result.value();
                    }
                    co_yield first;
                }
            };
            auto all = firsts();
            int count = 0;
            while (auto first = co_await all.next()) {
                ++count;
                EXPECT_EQ(*first, 1);
                EXPECT_EQ(log.ended, 3 * count);
            }
            EXPECT_EQ(count, 3);
        });
    });
}

TEST(as_completed, a_generator_that_waits_for_what_it_left_may_be_destroyed_or_asked) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto firsts = [&]() -> async_generator<int> {
                auto done = std::make_unique<async_generator<completed<int>>>(
                    as_completed(one_and_slow_ones(log, 40ms)));
                (void)co_await done->next();
                done.reset();
                co_yield 1;
                co_yield 2;
            };
            const auto consume = [](async_generator<int>& from) -> task<std::string> {
                std::string how = "nothing";
                try {
                    const int* const got = co_await from.next();
                    if (got != nullptr) how = std::to_string(*got);
                } catch (const std::exception& e) {
                    how = e.what();
                }
                co_return how;
            };
            auto g = firsts();
            auto consumer = simul::spawn(consume(g));
            co_await simul::sleep(20ms); // it has yielded, and is held back
            EXPECT_EQ(co_await consume(g), "1") << "the element is there";
            const std::string asked = co_await consume(g);
            EXPECT_NE(asked.find("somebody waits for"), std::string::npos) << asked;
            const std::string robbed = co_await consumer;
            EXPECT_NE(robbed.find("another task took"), std::string::npos) << robbed;
            EXPECT_EQ(log.ended, 3);

            g = firsts();
            consumer = simul::spawn(consume(g));
            co_await simul::sleep(20ms);
            g = {};
            const std::string destroyed = co_await consumer;
            EXPECT_NE(destroyed.find("was destroyed"), std::string::npos) << destroyed;
            EXPECT_EQ(log.ended, 6);
        });
    });
}

TEST(as_completed, one_that_was_handed_to_a_task_is_waited_for_by_who_lets_it_go) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto takes = [](async_generator<completed<int>> from) -> task<int> {
                int n = 0;
                if (auto item = co_await from.next()) n = item->result.value();
                co_return n;
            };
            EXPECT_EQ(co_await takes(as_completed(one_and_slow_ones(log, 40ms))), 1);
            co_await simul::yield();
            EXPECT_EQ(log.ended, 3);
            const int n = co_await simul::spawn(takes(as_completed(one_and_slow_ones(log, 40ms))));
            EXPECT_EQ(n, 1);
        });
    });
}

TEST(as_completed, a_cancel_of_the_consumer_comes_out_when_all_have_ended) {
    for (const auto after : {0ms, 5ms, 10ms, 15ms}) {
        over_orders(30, [&](simul::run_options options) {
            run_with(options, [&]() -> task<> {
                work_log log;
                const auto consumes = [&]() -> task<> {
                    auto done = as_completed(one_and_slow_ones(log, 40ms));
                    while (co_await done.next() != nullptr) {
                    }
                };
                auto h = simul::spawn(consumes());
                if (after != 0ms) co_await simul::sleep(after);
                h.cancel();
                EXPECT_EQ(co_await ending_of(h), "cancelled");
                EXPECT_EQ(log.ended, log.begun);
                if (after != 0ms) {
                    EXPECT_EQ(log.ended, 3);
                }
            });
        });
    }
}

TEST(as_completed, a_cancel_of_the_held_back_owner_changes_nothing_but_its_next_wait) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            std::string next;
            const auto leaves = [&]() -> task<int> {
                const int first = co_await first_by_break(log, 40ms);
                next = co_await ending_of(simul::sleep(1ms));
                co_return first;
            };
            auto h = simul::spawn(leaves());
            co_await simul::sleep(20ms);
            h.cancel();
            EXPECT_EQ(co_await h, 1);
            EXPECT_EQ(log.ended, 3);
            EXPECT_EQ(next, "cancelled");
        });
    });
}

TEST(as_completed, the_tasks_and_those_who_wait_for_them_stand_in_the_dump) {
    run_virtual([]() -> task<> {
        work_log log;
        auto h = simul::spawn(first_by_break(log, 40ms), "owner");
        co_await simul::sleep(5ms);
        std::string dump = simul::format_tasks();
        EXPECT_NE(dump.find("the next of 3 running tasks"), std::string::npos) << dump;
        EXPECT_NE(dump.find("as_completed of 3 running tasks"), std::string::npos) << dump;
        co_await simul::sleep(15ms);
        dump = simul::format_tasks();
        EXPECT_NE(dump.find("\"owner\": clean-up of task \"as_completed\""), std::string::npos)
            << dump;
        co_await h;
    });
}

TEST(as_completed, one_that_outlives_its_loop_has_ended_with_it) {
    over_orders(20, [](simul::run_options options) {
        work_log log;
        async_generator<completed<int>> kept;
        run_with(options, [&]() -> task<> {
            kept = as_completed(one_and_slow_ones(log, 40ms));
            (void)co_await kept.next();
        });
        EXPECT_EQ(log.ended, 3);
    });
}

TEST(as_completed, tasks_that_never_end_are_destroyed_by_the_deadlock) {
    simul_test::log_capture log;
    simul_test::tracked_counts counts;
    const auto stuck = [&]() -> task<> {
        const simul_test::tracked held(counts);
        co_await simul_test::never_ever();
    };
    const auto quick = []() -> task<> { co_await simul::sleep(1ms); };
    const auto waits = [&]() -> task<> {
        auto done = as_completed(stuck(), quick());
        while (co_await done.next() != nullptr) {
        }
    };
    const auto leaves = [&]() -> task<> {
        auto done = as_completed(stuck(), quick());
        (void)co_await done.next();
    };
    const auto leaves_in_a_callee = [&]() -> task<> { co_await leaves(); };
    const auto leaves_and_sleeps = [&]() -> task<> {
        {
            auto done = as_completed(stuck(), quick());
            (void)co_await done.next();
        }
        co_await simul::sleep(1s);
    };
    const auto in_a_gather = [&]() -> task<> { co_await simul::gather(leaves(), quick()); };
    const auto in_a_group = [&]() -> task<> {
        co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
            group.spawn(leaves());
            co_return;
        });
    };
    const auto spawned = [&]() -> task<> { co_await simul::spawn(leaves()); };
    EXPECT_THROW(run_virtual(waits), simul::deadlock);
    EXPECT_THROW(run_virtual(leaves), simul::deadlock);
    EXPECT_THROW(run_virtual(leaves_in_a_callee), simul::deadlock);
    EXPECT_THROW(run_virtual(leaves_and_sleeps), simul::deadlock);
    EXPECT_THROW(run_virtual(in_a_gather), simul::deadlock);
    EXPECT_THROW(run_virtual(in_a_group), simul::deadlock);
    EXPECT_THROW(run_virtual(spawned), simul::deadlock);
    EXPECT_EQ(counts.constructed, 7);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
}

TEST(as_completed, an_exception_keeps_its_stack_across_what_it_left_behind) {
    run_virtual([]() -> task<> {
        work_log log;
        const auto inner = [&]() -> task<> {
            auto done = as_completed(one_and_slow_ones(log, 40ms));
            (void)co_await done.next();
            throw std::runtime_error("enough");
        };
        const auto outer = [&]() -> task<> { co_await inner(); };
        std::size_t frames = 0;
        try {
            co_await outer();
        } catch (const std::runtime_error&) {
            frames = simul::async_stack_of(std::current_exception()).frames().size();
        }
        EXPECT_EQ(frames, 2U);
    });
}

} // namespace
