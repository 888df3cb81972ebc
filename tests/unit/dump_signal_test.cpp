#include <simul/coro/event.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>
#include <simul/coro/to_thread.hpp>
#include <simul/loop/error.hpp>
#include <simul/loop/loop.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <latch>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using simul::task;
using simul_test::log_capture;
using simul_test::run_with;
using namespace std::chrono_literals;

constexpr simul::run_options dumping{.dump_signal = SIGUSR1};

// Sends the signal while every task waits.
task<> signals_from_outside() {
    co_await simul::to_thread([] { ::kill(::getpid(), SIGUSR1); });
    co_await simul::sleep(1ms);
}

TEST(dump_signal, shows_the_tasks_in_the_log_and_lets_them_go_on) {
    log_capture log;
    run_with(dumping, [&]() -> task<> {
        const auto h = simul::spawn(simul::sleep(1h), "sleeper");
        co_await simul::yield(); // it sleeps before any signal can come
        while (!log.contains("\"sleeper\"")) co_await signals_from_outside();
        EXPECT_FALSE(h.done());
        h.cancel();
    });
    EXPECT_TRUE(
        log.contains("[info] simul: User defined signal 1: the tasks of the loop on thread " +
                     std::to_string(::gettid())))
        << log.text();
    EXPECT_TRUE(log.contains(": sleep 3.6e+03 s left")) << log.text();
}

TEST(dump_signal, wakes_a_loop_that_waits_for_ever) {
    log_capture log;
    simul::loop loop(dumping);
    std::thread outside;
    simul::event end;
    const auto main = [&]() -> task<> {
        outside = std::thread([&] {
            ::kill(::getpid(), SIGUSR1);
            while (!log.contains("an event")) std::this_thread::yield();
            loop.post([&] { end.set(); });
        });
        co_await end.wait();
    };
    loop.run(main());
    outside.join();
    EXPECT_EQ(log.count(": an event"), 1) << log.text();
}

TEST(dump_signal, reaches_a_main_task_that_never_rests) {
    log_capture log;
    run_with(dumping, [&]() -> task<> {
        std::raise(SIGUSR1);
        while (!log.contains("the tasks of the loop")) co_await simul::yield();
    });
}

TEST(dump_signal, keeps_no_loop_alive_and_prevents_no_deadlock) {
    const auto main = []() -> task<> {
        simul::event never;
        co_await never.wait();
    };
    EXPECT_THROW(run_with(dumping, main), simul::deadlock);
    run_with(dumping, []() -> task<> { co_return; });
}

TEST(dump_signal, leaves_virtual_time_alone) {
    log_capture log;
    run_with({.virtual_time = true, .dump_signal = SIGUSR1}, []() -> task<> {
        std::raise(SIGUSR1);
        const auto began = simul::clock::now();
        co_await simul::sleep(24h);
        EXPECT_EQ(simul::clock::now() - began, 24h);
    });
    EXPECT_EQ(log.count(": sleep 8.64e+04 s left"), 1) << log.text();
}

TEST(dump_signal, is_answered_by_every_loop_that_waits_for_it) {
    log_capture log;
    constexpr int threads = 3;
    std::latch all_wait(threads);
    std::mutex log_access;
    const auto shows = [&](const std::string& part) {
        const std::lock_guard lock(log_access);
        return log.contains(part);
    };
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) {
        running.emplace_back([&, i] {
            run_with(dumping, [&]() -> task<> {
                const auto h = simul::spawn(simul::sleep(1h), "of loop " + std::to_string(i));
                all_wait.count_down();
                co_await simul::to_thread([&] { all_wait.wait(); });
                if (i == 0) ::kill(::getpid(), SIGUSR1);
                const std::string mine = "\"of loop " + std::to_string(i) + "\"";
                while (!shows(mine)) co_await simul::sleep(1ms);
                h.cancel();
            });
        });
    }
    for (std::thread& each : running) each.join();
    EXPECT_EQ(log.count("User defined signal 1"), threads) << log.text();
}

TEST(dump_signal, shows_the_tasks_of_a_loop_between_its_runs_at_the_next_one) {
    log_capture log;
    simul::loop loop(dumping);
    std::raise(SIGUSR1);
    loop.run(simul::sleep(1ms));
    EXPECT_EQ(log.count("the tasks of the loop"), 1) << log.text();
}

TEST(dump_signal, that_cannot_be_caught_is_refused_by_name) {
    try {
        run_with({.dump_signal = SIGKILL}, []() -> task<> { co_return; });
        ADD_FAILURE() << "SIGKILL was accepted";
    } catch (const std::system_error& e) {
        EXPECT_NE(std::string(e.what()).find("signal 9"), std::string::npos) << e.what();
    }
}

} // namespace
