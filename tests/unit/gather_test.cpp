#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using simul::task;
using simul_test::fails_after;
using simul_test::log_capture;
using simul_test::over_orders;
using simul_test::pause_for;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::tracked;
using simul_test::tracked_counts;
using simul_test::value_after;
using namespace std::chrono_literals;

// Counts itself in `ended` when its clean-up, which takes its time, is over.
task<int> slow_to_end(int& ended) {
    try {
        co_await simul::sleep(24h);
    } catch (const simul::cancelled&) {
        ++ended;
        throw;
    }
    co_return 0;
}

TEST(gather, of_nothing_completes_at_once) {
    run_virtual([]() -> task<> {
        const std::tuple<> none = co_await simul::gather();
        (void)none;
        std::vector<task<int>> no_tasks;
        const std::vector<int> no_results = co_await simul::gather(std::move(no_tasks));
        EXPECT_TRUE(no_results.empty());
        std::vector<task<>> nothing;
        const auto outcomes = co_await simul::gather(simul::return_exceptions, std::move(nothing));
        EXPECT_TRUE(outcomes.empty());
    });
}

TEST(gather, gives_a_tuple_in_the_order_of_the_arguments) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto began = simul::clock::now();
            const auto [a, none, b] =
                co_await simul::gather(value_after(30ms, 1), pause_for(20ms), value_after(10ms, 2));
            EXPECT_EQ(a, 1);
            EXPECT_EQ(b, 2);
            static_assert(std::is_same_v<decltype(none), const std::monostate>);
            EXPECT_EQ(simul::clock::now() - began, 30ms);
        });
    });
}

TEST(gather, gives_a_vector_in_the_order_of_the_range) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            std::vector<task<int>> many;
            for (int i = 0; i < 100; ++i) {
                many.push_back(value_after(std::chrono::milliseconds((i * 37) % 100), i));
            }
            const std::vector<int> results = co_await simul::gather(std::move(many));
            for (int i = 0; i < 100; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i);
        });
    });
}

TEST(gather, takes_references_and_move_only_values_and_void) {
    run_virtual([]() -> task<> {
        int place = 3;
        const auto refers = [&]() -> task<int&> { co_return place; };
        const auto makes = []() -> task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(4);
        };
        const auto results = co_await simul::gather(refers(), makes(), pause_for(1ms));
        static_assert(
            std::is_same_v<std::tuple_element_t<0, std::decay_t<decltype(results)>>, int&>);
        EXPECT_EQ(&std::get<0>(results), &place);
        EXPECT_EQ(*std::get<1>(results), 4);

        std::vector<task<int&>> references;
        references.push_back(refers());
        const std::vector<std::reference_wrapper<int>> gathered =
            co_await simul::gather(std::move(references));
        EXPECT_EQ(&gathered[0].get(), &place);

        std::vector<task<std::unique_ptr<int>>> pointers;
        pointers.push_back(makes());
        const auto made = co_await simul::gather(std::move(pointers));
        EXPECT_EQ(*made[0], 4);

        std::vector<task<>> pauses;
        pauses.push_back(pause_for(1ms));
        const std::vector<std::monostate> nothing = co_await simul::gather(std::move(pauses));
        EXPECT_EQ(nothing.size(), 1U);
    });
}

TEST(gather, takes_any_range_of_tasks) {
    run_virtual([]() -> task<> {
        std::list<task<int>> list;
        list.push_back(value_after(2ms, 1));
        list.push_back(value_after(1ms, 2));
        const std::vector<int> from_list = co_await simul::gather(std::move(list));
        EXPECT_EQ(from_list, (std::vector<int>{1, 2}));

        const auto make = [](int i) { return value_after(1ms, i); };
        auto view = std::views::iota(0, 5) | std::views::transform(make);
        const std::vector<int> from_view = co_await simul::gather(view);
        EXPECT_EQ(from_view, (std::vector<int>{0, 1, 2, 3, 4}));
    });
}

TEST(gather, takes_every_awaitable) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        const auto h = simul::spawn(value_after(3ms, 9));
        auto inner = simul::gather(value_after(1ms, 1), value_after(2ms, 2));
        const auto results =
            co_await simul::gather(simul::sleep(5ms), h, std::move(inner), simul::yield(),
                                   simul::sleep_until(began + 7ms));
        EXPECT_EQ(std::get<1>(results), 9);
        EXPECT_EQ(std::get<1>(std::get<2>(results)), 2);
        EXPECT_EQ(simul::clock::now() - began, 7ms);
    });
}

TEST(gather, finished_children_cost_no_extra_turn) {
    run_virtual([]() -> task<> {
        int turns = 0;
        const auto counts = [&]() -> task<> {
            for (;; ++turns) co_await simul::yield();
        };
        const auto at_once = []() -> task<int> { co_return 1; };
        const auto counter = simul::spawn(counts());
        const auto finished = simul::spawn(at_once());
        co_await finished;

        turns = 0;
        co_await simul::gather(at_once());
        const int of_one = turns;
        EXPECT_LE(of_one, 2);
        turns = 0;
        co_await simul::gather(finished, at_once(), finished, finished);
        EXPECT_EQ(turns, of_one);
        turns = 0;
        const auto [a, b] = co_await simul::gather(finished, finished);
        EXPECT_EQ(a + b, 2);
        EXPECT_EQ(turns, 0);
        const std::vector handles(3, finished);
        const std::vector<int> all = co_await simul::gather(handles);
        EXPECT_EQ(all, (std::vector{1, 1, 1}));
        EXPECT_EQ(turns, 0);

        const auto fails = []() -> task<int> {
            throw std::runtime_error("no luck");
            co_return 0;
        };
        const auto failed = simul::spawn(fails());
        EXPECT_EQ(co_await simul_test::ending_of(simul::gather(failed)), "no luck");
        turns = 0;
        EXPECT_EQ(co_await simul_test::ending_of(simul::gather(finished, failed, finished)),
                  "no luck");
        const auto [one, none] = co_await simul::gather(simul::return_exceptions, finished, failed);
        EXPECT_EQ(one.value(), 1);
        EXPECT_FALSE(none.has_value());
        EXPECT_EQ(turns, 0);
        counter.cancel();
    });
}

TEST(gather, of_a_view_that_spawns_spawns_once) {
    run_virtual([]() -> task<> {
        int spawned = 0;
        const auto spawns = [&](int n) {
            ++spawned;
            return simul::spawn(value_after(1ms, n));
        };
        const std::vector numbers{1, 2, 3};
        const std::vector<int> all =
            co_await simul::gather(numbers | std::views::transform(spawns));
        EXPECT_EQ(all, numbers);
        EXPECT_EQ(spawned, 3);
    });
}

TEST(gather, of_named_handles_leaves_their_values_to_others) {
    run_virtual([]() -> task<> {
        const auto text = []() -> task<std::string> { co_return std::string(100, 'x'); };
        std::vector<simul::join_handle<std::string>> handles;
        handles.push_back(simul::spawn(text()));
        handles.push_back(simul::spawn(text()));
        const std::vector<std::string> all = co_await simul::gather(handles);
        EXPECT_EQ(all[1].size(), 100U);
        EXPECT_TRUE(handles[0]) << "the handles are still the caller's";
        const std::string& again = co_await handles[0];
        EXPECT_EQ(again.size(), 100U);
        const auto [one] = co_await simul::gather(handles[1]);
        EXPECT_EQ(one.size(), 100U);
        const std::string& once_more = co_await handles[1];
        EXPECT_EQ(once_more.size(), 100U);
        const std::vector<std::string> first =
            co_await simul::gather(handles | std::views::take(1));
        EXPECT_EQ(first.size(), 1U);
        EXPECT_TRUE(handles[0]);
        const std::vector<std::string> taken = co_await simul::gather(std::move(handles));
        EXPECT_EQ(taken[0].size(), 100U);
    });
}

TEST(gather, starts_its_tasks_in_the_next_turn_in_order) {
    run_virtual([]() -> task<> {
        std::string order;
        const auto writes = [&](char c) -> task<> {
            order += c;
            co_await simul::yield();
            order += c;
        };
        co_await simul::gather(writes('a'), writes('b'), writes('c'));
        EXPECT_EQ(order, "abcabc");
    });
}

TEST(gather, with_a_failing_task_cancels_the_others_and_rethrows_when_they_have_ended) {
    over_orders(20, [](simul::run_options options) {
        int ended = 0;
        run_with(options, [&]() -> task<> {
            const auto began = simul::clock::now();
            try {
                co_await simul::gather(slow_to_end(ended), fails_after(10ms), slow_to_end(ended));
                ADD_FAILURE() << "no exception";
            } catch (const std::runtime_error& e) {
                EXPECT_STREQ(e.what(), "failed");
                EXPECT_EQ(ended, 2);
                EXPECT_EQ(simul::clock::now() - began, 10ms);
            }
        });
    });
}

TEST(gather, waits_for_a_cancelled_task_that_ends_with_a_value) {
    run_virtual([]() -> task<> {
        bool finished = false;
        const auto stubborn = [&]() -> task<int> {
            try {
                co_await simul::sleep(24h);
            } catch (const simul::cancelled&) {
                finished = true;
            }
            co_return 1;
        };
        try {
            co_await simul::gather(stubborn(), fails_after(1ms));
            ADD_FAILURE() << "no exception";
        } catch (const std::runtime_error&) {
            EXPECT_TRUE(finished);
        }
    });
}

TEST(gather, throws_the_first_failure_and_logs_the_others) {
    log_capture log;
    run_virtual([]() -> task<> {
        try {
            co_await simul::gather(fails_after(2ms, "second"), fails_after(1ms, "first"),
                                   fails_after(3ms, "never"));
            ADD_FAILURE() << "no exception";
        } catch (const std::runtime_error& e) {
            EXPECT_STREQ(e.what(), "first");
        }
        const auto at_once = [](const char* what) -> task<> {
            throw std::runtime_error(what);
            co_return;
        };
        try {
            co_await simul::gather(at_once("one"), at_once("two"), at_once("three"));
            ADD_FAILURE() << "no exception";
        } catch (const std::runtime_error& e) {
            EXPECT_STREQ(e.what(), "one");
        }
    });
    EXPECT_EQ(log.count("second"), 0) << "it was cancelled before it failed";
    EXPECT_EQ(log.count("failed as well: two"), 1);
    EXPECT_EQ(log.count("failed as well: three"), 1);
}

TEST(gather, with_return_exceptions_gives_every_outcome) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto gives_up = []() -> task<> {
                co_await simul::sleep(1ms);
                throw simul::cancelled{};
            };
            auto [a, b, c, d] =
                co_await simul::gather(simul::return_exceptions, value_after(5ms, 1),
                                       fails_after(1ms), gives_up(), pause_for(2ms));
            EXPECT_TRUE(a.has_value());
            EXPECT_EQ(a.value(), 1);
            EXPECT_FALSE(b.has_value());
            EXPECT_FALSE(b.cancelled());
            EXPECT_THROW((void)b.value(), std::runtime_error);
            EXPECT_FALSE(c.has_value());
            EXPECT_TRUE(c.cancelled());
            EXPECT_THROW(c.value(), simul::cancelled);
            EXPECT_TRUE(d.has_value());
            d.value();

            std::vector<task<int>> many;
            for (int i = 0; i < 10; ++i) {
                many.push_back(i % 2 != 0 ? fails_after(1ms) : value_after(2ms, i));
            }
            auto outcomes = co_await simul::gather(simul::return_exceptions, std::move(many));
            for (int i = 0; i < 10; ++i) {
                EXPECT_EQ(outcomes[static_cast<std::size_t>(i)].has_value(), i % 2 == 0);
            }
        });
    });
}

TEST(gather, with_return_exceptions_takes_a_cancelled_handle_as_an_outcome) {
    run_virtual([]() -> task<> {
        const auto h = simul::spawn(value_after(1h, 1));
        h.cancel();
        auto [a, b] = co_await simul::gather(simul::return_exceptions, h, value_after(1ms, 2));
        EXPECT_TRUE(a.cancelled());
        EXPECT_EQ(b.value(), 2);
    });
}

TEST(gather, when_cancelled_cancels_every_child_and_ends_after_them) {
    over_orders(20, [](simul::run_options options) {
        int ended = 0;
        run_with(options, [&]() -> task<> {
            bool thrown = false;
            const auto gathers = [&]() -> task<> {
                try {
                    co_await simul::gather(slow_to_end(ended), slow_to_end(ended),
                                           slow_to_end(ended));
                } catch (const simul::cancelled&) {
                    EXPECT_EQ(ended, 3);
                    thrown = true;
                    throw;
                }
            };
            const auto h = simul::spawn(gathers());
            co_await simul::sleep(1ms);
            h.cancel();
            EXPECT_FALSE(h.done());
            try {
                co_await h;
                ADD_FAILURE() << "not cancelled";
            } catch (const simul::cancelled&) {
            }
            EXPECT_TRUE(thrown);
        });
    });
}

TEST(gather, when_cancelled_before_it_began_starts_nobody_and_frees_them) {
    tracked_counts counts;
    bool began = false;
    run_virtual([&]() -> task<> {
        const auto child = [&](tracked) -> task<> {
            began = true;
            co_return;
        };
        const auto gathers = [&]() -> task<> {
            try {
                co_await simul::yield();
                ADD_FAILURE() << "not cancelled";
            } catch (const simul::cancelled&) {
            }
            co_await simul::gather(child(tracked(counts)), child(tracked(counts)));
            ADD_FAILURE() << "not cancelled again";
        };
        const auto h = simul::spawn(gathers());
        h.cancel();
        try {
            co_await h;
        } catch (const simul::cancelled&) {
        }
        EXPECT_TRUE(h.done());
    });
    EXPECT_FALSE(began);
    EXPECT_TRUE(counts.balanced());
}

TEST(gather, cancelled_in_the_turn_in_which_it_completes_gives_its_values) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            int value = 0;
            bool later_thrown = false;
            const auto gathers = [&]() -> task<> {
                const auto [a, b] =
                    co_await simul::gather(value_after(1ms, 1), value_after(1ms, 2));
                value = a + b;
                try {
                    co_await simul::yield();
                } catch (const simul::cancelled&) {
                    later_thrown = true;
                    throw;
                }
            };
            const auto h = simul::spawn(gathers());
            // Wakes in the turn in which both children do, and cancels in one of the next turns.
            co_await simul::sleep(1ms);
            h.cancel();
            try {
                co_await h;
            } catch (const simul::cancelled&) {
            }
            EXPECT_TRUE(value == 0 || later_thrown);
        });
    });
}

TEST(gather, whose_children_cancel_the_gathering_task_itself) {
    over_orders(20, [](simul::run_options options) {
        int ended = 0;
        run_with(options, [&]() -> task<> {
            simul::join_handle<> self;
            const auto traitor = [&]() -> task<> {
                co_await simul::sleep(1ms);
                self.cancel();
                co_await simul::yield();
                ADD_FAILURE() << "the child lives on";
            };
            const auto gathers = [&]() -> task<> {
                co_await simul::gather(slow_to_end(ended), traitor(), slow_to_end(ended));
            };
            self = simul::spawn(gathers());
            try {
                co_await self;
                ADD_FAILURE() << "not cancelled";
            } catch (const simul::cancelled&) {
                EXPECT_EQ(ended, 2);
            }
        });
    });
}

TEST(gather, destroys_its_children_and_results_once) {
    tracked_counts counts;
    run_virtual([&]() -> task<> {
        const auto makes = [&]() -> task<tracked> {
            const tracked local(counts);
            co_await simul::sleep(1ms);
            co_return tracked(counts);
        };
        {
            const auto results = co_await simul::gather(makes(), makes());
            EXPECT_EQ(counts.alive(), 2);
            (void)results;
        }
        EXPECT_TRUE(counts.balanced());
        const auto with_failure = [&]() -> task<> {
            co_await simul::gather(makes(), fails_after(10ms), makes());
        };
        try {
            co_await with_failure();
        } catch (const std::runtime_error&) {
        }
        EXPECT_TRUE(counts.balanced());
    });
}

// Gather in gather, `depth` levels: each waits for one that is deeper and for `leaf`'s.
task<int> nest(int depth, task<int> leaf) {
    if (depth == 0) co_return co_await std::move(leaf);
    const auto [deeper] = co_await simul::gather(nest(depth - 1, std::move(leaf)));
    co_return deeper + 1;
}

constexpr int deep = 10'000;

TEST(gather, nested_ten_thousand_deep_gives_its_value) {
    EXPECT_EQ(run_virtual(nest(deep, value_after(1ms, 1))), deep + 1);
}

TEST(gather, nested_ten_thousand_deep_lets_a_failure_through) {
    EXPECT_THROW(run_virtual(nest(deep, fails_after(1ms))), std::runtime_error);
}

TEST(gather, nested_ten_thousand_deep_is_cancelled) {
    int ended = 0;
    run_virtual([&]() -> task<> {
        const auto h = simul::spawn(nest(deep, slow_to_end(ended)));
        co_await simul::sleep(1ms);
        h.cancel();
        try {
            (void)co_await h;
            ADD_FAILURE() << "not cancelled";
        } catch (const simul::cancelled&) {
        }
    });
    EXPECT_EQ(ended, 1);
}

TEST(gather, of_a_hundred_thousand_tasks) {
    run_virtual([]() -> task<> {
        std::vector<task<int>> many;
        for (int i = 0; i < 100'000; ++i) {
            many.push_back(value_after(std::chrono::milliseconds(i % 1000), 1));
        }
        const std::vector<int> all = co_await simul::gather(std::move(many));
        EXPECT_EQ(all.size(), 100'000U);
    });
}

TEST(gather, that_is_never_awaited_frees_its_tasks) {
    tracked_counts counts;
    const auto holds = [](tracked) -> task<> { co_return; };
    {
        const auto forgotten = simul::gather(holds(tracked(counts)), holds(tracked(counts)));
        EXPECT_EQ(counts.alive(), 2);
    }
    EXPECT_TRUE(counts.balanced());
}

} // namespace
