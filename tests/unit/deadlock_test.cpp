#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "log_capture.hpp"
#include "never.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using simul::task;
using simul_test::log_capture;
using simul_test::never;
using simul_test::never_ever;
using simul_test::run_real;
using simul_test::run_virtual;
using simul_test::tracked;
using simul_test::tracked_counts;
using namespace std::chrono_literals;

task<> waits_for_ever() { co_await never(); }
task<> cannot_be_stopped(tracked_counts& counts) {
    const tracked local(counts);
    co_await never_ever();
    ADD_FAILURE() << "it happened";
}

TEST(deadlock, is_thrown_with_the_tree_of_tasks) {
    for (const bool is_virtual : {true, false}) {
        try {
            simul::run(waits_for_ever(), {.virtual_time = is_virtual});
            ADD_FAILURE() << "no deadlock";
        } catch (const simul::deadlock& e) {
            EXPECT_NE(e.tree().find("waits_for_ever"), std::string::npos) << e.tree();
            EXPECT_NE(e.tree().find("deadlock_test.cpp:"), std::string::npos) << e.tree();
            EXPECT_NE(e.tree().find("nothing that ever happens"), std::string::npos) << e.tree();
            EXPECT_NE(std::string(e.what()).find(e.tree()), std::string::npos);
        }
    }
}

TEST(deadlock, of_tasks_that_await_each_other) {
    try {
        run_virtual([]() -> task<> {
            simul::join_handle<> a;
            simul::join_handle<> b;
            const auto awaits = [](const simul::join_handle<>& other) -> task<> { co_await other; };
            a = simul::spawn(awaits(b), "first");
            b = simul::spawn(awaits(a), "second");
            co_await simul::sleep(1h);
            co_await a;
        });
        ADD_FAILURE() << "no deadlock";
    } catch (const simul::deadlock& e) {
        EXPECT_NE(e.tree().find("\"first\""), std::string::npos) << e.tree();
        EXPECT_NE(e.tree().find("task \"second\""), std::string::npos) << e.tree();
    }
}

TEST(deadlock, of_a_child_that_awaits_its_parent) {
    try {
        run_virtual([]() -> task<> {
            simul::join_handle<> parent;
            const auto child = [&]() -> task<> { co_await parent; };
            const auto gathers = [&]() -> task<> { co_await simul::gather(child()); };
            parent = simul::spawn(gathers());
            co_await parent;
        });
        ADD_FAILURE() << "no deadlock";
    } catch (const simul::deadlock&) {
    }
}

TEST(deadlock, unwinds_every_task_before_it_is_thrown) {
    tracked_counts counts;
    const auto background = [&]() -> task<> {
        const tracked local(counts);
        co_await never();
    };
    const auto main = [&]() -> task<> {
        const tracked local(counts);
        (void)simul::spawn(background());
        co_await simul::gather(background(), background());
    };
    EXPECT_THROW(run_virtual(main), simul::deadlock);
    EXPECT_EQ(counts.constructed, 4);
    EXPECT_TRUE(counts.balanced());
}

TEST(deadlock, lets_the_main_task_clean_up_on_the_loop) {
    bool slept = false;
    const auto main = [&]() -> task<> {
        try {
            co_await never();
        } catch (const simul::cancelled&) {
            slept = true;
        }
    };
    EXPECT_THROW(run_virtual(main), simul::deadlock);
    EXPECT_TRUE(slept);
}

TEST(deadlock, is_none_while_a_task_sleeps) {
    run_real([]() -> task<> {
        const auto h = simul::spawn(waits_for_ever());
        co_await simul::sleep(5ms);
        h.cancel();
    });
}

TEST(deadlock, destroys_a_main_task_that_cannot_be_cancelled) {
    log_capture log;
    tracked_counts counts;
    const auto main = [&]() -> task<> {
        const tracked local(counts);
        co_await cannot_be_stopped(counts);
    };
    EXPECT_THROW(run_virtual(main), simul::deadlock);
    EXPECT_EQ(counts.constructed, 2);
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(log.count("did not end when it was cancelled"), 1) << log.text();
}

TEST(loop, destroys_spawned_tasks_that_cannot_be_cancelled_when_it_ends) {
    log_capture log;
    tracked_counts counts;
    simul::join_handle<> kept;
    const auto main = [&]() -> task<int> {
        (void)simul::spawn(cannot_be_stopped(counts), "stubborn");
        kept = simul::spawn(cannot_be_stopped(counts), "kept");
        const auto gathers = [&]() -> task<> {
            const tracked local(counts);
            co_await simul::gather(cannot_be_stopped(counts), cannot_be_stopped(counts));
        };
        (void)simul::spawn(gathers(), "nest");
        co_await simul::sleep(1ms);
        co_return 3;
    };
    EXPECT_EQ(run_virtual(main), 3);
    EXPECT_EQ(counts.constructed, 5);
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(log.count("did not end when it was cancelled"), 3) << log.text();
    EXPECT_EQ(log.count("\"stubborn\""), 1);
    EXPECT_TRUE(kept.done());
    kept.cancel();
}

TEST(loop, destroys_a_nest_of_gathers_a_thousand_deep_that_cannot_be_cancelled) {
    log_capture log;
    tracked_counts counts;
    struct nest {
        static task<> of(int depth, tracked_counts& counts) {
            if (depth == 0) {
                co_await cannot_be_stopped(counts);
            } else {
                co_await simul::gather(of(depth - 1, counts), of(0, counts));
            }
        }
    };
    run_virtual([&]() -> task<> {
        (void)simul::spawn(nest::of(1'000, counts));
        for (int i = 0; i < 1'002; ++i) co_await simul::yield();
    });
    EXPECT_EQ(counts.constructed, 1'001);
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(log.count("did not end when it was cancelled"), 1);
}

TEST(deadlock, of_a_nest_of_gathers_ten_thousand_deep_has_a_tree_of_readable_size) {
    struct nest {
        static task<> of(int depth) {
            if (depth == 0) {
                co_await never();
            } else {
                co_await simul::gather(of(depth - 1));
            }
        }
    };
    try {
        run_virtual(nest::of(10'000));
        ADD_FAILURE() << "no deadlock";
    } catch (const simul::deadlock& e) {
        EXPECT_LT(e.tree().size(), 1'000'000U);
    }
}

} // namespace
