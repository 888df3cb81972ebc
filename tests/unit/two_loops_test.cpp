#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/submit.hpp>

#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using simul::task;
using simul_test::run_real;
using simul_test::run_virtual;
using namespace std::chrono_literals;

task<int> adds_up(int tasks) {
    const auto one = [](int i) -> task<int> {
        co_await simul::sleep(std::chrono::microseconds(i % 100));
        co_await simul::yield();
        co_return 1;
    };
    std::vector<task<int>> many;
    for (int i = 0; i < tasks; ++i) many.push_back(one(i));
    int sum = 0;
    const std::vector<int> ones = co_await simul::gather(std::move(many));
    for (const int each : ones) sum += each;
    co_return sum;
}

TEST(two_loops, run_on_two_threads_without_knowing_of_each_other) {
    std::vector<std::thread> threads;
    std::atomic<int> total{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 5; ++i) {
                total += t % 2 != 0 ? run_real(adds_up(200)) : run_virtual(adds_up(200));
            }
        });
    }
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(total, 4 * 5 * 200);
}

TEST(two_loops, each_thread_has_its_own_current_loop) {
    run_virtual([]() -> task<> {
        simul::loop* const mine = &simul::loop::current();
        std::thread([&] {
            EXPECT_THROW((void)simul::loop::current(), std::logic_error);
            run_virtual([&]() -> task<> {
                EXPECT_NE(&simul::loop::current(), mine);
                co_return;
            });
        }).join();
        EXPECT_EQ(&simul::loop::current(), mine);
        co_return;
    });
}

TEST(two_loops, hand_work_to_each_other) {
    simul::loop here;
    simul::loop there;
    std::atomic<bool> stop{false};
    std::thread other([&] {
        there.run([](std::atomic<bool>& flag) -> task<> {
            while (!flag) co_await simul::sleep(1ms);
        }(stop));
    });
    int sum = 0;
    here.run([](simul::loop& from, simul::loop& to, int& total) -> task<> {
        for (int i = 0; i < 50; ++i) {
            bool back = false;
            to.post([&] { from.post([&] { back = true; }); });
            while (!back) co_await simul::sleep(100us);
            ++total;
        }
        EXPECT_EQ(to.submit(adds_up(10)).get(), 10);
    }(here, there, sum));
    EXPECT_EQ(sum, 50);
    stop = true;
    other.join();
}

TEST(two_loops, a_loop_may_be_made_on_one_thread_run_on_another_and_closed_on_a_third) {
    auto loop = std::make_unique<simul::loop>();
    int sum = 0;
    std::thread([&] { sum = loop->run(adds_up(10)); }).join();
    std::thread([&] { loop.reset(); }).join();
    EXPECT_EQ(sum, 10);
}

TEST(two_loops, a_loop_that_runs_cannot_be_run_on_another_thread_too) {
    simul::loop loop;
    const auto tries_elsewhere = [&]() -> simul::task<bool> {
        bool refused = false;
        std::thread other([&] {
            try {
                loop.run(simul::sleep(1ms));
            } catch (const std::logic_error&) {
                refused = true;
            }
        });
        other.join();
        co_return refused;
    };
    EXPECT_TRUE(loop.run(tries_elsewhere()));
}

TEST(two_loops, frames_may_be_made_on_one_thread_and_freed_on_another) {
    for (int round = 0; round < 5; ++round) {
        std::vector<task<int>> made;
        for (int i = 0; i < 1000; ++i) made.push_back(adds_up(1));
        int sum = 0;
        std::thread([&] {
            run_virtual([&]() -> task<> {
                const std::vector<int> all = co_await simul::gather(std::move(made));
                for (const int each : all) sum += each;
            });
        }).join();
        EXPECT_EQ(sum, 1000);
    }
}

} // namespace
