// How async generators that are left half way unwind: nested ones, those that a task waits for, and
// those that fail.
#include "log_capture.hpp"
#include "never.hpp"
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
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::task;
using simul_test::ending_of;
using simul_test::leaves_by_break;
using simul_test::leaves_half_way;
using simul_test::next_of;
using simul_test::polite;
using simul_test::run_over_orders;
using simul_test::run_virtual;
using simul_test::tracked;
using simul_test::tracked_counts;
using simul_test::words;

const words in_order{"leaves", "left"};

// ----------------------------------------------------------------------------------------- nested

async_generator<int> passes_on(words& log, std::string name, async_generator<int> from) {
    bool leaves = false;
    try {
        while (const int* i = co_await from.next()) co_yield *i;
    } catch (const simul::generator_exit&) {
        leaves = true;
    }
    if (leaves) {
        log.push_back(name + "leaves");
        co_await simul::sleep(10ms);
        log.push_back(name + "left");
    }
}

TEST(async_generator_unwind, dropping_the_outer_end_of_a_pipe_cleans_up_every_stage) {
    run_over_orders(20, []() -> task<> {
        words log;
        const auto began = simul::clock::now();
        const auto leaves = [&]() -> task<> {
            auto g = passes_on(log, "c", passes_on(log, "b", polite(log, "a")));
            (void)co_await g.next();
            (void)co_await g.next();
        };
        co_await leaves();
        EXPECT_EQ(log, (words{"cleaves", "cleft", "bleaves", "bleft", "aleaves", "aleft"}));
        EXPECT_EQ(simul::clock::now() - began, 60ms);
    });
}

TEST(async_generator_unwind, a_body_ends_after_those_that_it_holds) {
    run_over_orders(20, []() -> task<> {
        words log;
        const auto outer = [&]() -> async_generator<int> {
            bool leaves = false;
            try {
                auto inner = polite(log, "inner ");
                while (const int* i = co_await inner.next()) co_yield *i;
            } catch (const simul::generator_exit&) {
                leaves = true;
            }
            if (!leaves) co_return;
            log.push_back("outer leaves");
            co_await simul::yield();
            log.push_back("outer left");
        };
        co_await leaves_half_way([&] { return outer(); });
        EXPECT_EQ(log, (words{"inner leaves", "outer leaves", "inner left", "outer left"}));
        log.clear();
        auto g = outer();
        (void)co_await g.next();
        co_await g.close();
        EXPECT_EQ(log, (words{"inner leaves", "outer leaves", "inner left", "outer left"}))
            << "a close waits for the same";
    });
}

TEST(async_generator_unwind, a_generator_that_drops_another_hands_on_after_its_clean_up) {
    run_over_orders(20, []() -> task<> {
        words log;
        const auto firsts = [&]() -> async_generator<int> {
            for (int n = 0; n < 3; ++n) {
                int first = -1;
                {
                    auto inner = polite(log);
                    if (const int* i = co_await inner.next()) first = *i;
                }
                co_yield first;
            }
        };
        auto all = firsts();
        std::size_t count = 0;
        while (const int* first = co_await all.next()) {
            EXPECT_EQ(*first, 0);
            EXPECT_EQ(log.size(), 2 * ++count);
        }
        EXPECT_EQ(count, 3U);
    });
}

TEST(async_generator_unwind, a_deep_nest_is_unwound_on_an_ordinary_stack) {
    struct nest {
        static async_generator<int> make(int depth, int& waited) {
            bool leaves = false;
            try {
                if (depth > 0) {
                    auto inner = make(depth - 1, waited);
                    while (int* i = co_await inner.next()) co_yield *i;
                }
                co_yield depth;
            } catch (const simul::generator_exit&) {
                leaves = true;
            }
            if (leaves && depth % 1000 == 0) {
                co_await simul::sleep(1ms);
                ++waited;
            }
        }
    };
    run_virtual([]() -> task<> {
        int waited = 0;
        co_await leaves_half_way([&] { return nest::make(20'000, waited); });
        EXPECT_EQ(waited, 21);
    });
}

// --------------------------------------------------------------------------- while a task waits

TEST(async_generator_unwind, one_that_waits_is_cancelled_and_its_dropper_held_back) {
    run_over_orders(30, []() -> task<> {
        words log;
        const auto sleeper = [&]() -> async_generator<int> {
            bool leaves = false;
            try {
                co_await simul::sleep(1h);
                co_yield 1;
            } catch (const simul::cancelled&) {
                leaves = true;
            }
            if (!leaves) co_return;
            log.push_back("leaves");
            co_await simul::shield(simul::sleep(40ms));
            log.push_back("left");
            co_await simul::sleep(1h); // it is a cancelled task
        };
        const auto began = simul::clock::now();
        auto g = std::make_unique<async_generator<int>>(sleeper());
        auto waiting = simul::spawn([&]() -> task<std::string> {
            const std::string how = co_await next_of(*g);
            EXPECT_EQ(simul::clock::now() - began, 10ms) << "told at once";
            co_return how;
        });
        const auto drops = [&]() -> task<> {
            co_await simul::sleep(10ms);
            g.reset();
            EXPECT_EQ(log, words{"leaves"}) << "up to where it waits";
        };
        co_await drops();
        EXPECT_EQ(log, in_order);
        EXPECT_EQ(simul::clock::now() - began, 50ms);
        const std::string how = co_await waiting;
        EXPECT_NE(how.find("was destroyed"), std::string::npos) << how;
    });
}

TEST(async_generator_unwind, one_that_waits_deep_inside_unwinds_from_there) {
    run_over_orders(30, []() -> task<> {
        tracked_counts counts;
        words log;
        const auto sleeps = [&](std::string name) -> task<int> {
            const tracked local(counts, name);
            co_await simul::sleep(1h);
            co_return 1;
        };
        const auto inner = [&]() -> async_generator<int> {
            const tracked local(counts, "inner");
            auto beside = polite(log);
            (void)co_await beside.next();
            auto [a, b] = co_await simul::gather(sleeps("a"), sleeps("b"));
            co_yield a + b;
        };
        const auto outer = [&]() -> async_generator<int> {
            const tracked local(counts, "outer");
            auto from = inner();
            while (int* i = co_await from.next()) co_yield *i;
        };
        auto g = outer();
        auto waiting = simul::spawn(next_of(g));
        co_await simul::sleep(1s);
        const auto drops = [&]() -> task<> {
            g = {};
            co_return;
        };
        co_await drops();
        EXPECT_EQ(log, in_order);
        EXPECT_EQ(counts.ended.size(), 4U);
        EXPECT_EQ(counts.ended.back(), "outer");
        EXPECT_TRUE(counts.balanced());
        co_await waiting;
    });
}

TEST(async_generator_unwind, a_value_that_arrives_in_the_same_turn_is_seen_and_then_the_exit) {
    int seen = 0;
    int exits = 0;
    run_over_orders(60, [&]() -> task<> {
        const auto receives = [&](simul::queue<int>& from) -> async_generator<int> {
            const int value = co_await from.get();
            seen += value;
            try {
                co_yield value;
            } catch (const simul::generator_exit&) {
                ++exits;
                throw;
            }
        };
        simul::queue<int> queue;
        auto g = receives(queue);
        auto waiting = simul::spawn(next_of(g));
        co_await simul::sleep(1ms);
        EXPECT_TRUE(queue.try_put(1));
        g = {}; // its body stands in the ready queue
        const std::string how = co_await waiting;
        EXPECT_NE(how.find("was destroyed"), std::string::npos) << how;
    });
    EXPECT_EQ(seen, 61) << "no item is lost";
    EXPECT_EQ(exits, 61);
}

TEST(async_generator_unwind, one_that_is_dropped_by_the_clean_up_of_another_is_cleaned_up_too) {
    run_over_orders(20, []() -> task<> {
        words log;
        std::optional<async_generator<int>> other(polite(log, "other "));
        (void)co_await other->next();
        const auto drops = [&]() -> async_generator<int> {
            try {
                co_yield 1;
            } catch (const simul::generator_exit&) {
                other.reset();
                log.push_back("dropped");
            }
        };
        co_await leaves_half_way([&] { return drops(); });
        EXPECT_EQ(log, (words{"other leaves", "dropped", "other left"}));
    });
}

// ---------------------------------------------------------------------------------------- failing

TEST(async_generator_unwind, what_clean_up_throws_is_logged_and_its_owner_goes_on) {
    simul_test::log_capture log;
    const auto rude = [](bool waits) -> async_generator<int> {
        bool leaves = false;
        try {
            co_yield 1;
        } catch (const simul::generator_exit&) {
            leaves = true;
        }
        if (waits) co_await simul::yield();
        if (leaves) throw std::runtime_error("no good bye");
    };
    const auto strange = []() -> async_generator<int> {
        try {
            co_yield 1;
        } catch (const simul::generator_exit&) {
            throw 42;
        }
    };
    run_virtual([&]() -> task<> {
        const auto leaves = [&]() -> task<int> {
            auto a = rude(false);
            auto b = rude(true);
            auto c = strange();
            (void)co_await a.next();
            (void)co_await b.next();
            (void)co_await c.next();
            co_return 1;
        };
        EXPECT_EQ(co_await leaves(), 1);
    });
    EXPECT_EQ(log.count("[error]"), 3);
    EXPECT_EQ(log.count("left early failed in its clean-up: no good bye"), 2) << log.text();
    EXPECT_TRUE(log.contains("with something that is no std::exception")) << log.text();
    EXPECT_TRUE(log.contains("async_generator_unwind_test.cpp")) << log.text();
}

TEST(async_generator_unwind, an_exception_of_the_owner_is_not_mixed_up_with_the_clean_up) {
    run_virtual([]() -> task<> {
        words log;
        const auto inner = [&]() -> task<> {
            auto g = polite(log);
            (void)co_await g.next();
            throw std::runtime_error("enough");
        };
        const auto outer = [&]() -> task<> { co_await inner(); };
        std::string what;
        std::size_t frames = 0;
        try {
            co_await outer();
        } catch (const std::runtime_error& e) {
            what = e.what();
            frames = simul::async_stack_of(std::current_exception()).frames().size();
        }
        EXPECT_EQ(what, "enough");
        EXPECT_EQ(frames, 2U);
        EXPECT_EQ(log, in_order);
    });
}

TEST(async_generator_unwind, a_body_that_yields_all_the_same_is_destroyed_and_that_is_logged) {
    simul_test::log_capture log;
    tracked_counts counts;
    words inner_log;
    const auto deaf = [&](bool waits) -> async_generator<int> {
        const tracked local(counts);
        auto inner = polite(inner_log);
        (void)co_await inner.next();
        for (int i = 0;; ++i) {
            try {
                co_yield i;
            } catch (const simul::generator_exit&) {
                ++i;
            }
            if (waits) co_await simul::yield();
        }
    };
    run_virtual([&]() -> task<> {
        const auto leaves = [&]() -> task<> {
            auto a = deaf(false);
            auto b = deaf(true);
            (void)co_await a.next();
            (void)co_await b.next();
        };
        co_await leaves();
        EXPECT_EQ(counts.constructed, 2);
        EXPECT_TRUE(counts.balanced());
        EXPECT_EQ(inner_log.size(), 4U) << "and what it holds has cleaned up";
    });
    EXPECT_EQ(log.count("left early went on to yield"), 2) << log.text();
}

TEST(async_generator_unwind, clean_up_that_never_ends_is_a_deadlock_and_is_destroyed) {
    simul_test::log_capture log;
    tracked_counts counts;
    const auto stuck = [&](tracked) -> async_generator<int> {
        const tracked local(counts);
        bool leaves = false;
        try {
            co_yield 0;
        } catch (const simul::generator_exit&) {
            leaves = true;
        }
        if (leaves) co_await simul_test::never_ever();
    };
    const auto leaves = [&]() -> task<> {
        auto g = stuck(tracked(counts));
        (void)co_await g.next();
    };
    const auto goes_on = [&]() -> task<> {
        co_await leaves();
        ADD_FAILURE() << "must not be reached";
    };
    const auto waits_for = [&]() -> task<> {
        const auto waits_for_ever = [&](tracked) -> async_generator<int> {
            const tracked local(counts);
            co_await simul_test::never_ever();
            co_yield 1;
        };
        auto g = waits_for_ever(tracked(counts));
        auto waiting = simul::spawn(next_of(g));
        co_await simul::sleep(1s);
        g = {};
        co_await waiting;
        ADD_FAILURE() << "must not be reached";
    };
    EXPECT_THROW(run_virtual(goes_on), simul::deadlock);
    EXPECT_THROW(run_virtual(waits_for), simul::deadlock);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
}

TEST(async_generator_unwind, the_clean_up_stands_in_the_dump_under_the_name_of_its_body) {
    run_virtual([]() -> task<> {
        words log;
        auto owner = simul::spawn(leaves_by_break(log), "owner");
        co_await simul::sleep(20ms);
        const std::string dump = simul::format_tasks();
        EXPECT_NE(dump.find("\"owner\": clean-up of task"), std::string::npos) << dump;
        EXPECT_NE(dump.find("polite("), std::string::npos) << dump;
        EXPECT_NE(dump.find("0.02 s left"), std::string::npos) << dump;
        co_await owner;
    });
}

TEST(async_generator_unwind, the_clean_up_has_the_context_of_its_owner) {
    simul::context_var<int> depth(0);
    run_virtual([&]() -> task<> {
        int seen = -1;
        const auto looks = [&](bool waits) -> async_generator<int> {
            try {
                if (waits) co_await simul::sleep(1h);
                co_yield 1;
            } catch (...) {
                seen = depth.get();
                throw;
            }
        };
        const auto owner = [&]() -> task<> {
            depth.set(5);
            auto g = looks(false);
            (void)co_await g.next();
        };
        co_await owner();
        EXPECT_EQ(seen, 5);
        auto g = looks(true);
        auto waiting = simul::spawn([&]() -> task<std::string> {
            depth.set(7);
            co_return co_await next_of(g);
        });
        co_await simul::sleep(1ms);
        g = {};
        co_await waiting;
        EXPECT_EQ(seen, 7) << "while a task waits for it, that of the task";
    });
}

} // namespace
