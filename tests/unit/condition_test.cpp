#include <simul/coro/condition.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/mutex.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/timeout.hpp>

#include "cancel_each.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
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

TEST(condition, gives_up_the_lock_meanwhile_and_holds_it_again_afterwards) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::mutex m;
            simul::condition c;
            bool ready = false;
            const auto waits = [&]() -> task<> {
                auto lock = co_await m.lock();
                co_await c.wait(lock, [&] { return ready; });
                EXPECT_TRUE(lock);
                EXPECT_TRUE(m.is_locked());
                EXPECT_TRUE(ready);
            };
            const auto changes = [&]() -> task<> {
                co_await simul::sleep(1ms);
                EXPECT_FALSE(m.is_locked());
                const auto lock = co_await m.lock();
                ready = true;
                c.notify_one();
                co_await simul::sleep(1ms);
            };
            co_await simul::gather(waits(), changes());
            EXPECT_FALSE(m.is_locked());
        });
    });
}

TEST(condition, does_not_wait_for_what_is_true) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        simul::condition c;
        auto lock = co_await m.lock();
        co_await c.wait(lock, [] { return true; });
        EXPECT_TRUE(lock);
    });
}

TEST(condition, notifies_one_some_or_all_in_the_order_of_their_arrival) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        simul::condition c;
        std::string order;
        std::vector<simul::join_handle<>> all;
        const auto waits = [&](char name) -> task<> {
            auto lock = co_await m.lock();
            co_await c.wait(lock);
            order += name;
        };
        c.notify_all(); // nobody hears of it
        for (const char name : {'a', 'b', 'c', 'd', 'e', 'f'})
            all.push_back(simul::spawn(waits(name)));
        co_await simul::sleep(1ms);
        c.notify_one();
        co_await simul::sleep(1ms);
        EXPECT_EQ(order, "a");
        c.notify(2);
        co_await simul::sleep(1ms);
        EXPECT_EQ(order, "abc");
        c.notify_all();
        for (auto& each : all) co_await each;
        EXPECT_EQ(order, "abcdef");
    });
}

TEST(condition, a_cancelled_wait_throws_only_when_it_holds_the_lock_again) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::mutex m;
            simul::condition c;
            bool ended = false;
            const auto waits = [&]() -> task<> {
                auto lock = co_await m.lock();
                try {
                    co_await c.wait(lock);
                } catch (const simul::cancelled&) {
                    EXPECT_TRUE(lock);
                    EXPECT_TRUE(m.is_locked());
                    ended = true;
                    throw;
                }
            };
            const auto h = simul::spawn(waits());
            co_await simul::sleep(1ms);
            auto lock = co_await m.lock();
            h.cancel();
            co_await simul::sleep(1ms);
            EXPECT_FALSE(ended);
            lock.unlock();
            const bool cancelled = co_await was_cancelled(h);
            EXPECT_TRUE(cancelled);
            EXPECT_TRUE(ended);
            EXPECT_FALSE(m.is_locked());
        });
    });
}

TEST(condition, in_a_cancelled_task_throws_and_keeps_the_lock) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        simul::condition c;
        const auto waits = [&]() -> task<> {
            auto lock = co_await m.lock();
            try {
                co_await c.wait(lock);
            } catch (const simul::cancelled&) {
                EXPECT_TRUE(lock);
                throw;
            }
        };
        const auto h = simul::spawn(waits());
        h.cancel();
        const bool cancelled = co_await was_cancelled(h);
        EXPECT_TRUE(cancelled);
        EXPECT_FALSE(m.is_locked());
    });
}

TEST(condition, gh_112202_a_notification_is_not_lost_on_a_task_that_is_cancelled_at_once) {
    over_orders(100, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::mutex m;
            simul::condition c;
            std::deque<int> items;
            int taken = 0;
            const auto takes = [&]() -> task<> {
                auto lock = co_await m.lock();
                co_await c.wait(lock, [&] { return !items.empty(); });
                items.pop_front();
                ++taken;
            };
            const auto first = simul::spawn(takes());
            const auto second = simul::spawn(takes());
            co_await simul::sleep(1ms);
            {
                const auto lock = co_await m.lock();
                items.push_back(1);
                c.notify_one();
                first.cancel();
                second.cancel();
            }
            co_await was_cancelled(first);
            co_await was_cancelled(second);
            EXPECT_EQ(taken, 1);
            EXPECT_TRUE(items.empty());
            EXPECT_FALSE(m.is_locked());
        });
    });
}

TEST(condition, a_predicate_that_throws_leaves_the_lock_held) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        simul::condition c;
        auto lock = co_await m.lock();
        bool thrown = false;
        const auto fails = []() -> bool { throw std::runtime_error("no"); };
        try {
            co_await c.wait(lock, fails);
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        EXPECT_TRUE(thrown);
        EXPECT_TRUE(lock);
    });
}

TEST(condition, refuses_a_lock_that_holds_nothing) {
    run_virtual([]() -> task<> {
        simul::condition c;
        simul::mutex_lock none;
        bool thrown = false;
        try {
            co_await c.wait(none);
        } catch (const std::logic_error&) {
            thrown = true;
        }
        EXPECT_TRUE(thrown);
    });
}

TEST(condition, whose_owner_ends_first_harms_nobody) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::mutex m;
            simul::condition c;
            const auto waits = [&]() -> task<> {
                auto lock = co_await m.lock();
                try {
                    co_await c.wait(lock);
                } catch (const simul::cancelled&) {
                    EXPECT_FALSE(lock); // there is none any more
                    throw;
                }
            };
            (void)simul::spawn(waits);
            co_await simul::sleep(1ms);
        });
    });
}

// A queue by hand: a producer, and three consumers that want two items each.
struct hand_made_queue {
    simul::mutex m;
    simul::condition c;
    std::deque<int> items;
    std::vector<int> taken = std::vector<int>(3);

    std::size_t size() const { return taken.size() + 1; }
    task<> worker(std::size_t me) {
        if (me == taken.size()) {
            co_await produces();
        } else {
            co_await consumes(me);
        }
    }
    task<> consumes(std::size_t me) {
        for (int i = 0; i < 2; ++i) {
            auto lock = co_await m.lock();
            try {
                co_await c.wait(lock, [&] { return !items.empty(); });
            } catch (const simul::cancelled&) {
                EXPECT_TRUE(lock && m.is_locked());
                throw;
            }
            EXPECT_TRUE(lock && m.is_locked());
            items.pop_front();
            ++taken[me];
        }
    }
    // Cancelled, it makes the rest at once.
    task<> produces() {
        int made = 0;
        try {
            for (; made < 6; ++made) {
                const auto lock = co_await m.lock();
                items.push_back(made);
                c.notify_one();
                co_await simul::yield();
            }
        } catch (const simul::cancelled&) {
            for (made = static_cast<int>(items.size()) + taken[0] + taken[1] + taken[2]; made < 6;
                 ++made) {
                items.push_back(made);
                c.notify_one();
            }
            throw;
        }
    }
    task<> check(std::size_t victim) {
        EXPECT_FALSE(m.is_locked());
        for (std::size_t i = 0; i < taken.size(); ++i) EXPECT_TRUE(i == victim || taken[i] == 2);
        EXPECT_EQ(taken[0] + taken[1] + taken[2] + static_cast<int>(items.size()), 6);
        co_return;
    }
};

TEST(condition, loses_no_notification_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<hand_made_queue>(16);
}

} // namespace
