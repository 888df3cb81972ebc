#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/submit.hpp>

#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace {

using simul::task;
using simul_test::run_virtual;
using namespace std::chrono_literals;

TEST(virtual_time, passes_a_day_of_a_thousand_sleepers_at_once_and_exactly) {
    const auto real_began = std::chrono::steady_clock::now();
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        std::vector<task<>> sleepers;
        const auto sleeps = []() -> task<> { co_await simul::sleep(24h); };
        for (int i = 0; i < 1000; ++i) sleepers.push_back(sleeps());
        co_await simul::gather(std::move(sleepers));
        EXPECT_EQ(simul::clock::now() - began, 24h);
    });
    EXPECT_LT(std::chrono::steady_clock::now() - real_began, 10s) << "it waited for the clock";
}

TEST(virtual_time, stands_still_while_anything_can_run) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        bool woke = false;
        const auto sleeps = [&]() -> task<> {
            co_await simul::sleep(1ns);
            woke = true;
        };
        (void)simul::spawn(sleeps());
        for (int i = 0; i < 1000; ++i) co_await simul::yield();
        EXPECT_FALSE(woke);
        EXPECT_EQ(simul::clock::now(), began);
        co_await simul::sleep(1ns);
        EXPECT_TRUE(woke);
    });
}

TEST(virtual_time, jumps_to_each_deadline_exactly) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        const auto sleeps = [&](simul::clock::duration d) -> task<> {
            co_await simul::sleep(d);
            EXPECT_EQ(simul::clock::now() - began, d);
        };
        std::vector<task<>> sleepers;
        for (std::int64_t d = 1; d < std::int64_t{1} << 58; d += d / 2 + 1) {
            sleepers.push_back(sleeps(std::chrono::nanoseconds(d)));
        }
        // More in one tick of the timers than they look through for the exact deadline.
        for (int i = 0; i < 200; ++i) sleepers.push_back(sleeps(1h + std::chrono::nanoseconds(i)));
        co_await simul::gather(std::move(sleepers));
    });
}

TEST(virtual_time, lets_a_chess_master_play_twenty_four_boards_in_an_hour) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        struct exhibition {
            static task<> board(bool& master_is_free) {
                for (int move = 0; move < 30; ++move) {
                    while (!master_is_free) co_await simul::sleep(1s);
                    master_is_free = false;
                    co_await simul::sleep(5s);
                    master_is_free = true;
                    co_await simul::sleep(55s);
                }
            }
        };
        bool master_is_free = true;
        for (int i = 0; i < 24; ++i) co_await exhibition::board(master_is_free);
        EXPECT_EQ(simul::clock::now() - began, 12h);
    });
}

TEST(virtual_time, is_the_loops_own_and_goes_on_in_its_next_run) {
    simul::loop loop({.virtual_time = true});
    const auto before = loop.now();
    loop.run([]() -> task<> { co_await simul::sleep(2h); }());
    EXPECT_EQ(loop.now() - before, 2h);
    EXPECT_LT(simul::clock::now() - before, 1h) << "outside of it the clock is the real one";
}

TEST(virtual_time, waits_for_another_thread_when_there_is_no_deadline) {
    simul::loop loop({.virtual_time = true});
    const auto wakes = []() -> task<int> { co_return 5; };
    std::future<int> result;
    std::thread other;
    const auto main = [&]() -> task<> {
        bool posted = false;
        other = std::thread([&] {
            std::this_thread::sleep_for(5ms);
            result = loop.submit(wakes());
            loop.post([&] { posted = true; });
        });
        while (!posted) co_await simul::sleep(1h);
    };
    loop.run(main());
    other.join();
    EXPECT_EQ(result.get(), 5);
}

} // namespace
