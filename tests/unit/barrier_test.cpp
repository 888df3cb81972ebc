#include <simul/coro/barrier.hpp>
#include <simul/coro/dump_tasks.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "cancel_each.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using simul::task;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::was_cancelled;
using namespace std::chrono_literals;

TEST(barrier, lets_nobody_pass_before_all_have_come_round_after_round) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::barrier b(3);
            std::vector<int> arrived(4);
            const auto works = [&](int me) -> task<> {
                for (std::size_t round = 0; round < arrived.size(); ++round) {
                    co_await simul::sleep(std::chrono::milliseconds(me));
                    ++arrived[round];
                    (void)co_await b.arrive_and_wait();
                    EXPECT_EQ(arrived[round], 3);
                }
            };
            co_await simul::gather(works(1), works(2), works(3));
            EXPECT_EQ(b.waiting(), 0U);
        });
    });
}

TEST(barrier, numbers_the_parties_in_the_order_of_their_arrival) {
    run_virtual([]() -> task<> {
        simul::barrier b(3);
        const auto [first, second, third] =
            co_await simul::gather(b.arrive_and_wait(), b.arrive_and_wait(), b.arrive_and_wait());
        EXPECT_EQ(first, 0U);
        EXPECT_EQ(second, 1U);
        EXPECT_EQ(third, 2U);
    });
}

TEST(barrier, takes_back_the_arrival_of_one_that_is_cancelled) {
    run_virtual([]() -> task<> {
        simul::barrier b(2);
        const auto waits = [&]() -> task<std::size_t> { co_return co_await b.arrive_and_wait(); };
        const auto first = simul::spawn(waits());
        co_await simul::yield();
        EXPECT_EQ(b.waiting(), 1U);
        first.cancel();
        co_await was_cancelled(first);
        EXPECT_EQ(b.waiting(), 0U);
        const auto second = simul::spawn(waits());
        const auto third = simul::spawn(waits());
        const std::size_t place = co_await second;
        EXPECT_EQ(place, 0U);
        co_await third;
    });
}

TEST(barrier, of_one_never_waits) {
    run_virtual([]() -> task<> {
        simul::barrier b(1);
        for (int i = 0; i < 3; ++i) {
            const std::size_t place = co_await b.arrive_and_wait();
            EXPECT_EQ(place, 0U);
        }
    });
}

TEST(barrier, of_none_is_refused) { EXPECT_THROW(simul::barrier(0), std::invalid_argument); }

TEST(barrier, tells_who_is_missing_in_a_dump) {
    run_virtual([]() -> task<> {
        simul::barrier b(3);
        const auto waits = [&]() -> task<> { (void)co_await b.arrive_and_wait(); };
        (void)simul::spawn(waits(), "early");
        co_await simul::yield();
        const std::string dump = simul::format_tasks();
        EXPECT_NE(dump.find("a barrier, 1 of 3 have come"), std::string::npos) << dump;
    });
}

// One that is cancelled is replaced by one that comes as often as it did not.
struct rounds_of_three {
    simul::barrier b{3};
    std::vector<int> passed = std::vector<int>(3);

    std::size_t size() const { return passed.size(); }
    task<> worker(std::size_t me) {
        try {
            for (; passed[me] < 3; ++passed[me]) (void)co_await b.arrive_and_wait();
        } catch (const simul::cancelled&) {
            (void)simul::spawn(replace(me));
            throw;
        }
    }
    task<> replace(std::size_t whom) {
        for (; passed[whom] < 3; ++passed[whom]) (void)co_await b.arrive_and_wait();
    }
    task<> check(std::size_t) {
        while (std::count(passed.begin(), passed.end(), 3) < 3) co_await simul::yield();
        EXPECT_EQ(b.waiting(), 0U);
    }
};

TEST(barrier, counts_right_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<rounds_of_three>(8);
}

} // namespace
