// Async generators that are left half way, and what they clean up then.
#include "let_the_time_pass.hpp"
#include "next_of.hpp"
#include "polite.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::task;
using simul_test::ending_of;
using simul_test::leaves_by_break;
using simul_test::leaves_half_way;
using simul_test::let_the_time_pass;
using simul_test::next_of;
using simul_test::over_orders;
using simul_test::polite;
using simul_test::run_over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::tracked;
using simul_test::tracked_counts;
using simul_test::words;

const words in_order{"leaves", "left"};

// ------------------------------------------------------------------- clean-up that does not wait

TEST(async_generator_drop, clean_up_that_waits_for_nothing_is_done_on_the_spot) {
    tracked_counts counts;
    words log;
    const auto counter = [&](tracked) -> async_generator<int> {
        const tracked outer(counts, "outer");
        const tracked inner(counts, "inner");
        try {
            for (int i = 0;; ++i) co_yield i;
        } catch (const simul::generator_exit&) {
            log.push_back("leaves");
            throw;
        }
    };
    run_virtual([&]() -> task<> {
        {
            auto g = counter(tracked(counts, "argument"));
            (void)co_await g.next();
            (void)co_await g.next();
        }
        EXPECT_EQ(log, words{"leaves"});
        EXPECT_EQ(counts.ended, (words{"inner", "outer", "argument"}));
        EXPECT_EQ(simul::current_usage().frames, 1) << "of the main task";
    });
}

TEST(async_generator_drop, one_that_has_not_begun_or_has_ended_sees_no_exception) {
    words log;
    const auto one = [&]() -> async_generator<int> {
        try {
            co_yield 1;
        } catch (...) {
            log.push_back("left");
        }
    };
    run_virtual([&]() -> task<> {
        {
            auto fresh = one();
            auto over = one();
            while (co_await over.next() != nullptr) {
            }
        }
        EXPECT_EQ(log, words());
    });
}

TEST(async_generator_drop, may_catch_the_exit_and_return) {
    const auto returns = []() -> async_generator<int> {
        try {
            co_yield 1;
        } catch (const simul::generator_exit&) {
            co_return;
        }
    };
    const auto throws_anew = []() -> async_generator<int> {
        try {
            co_yield 1;
        } catch (...) {
            throw simul::generator_exit{};
        }
    };
    run_virtual([&]() -> task<> { // and nothing is logged
        auto a = returns();
        auto b = throws_anew();
        (void)co_await a.next();
        (void)co_await b.next();
    });
}

// --------------------------------------------------------------------------- clean-up that waits

task<int> leaves_by_return(words& log) {
    auto g = polite(log);
    while (const int* i = co_await g.next()) {
        if (*i == 3) co_return 3;
    }
    co_return -1;
}

task<int> leaves_by_exception(words& log) {
    auto g = polite(log);
    while (const int* i = co_await g.next()) {
        if (*i == 3) throw std::runtime_error("enough");
    }
    co_return -1;
}

TEST(async_generator_drop, its_clean_up_has_ended_when_its_owner_returns) {
    run_over_orders(30, []() -> task<> {
        words log;
        const auto began = simul::clock::now();
        EXPECT_EQ(co_await leaves_by_break(log), 3);
        EXPECT_EQ(log, in_order);
        EXPECT_EQ(simul::clock::now() - began, 40ms);
        log.clear();
        EXPECT_EQ(co_await leaves_by_return(log), 3);
        EXPECT_EQ(log, in_order);
        EXPECT_EQ(simul::clock::now() - began, 80ms);
        log.clear();
        EXPECT_EQ(co_await ending_of(leaves_by_exception(log)), "enough");
        EXPECT_EQ(log, in_order);
        EXPECT_EQ(simul::clock::now() - began, 120ms);
    });
}

TEST(async_generator_drop, its_clean_up_has_ended_when_its_owner_goes_on_from_where_it_waits) {
    run_over_orders(30, []() -> task<> {
        const auto began = simul::clock::now();
        words log;
        {
            auto g = polite(log);
            (void)co_await g.next();
        }
        EXPECT_EQ(log, words{"leaves"}) << "up to where it waits";
        co_await simul::yield();
        EXPECT_EQ(log, in_order);
        EXPECT_EQ(simul::clock::now() - began, 40ms);
        log.clear();
        auto g = polite(log);
        (void)co_await g.next();
        g = {};
        co_await simul::sleep(1s);
        EXPECT_EQ(log, in_order);
        EXPECT_EQ(simul::clock::now() - began, 1040ms) << "both at the same time";
        log.clear();
        g = polite(log);
        (void)co_await g.next();
        g = polite(log);
        (void)co_await g.next(); // which does not suspend
        const auto in_a_function = [](async_generator<int>& from) { from = {}; };
        in_a_function(g);
        co_await simul_test::pause_for(1ms);
        EXPECT_EQ(log, (words{"leaves", "leaves", "left", "left"}));
    });
}

TEST(async_generator_drop, a_main_task_that_leaves_one_waits_for_it) {
    over_orders(20, [](simul::run_options options) {
        words log;
        EXPECT_EQ(run_with(options, leaves_by_break(log)), 3);
        EXPECT_EQ(log, in_order);
        log.clear();
        EXPECT_THROW(run_with(options, leaves_by_exception(log)), std::runtime_error);
        EXPECT_EQ(log, in_order);
    });
}

TEST(async_generator_drop, whoever_joins_a_task_that_leaves_one_goes_on_after_the_clean_up) {
    run_over_orders(30, []() -> task<> {
        words log;
        auto h = simul::spawn(leaves_by_break(log));
        EXPECT_EQ(co_await h, 3);
        EXPECT_EQ(log.size(), 2U);
        auto [a, b] = co_await simul::gather(leaves_by_break(log), leaves_by_return(log));
        EXPECT_EQ(a + b, 6);
        EXPECT_EQ(log.size(), 6U);
        co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
            group.spawn(leaves_by_break(log));
            co_return;
        });
        EXPECT_EQ(log.size(), 8U);
        const int n = co_await simul::timeout(1s, leaves_by_break(log));
        EXPECT_EQ(n, 3);
        EXPECT_EQ(log.size(), 10U);
    });
}

task<int> takes_one(async_generator<int> from) {
    const int* const first = co_await from.next();
    co_return first != nullptr ? *first : -1;
}

TEST(async_generator_drop, one_that_a_task_was_given_is_cleaned_up_with_the_task) {
    over_orders(30, [](simul::run_options options) {
        words log;
        EXPECT_EQ(run_with(options, takes_one(polite(log))), 0);
        EXPECT_EQ(log, in_order) << "an argument of the main task";
        run_with(options, [&]() -> task<> {
            EXPECT_EQ(co_await takes_one(polite(log)), 0);
            co_await simul::yield();
            EXPECT_EQ(log.size(), 4U);
            EXPECT_EQ(co_await simul::spawn(takes_one(polite(log))), 0);
            co_await simul::yield();
            EXPECT_EQ(log.size(), 6U);
            auto [a, b] = co_await simul::gather(takes_one(polite(log)), takes_one(polite(log)));
            EXPECT_EQ(a + b, 0);
            co_await simul::yield();
            EXPECT_EQ(log.size(), 10U);
            co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
                group.spawn(takes_one(polite(log)));
                group.spawn(takes_one(polite(log, "", 80ms)));
                co_return;
            });
            EXPECT_EQ(log.size(), 14U) << "a group has not ended before what its tasks were given";
        });
        EXPECT_EQ(log.size(), 14U);
    });
}

TEST(async_generator_drop, several_are_cleaned_up_at_the_same_time) {
    run_over_orders(20, []() -> task<> {
        words log;
        const auto began = simul::clock::now();
        const auto leaves_many = [&]() -> task<> {
            std::vector<async_generator<int>> all;
            for (int i = 1; i <= 5; ++i) {
                all.push_back(polite(log, std::to_string(i), i * 10ms));
                (void)co_await all.back().next();
            }
        };
        co_await leaves_many();
        EXPECT_EQ(simul::clock::now() - began, 50ms);
        EXPECT_EQ(words(log.begin() + 5, log.end()),
                  (words{"1left", "2left", "3left", "4left", "5left"}));
    });
}

TEST(async_generator_drop, clean_up_may_do_what_a_task_may) {
    run_over_orders(20, []() -> task<> {
        words log;
        const auto busy = [&]() -> async_generator<int> {
            bool leaves = false;
            try {
                co_yield 1;
            } catch (const simul::generator_exit&) {
                leaves = true;
            }
            if (!leaves) co_return;
            auto beside = simul::spawn(simul_test::value_after(5ms, 1));
            auto [a, b] = co_await simul::gather(simul_test::value_after(10ms, 2),
                                                 simul_test::value_after(20ms, 3));
            auto other = polite(log);
            const int* const c = co_await other.next();
            const int sum = a + b + *c + co_await beside;
            log.push_back(std::to_string(sum));
        };
        co_await leaves_half_way([&] { return busy(); });
        EXPECT_EQ(log, (words{"6", "leaves", "left"}));
    });
}

// ------------------------------------------------------------------------------------- cancelling

TEST(async_generator_drop, a_cancelled_owner_lets_the_clean_up_wait) {
    run_over_orders(30, []() -> task<> {
        words log;
        const auto owner = [&]() -> task<> {
            auto g = polite(log);
            (void)co_await g.next();
            co_await simul::sleep(1h);
        };
        const auto began = simul::clock::now();
        auto h = simul::spawn(owner());
        co_await simul::sleep(10ms);
        h.cancel();
        EXPECT_EQ(co_await ending_of(h), "cancelled");
        EXPECT_EQ(log, in_order);
        EXPECT_EQ(simul::clock::now() - began, 50ms);

        const std::optional<int> none =
            co_await simul::move_on_after(10ms, [](words& l) -> task<int> {
                auto g = polite(l);
                (void)co_await g.next();
                co_await simul::sleep(1h);
                co_return 1;
            }(log));
        EXPECT_FALSE(none.has_value());
        EXPECT_EQ(log.size(), 4U);
    });
}

TEST(async_generator_drop, a_cancel_of_the_held_back_owner_does_not_shorten_the_clean_up) {
    run_over_orders(30, []() -> task<> {
        words log;
        std::string next;
        const auto owner = [&]() -> task<int> {
            const int seen = co_await leaves_by_break(log);
            next = co_await ending_of(simul::sleep(1ms));
            co_return seen;
        };
        auto h = simul::spawn(owner());
        co_await simul::sleep(10ms);
        h.cancel();
        EXPECT_EQ(co_await h, 3);
        EXPECT_EQ(log, in_order);
        EXPECT_EQ(next, "cancelled");
    });
}

TEST(async_generator_drop, the_end_of_the_loop_waits_for_what_was_dropped_outside_of_any_task) {
    words log;
    const auto careful = [&]() -> async_generator<int> {
        bool leaves = false;
        try {
            co_yield 1;
        } catch (const simul::generator_exit&) {
            leaves = true;
        }
        if (!leaves) co_return;
        const std::string how = co_await ending_of(simul::sleep(1h));
        log.push_back(how);
        co_await simul::shield(simul::sleep(5ms));
        log.push_back("left");
    };
    over_orders(20, [&](simul::run_options options) {
        log.clear();
        simul::loop loop(options);
        loop.run([&]() -> task<> {
            auto g = std::make_shared<async_generator<int>>(careful());
            (void)co_await g->next();
            loop.post([dropped = std::exchange(g, nullptr)]() mutable { dropped.reset(); });
            co_await simul::sleep(1s);
        }());
        EXPECT_EQ(log, (words{"value", "left"}));
    });
}

// A long sleep that begins outside of any turn, and is all that there is to wait for.
TEST(async_generator_drop, outside_of_any_task_it_may_sleep_long) {
    words log;
    simul::loop loop;
    loop.run([&]() -> task<> {
        auto g = std::make_shared<async_generator<int>>(polite(log, "", 1h));
        (void)co_await g->next();
        loop.post([dropped = std::exchange(g, nullptr)]() mutable { dropped.reset(); });
        co_await simul::to_thread([] { std::this_thread::sleep_for(5ms); });
        EXPECT_EQ(log, words{"leaves"});
        let_the_time_pass();
    }());
    EXPECT_EQ(log, (words{"leaves", "left"}));
}

TEST(async_generator_drop, the_end_of_the_loop_cancels_tasks_and_not_what_they_clean_up) {
    over_orders(20, [](simul::run_options options) {
        words log;
        const auto reads = [&](simul::clock::duration since) -> task<> {
            auto g = polite(log);
            (void)co_await g.next();
            co_await simul::sleep(since);
        };
        run_with(options, [&]() -> task<> {
            (void)simul::spawn(reads(1h), "cancelled at the end");
            (void)simul::spawn(reads(80ms), "cleaning up at the end");
            co_await simul::sleep(100ms);
        });
        EXPECT_EQ(log, (words{"leaves", "leaves", "left", "left"}));
    });
}

TEST(async_generator_drop, without_a_loop_only_its_objects_are_destroyed) {
    words log;
    tracked_counts counts;
    const auto holds = [&](tracked) -> async_generator<int> {
        const tracked local(counts);
        auto inner = polite(log);
        while (const int* i = co_await inner.next()) co_yield *i;
    };
    async_generator<int> kept = holds(tracked(counts));
    EXPECT_EQ(run_virtual([&] { return next_of(kept); }), "0");
    EXPECT_FALSE(counts.balanced());
    kept = {};
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(log, words()) << "nothing can be awaited any more";
}

} // namespace
