#include <simul/coro/gather.hpp>
#include <simul/coro/latch.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "cancel_each.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace {

using simul::task;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::throws;
using simul_test::was_cancelled;
using namespace std::chrono_literals;

TEST(latch, opens_for_all_when_the_count_is_zero) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::latch l(3);
            int passed = 0;
            const auto waits = [&]() -> task<> {
                co_await l.wait();
                ++passed;
            };
            const auto counts = [&]() -> task<> {
                for (int i = 0; i < 3; ++i) {
                    co_await simul::sleep(1ms);
                    EXPECT_EQ(passed, 0);
                    EXPECT_FALSE(l.try_wait());
                    l.count_down();
                }
            };
            co_await simul::gather(waits(), waits(), counts());
            EXPECT_EQ(passed, 2);
            EXPECT_TRUE(l.try_wait());
            co_await l.wait();
        });
    });
}

TEST(latch, arrive_and_wait_meets_the_others) {
    run_virtual([]() -> task<> {
        simul::latch l(3);
        co_await simul::gather(l.arrive_and_wait(), l.arrive_and_wait(2));
        EXPECT_EQ(l.left(), 0U);
    });
}

TEST(latch, refuses_to_count_below_zero) {
    run_virtual([]() -> task<> {
        simul::latch l(2);
        EXPECT_THROW(l.count_down(3), std::logic_error);
        EXPECT_EQ(l.left(), 2U);
        const bool thrown = co_await throws<std::logic_error>(l.arrive_and_wait(3));
        EXPECT_TRUE(thrown);
        l.count_down(2);
        EXPECT_THROW(l.count_down(), std::logic_error);
    });
}

TEST(latch, a_cancel_ends_the_wait_and_leaves_the_count) {
    run_virtual([]() -> task<> {
        simul::latch l(2);
        const auto waits = [&]() -> task<> { co_await l.arrive_and_wait(); };
        const auto h = simul::spawn(waits());
        co_await simul::yield();
        h.cancel();
        const bool cancelled = co_await was_cancelled(h);
        EXPECT_TRUE(cancelled);
        EXPECT_EQ(l.left(), 1U);
    });
}

struct all_arrive {
    simul::latch l{4};
    std::vector<bool> passed = std::vector<bool>(4);

    std::size_t size() const { return passed.size(); }
    task<> worker(std::size_t me) {
        bool arrived = false;
        try {
            for (std::size_t i = 0; i < me; ++i) co_await simul::yield();
            arrived = true;
            co_await l.arrive_and_wait();
            passed[me] = true;
        } catch (const simul::cancelled&) {
            if (!arrived) l.count_down();
            throw;
        }
    }
    task<> check(std::size_t victim) {
        for (std::size_t i = 0; i < size(); ++i) EXPECT_TRUE(passed[i] || i == victim);
        EXPECT_EQ(l.left(), 0U);
        co_return;
    }
};

TEST(latch, opens_whoever_is_cancelled_whenever) { simul_test::cancel_each<all_arrive>(8); }

} // namespace
