#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace {

using simul::task;
using simul_test::run_real;
using simul_test::run_virtual;
using namespace std::chrono_literals;

TEST(turns, yields_of_three_tasks_interleave) {
    run_virtual([]() -> task<> {
        std::string order;
        const auto yields = [&](char name) -> task<> {
            for (char turn = '0'; turn < '3'; ++turn) {
                order += {name, turn, ' '};
                co_await simul::yield();
            }
        };
        co_await simul::gather(yields('a'), yields('b'), yields('c'));
        EXPECT_EQ(order, "a0 b0 c0 a1 b1 c1 a2 b2 c2 ");
    });
}

TEST(turns, what_a_task_makes_ready_runs_in_the_next_turn) {
    run_virtual([]() -> task<> {
        std::string order;
        const auto child = [&]() -> task<> {
            order += "child ";
            co_return;
        };
        const auto parent = [&]() -> task<> {
            order += "parent ";
            (void)simul::spawn(child());
            co_return;
        };
        const auto bystander = [&]() -> task<> {
            order += "bystander ";
            co_return;
        };
        (void)simul::spawn(parent());
        (void)simul::spawn(bystander());
        co_await simul::yield();
        co_await simul::yield();
        EXPECT_EQ(order, "parent bystander child ");
    });
}

TEST(turns, a_ready_task_that_is_awaited_costs_none) {
    run_virtual([]() -> task<> {
        int turns = 0;
        bool stop = false;
        const auto counts = [&]() -> task<> {
            while (!stop) {
                ++turns;
                co_await simul::yield();
            }
        };
        const auto ready = []() -> task<int> { co_return 1; };
        (void)simul::spawn(counts());
        int sum = 0;
        for (int i = 0; i < 1000; ++i) sum += co_await ready();
        EXPECT_EQ(sum, 1000);
        EXPECT_EQ(turns, 0);
        stop = true;
    });
}

TEST(turns, tasks_that_never_rest_do_not_starve_timers) {
    run_real([]() -> task<> {
        bool stop = false;
        const auto spins = [&]() -> task<> {
            while (!stop) co_await simul::yield();
        };
        for (int i = 0; i < 10; ++i) (void)simul::spawn(spins());
        for (int i = 0; i < 10; ++i) co_await simul::sleep(1ms);
        stop = true;
    });
}

TEST(turns, tasks_that_never_rest_do_not_starve_posts) {
    simul::loop loop;
    bool posted = false;
    std::thread other;
    loop.run([](simul::loop& l, bool& flag, std::thread& t) -> task<> {
        t = std::thread([&] { l.post([&] { flag = true; }); });
        while (!flag) co_await simul::yield();
    }(loop, posted, other));
    other.join();
    EXPECT_TRUE(posted);
}

TEST(turns, respawning_tasks_do_not_starve_timers) {
    run_real([]() -> task<> {
        struct chain {
            static task<> link(const bool& stop, int& links) {
                ++links;
                if (!stop) (void)simul::spawn(link(stop, links));
                co_return;
            }
        };
        bool stop = false;
        int links = 0;
        (void)simul::spawn(chain::link(stop, links));
        co_await simul::sleep(5ms);
        stop = true;
        EXPECT_GT(links, 10);
        co_await simul::yield();
        co_await simul::yield();
    });
}

} // namespace
