#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task_group.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using simul::task;
using simul_test::log_capture;
using simul_test::run_with;
using namespace std::chrono_literals;

constexpr simul::run_options debugging{.virtual_time = true, .debug = true};

task<> blocks() {
    co_await simul::yield();
    std::this_thread::sleep_for(110ms);
}
task<int> forgotten() { co_return 1; }

TEST(debug_mode, reports_a_step_longer_than_a_tenth_of_a_second_with_its_task_and_place) {
    log_capture log;
    run_with(debugging, []() -> task<> { co_await simul::spawn(blocks(), "slow one"); });
    EXPECT_EQ(log.count("slow one"), 1) << log.text();
    EXPECT_TRUE(log.contains("[warning]")) << log.text();
    EXPECT_TRUE(log.contains(" ms")) << log.text();
    EXPECT_TRUE(log.contains("debug_mode_test.cpp:")) << log.text();
}

TEST(debug_mode, reports_a_task_that_was_never_awaited_with_its_origin) {
    log_capture log;
    run_with(debugging, []() -> task<> {
        {
            const task<int> dropped = forgotten();
        }
        co_return;
    });
    EXPECT_EQ(log.count("never awaited"), 1) << log.text();
    EXPECT_TRUE(log.contains("forgotten")) << log.text();
    EXPECT_TRUE(log.contains("debug_mode_test.cpp:")) << log.text();
}

TEST(debug_mode, reports_an_exception_that_leaves_run_with_its_stack) {
    log_capture log;
    const auto fails = []() -> task<> {
        co_await simul::yield();
        throw std::runtime_error("main failed");
    };
    EXPECT_THROW(run_with(debugging, fails), std::runtime_error);
    EXPECT_EQ(log.count("main failed"), 1) << log.text();
    EXPECT_TRUE(log.contains("debug_mode_test.cpp:")) << log.text();
}

TEST(debug_mode, reports_a_handle_that_is_used_on_another_thread) {
    log_capture log;
    run_with({.debug = true}, []() -> task<> {
        const auto h = simul::spawn(simul::sleep(1h));
        simul::loop& loop = simul::loop::current();
        std::thread other([&] {
            (void)h.done();
            h.cancel();
            (void)loop.spawn(forgotten());
        });
        other.join();
        co_await simul::yield();
    });
    EXPECT_EQ(log.count("a task was asked whether it is done on a thread that is not"), 1);
    EXPECT_EQ(log.count("a task was cancelled on a thread that is not"), 1);
    EXPECT_EQ(log.count("a task was spawned on a thread that is not"), 1) << log.text();
}

TEST(debug_mode, reports_a_task_that_is_awaited_on_another_thread_which_is_an_error_there) {
    log_capture log;
    bool refused = false;
    run_with({.debug = true}, [&]() -> task<> {
        const auto h = simul::spawn(simul::sleep(1h));
        const auto awaits = [&]() -> task<> { co_await h; };
        std::thread other([&] {
            try {
                simul::run(awaits());
            } catch (const std::logic_error&) {
                refused = true;
            }
        });
        other.join();
        h.cancel();
        co_await simul::yield();
    });
    EXPECT_TRUE(refused);
    EXPECT_EQ(log.count("a task was awaited on a thread that is not"), 1) << log.text();
}

TEST(debug_mode, reports_a_task_group_that_is_used_on_another_thread) {
    log_capture log;
    run_with({.debug = true}, []() -> task<> {
        co_await simul::with_task_group([](simul::task_group& group) -> task<> {
            std::thread other([&] {
                group.spawn(forgotten());
                group.cancel();
            });
            other.join();
            co_return;
        });
    });
    EXPECT_EQ(log.count("a task was added to a group on a thread that is not"), 1) << log.text();
    EXPECT_EQ(log.count("a task group was cancelled on a thread that is not"), 1) << log.text();
}

TEST(debug_mode, has_nothing_to_say_about_a_program_that_does_well) {
    run_with(debugging, []() -> task<> {
        const auto h = simul::spawn(forgotten());
        co_await simul::gather(forgotten(), simul::sleep(1h), h);
        const auto cancelled_one = simul::spawn(simul::sleep(1h));
        cancelled_one.cancel();
    });
}

TEST(debug_mode, is_quiet_when_it_is_off) {
    run_with({.virtual_time = true}, []() -> task<> {
        {
            const task<int> dropped = forgotten();
        }
        co_await blocks();
    });
}

} // namespace
