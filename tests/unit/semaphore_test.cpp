#include <simul/coro/gather.hpp>
#include <simul/coro/semaphore.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/timeout.hpp>

#include "cancel_each.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using simul::task;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::was_cancelled;
using namespace std::chrono_literals;

TEST(semaphore, lets_so_many_in_at_once) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::semaphore s(3);
            int inside = 0;
            int most = 0;
            const auto works = [&]() -> task<> {
                const auto permit = co_await s.acquire();
                most = std::max(most, ++inside);
                co_await simul::sleep(1ms);
                --inside;
            };
            const auto began = simul::clock::now();
            std::vector<task<>> all;
            for (int i = 0; i < 9; ++i) all.push_back(works());
            co_await simul::gather(std::move(all));
            EXPECT_EQ(most, 3);
            EXPECT_EQ(simul::clock::now() - began, 3ms);
            EXPECT_EQ(s.available(), 3U);
        });
    });
}

TEST(semaphore, serves_those_who_wait_in_the_order_of_their_arrival_and_nobody_overtakes) {
    run_virtual([]() -> task<> {
        simul::semaphore s(0);
        std::string order;
        const auto waits = [&](char name) -> task<> {
            auto permit = co_await s.acquire();
            permit.consume();
            order += name;
        };
        const auto a = simul::spawn(waits('a'));
        const auto b = simul::spawn(waits('b'));
        co_await simul::yield();
        s.release();
        EXPECT_FALSE(s.try_acquire());
        const auto c = simul::spawn(waits('c'));
        co_await simul::sleep(1ms);
        EXPECT_EQ(order, "a");
        s.release(2);
        co_await b;
        co_await c;
        EXPECT_EQ(order, "abc");
        EXPECT_EQ(s.available(), 0U);
    });
}

TEST(semaphore, permits_go_back_once) {
    simul::semaphore s(2);
    auto a = s.try_acquire();
    auto b = s.try_acquire();
    EXPECT_TRUE(a);
    EXPECT_TRUE(b);
    EXPECT_FALSE(s.try_acquire());
    auto moved = std::move(a);
    EXPECT_FALSE(a);
    a.release();
    EXPECT_EQ(s.available(), 0U);
    moved.release();
    moved.release();
    EXPECT_EQ(s.available(), 1U);
    b.consume();
    EXPECT_FALSE(b);
    EXPECT_EQ(s.available(), 1U);
    s.release(4);
    EXPECT_EQ(s.available(), 5U);
}

TEST(semaphore, gh_90155_permits_released_at_once_reach_all_who_wait_though_one_is_cancelled) {
    over_orders(100, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::semaphore s(0);
            const auto waits = [&]() -> task<> {
                const auto permit = co_await s.acquire();
                co_await simul::yield();
            };
            std::vector<simul::join_handle<>> all;
            for (int i = 0; i < 3; ++i) all.push_back(simul::spawn(waits()));
            co_await simul::sleep(1ms);
            s.release(2);
            all[0].cancel();
            all[1].cancel();
            co_await all[2];
            for (auto& each : all) co_await was_cancelled(each);
            EXPECT_EQ(s.available(), 2U);
            const auto permit = co_await simul::timeout(1ms, s.acquire());
            EXPECT_TRUE(permit);
        });
    });
}

TEST(semaphore, gh_90155_a_cancelled_wait_does_not_keep_others_from_what_is_there) {
    run_virtual([]() -> task<> {
        simul::semaphore s(1);
        auto first = co_await s.acquire();
        const auto waits = [&]() -> task<> { (void)co_await s.acquire(); };
        const auto second = simul::spawn(waits());
        const auto third = simul::spawn(waits());
        co_await simul::yield();
        second.cancel();
        first.release();
        co_await third;
        EXPECT_EQ(s.available(), 1U);
        co_await was_cancelled(second);
        EXPECT_TRUE(s.try_acquire());
    });
}

TEST(semaphore, a_waiting_task_is_cancelled_and_leaves_the_line) {
    run_virtual([]() -> task<> {
        simul::semaphore s(0);
        const auto none = co_await simul::move_on_after(1ms, s.acquire());
        EXPECT_FALSE(none);
        s.release();
        EXPECT_EQ(s.available(), 1U);
    });
}

// Out of line, or GCC warns of what this test is about.
[[gnu::noinline]] void destroy_taken() {
    auto s = std::make_unique<simul::semaphore>(1U);
    static std::optional<simul::semaphore_permit> permit;
    permit = s->try_acquire();
    s.reset();
}

TEST(semaphore_death_test, destroying_one_whose_permits_are_held_says_so) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(destroy_taken(), "");
}

struct bounded_section {
    simul::semaphore s{2};
    int inside = 0;
    std::vector<int> rounds = std::vector<int>(5);

    std::size_t size() const { return rounds.size(); }
    task<> worker(std::size_t me) {
        for (int i = 0; i < 3; ++i) {
            auto permit = co_await s.acquire();
            EXPECT_LE(++inside, 2);
            ++rounds[me];
            try {
                co_await simul::yield();
            } catch (const simul::cancelled&) {
                --inside;
                throw;
            }
            --inside;
        }
    }
    task<> check(std::size_t victim) {
        EXPECT_EQ(s.available(), 2U);
        for (std::size_t i = 0; i < size(); ++i) EXPECT_TRUE(i == victim || rounds[i] == 3);
        co_return;
    }
};

TEST(semaphore, loses_no_permit_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<bounded_section>(12);
}

} // namespace
