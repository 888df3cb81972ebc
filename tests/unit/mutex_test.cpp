#include <simul/coro/gather.hpp>
#include <simul/coro/mutex.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/timeout.hpp>
#include <simul/loop/loop.hpp>

#include "cancel_each.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using simul::task;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::was_cancelled;
using namespace std::chrono_literals;

TEST(mutex, keeps_tasks_out_of_a_section_that_awaits) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::mutex m;
            int inside = 0;
            const auto works = [&]() -> task<> {
                for (int i = 0; i < 3; ++i) {
                    const auto lock = co_await m.lock();
                    EXPECT_EQ(++inside, 1);
                    co_await simul::sleep(1ms);
                    --inside;
                }
            };
            co_await simul::gather(works(), works(), works());
            EXPECT_FALSE(m.is_locked());
        });
    });
}

TEST(mutex, that_is_free_is_locked_without_suspending) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        bool other_ran = false;
        const auto other = [&]() -> task<> {
            other_ran = true;
            co_return;
        };
        const auto h = simul::spawn(other());
        {
            const auto lock = co_await m.lock();
            EXPECT_TRUE(m.is_locked());
        }
        EXPECT_FALSE(m.is_locked());
        EXPECT_FALSE(other_ran);
        co_await h;
    });
}

TEST(mutex, serves_those_who_wait_in_the_order_of_their_arrival) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        std::string order;
        const auto works = [&](char name) -> task<> {
            const auto lock = co_await m.lock();
            order += name;
            co_await simul::sleep(1ms);
        };
        co_await simul::gather(works('a'), works('b'), works('c'), works('d'));
        EXPECT_EQ(order, "abcd");
    });
}

TEST(mutex, that_was_handed_over_cannot_be_snatched_before_its_new_owner_runs) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        std::string order;
        const auto waits = [&]() -> task<> {
            const auto lock = co_await m.lock();
            order += "waiter ";
        };
        auto first = co_await m.lock();
        const auto h = simul::spawn(waits());
        co_await simul::yield();
        first.unlock();
        EXPECT_FALSE(m.try_lock());
        {
            const auto again = co_await m.lock();
            order += "latecomer";
        }
        EXPECT_EQ(order, "waiter latecomer");
        co_await h;
    });
}

TEST(mutex, try_lock_gives_an_empty_lock_when_it_is_taken) {
    simul::mutex m;
    auto lock = m.try_lock();
    EXPECT_TRUE(lock);
    EXPECT_FALSE(m.try_lock());
    lock.unlock();
    EXPECT_FALSE(lock);
    EXPECT_TRUE(m.try_lock());
    EXPECT_FALSE(m.is_locked());
}

TEST(mutex, locks_can_be_moved_about) {
    simul::mutex a;
    simul::mutex b;
    simul::mutex_lock lock = a.try_lock();
    simul::mutex_lock other = std::move(lock);
    EXPECT_TRUE(other);
    EXPECT_FALSE(lock);
    other = b.try_lock();
    EXPECT_FALSE(a.is_locked());
    EXPECT_TRUE(b.is_locked());
    other.unlock();
    other.unlock();
    EXPECT_FALSE(b.is_locked());
}

TEST(mutex, wait_for_it_can_be_cancelled) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::mutex m;
            auto lock = co_await m.lock();
            const auto waits = [&]() -> task<> { (void)co_await m.lock(); };
            const auto first = simul::spawn(waits());
            const auto second = simul::spawn(waits());
            co_await simul::sleep(1ms);
            first.cancel();
            const bool cancelled = co_await was_cancelled(first);
            EXPECT_TRUE(cancelled);
            EXPECT_FALSE(second.done());
            lock.unlock();
            co_await second;
            EXPECT_FALSE(m.is_locked());
        });
    });
}

TEST(mutex, bpo_27585_a_lock_handed_to_a_task_that_is_cancelled_at_once_goes_on_to_the_next) {
    over_orders(100, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::mutex m;
            auto lock = co_await m.lock();
            bool had_it = false;
            const auto unlucky = [&]() -> task<> {
                const auto mine = co_await m.lock();
                had_it = true; // what has arrived is delivered
                co_await simul::yield();
                ADD_FAILURE() << "the next suspension throws";
            };
            const auto waits = [&]() -> task<> { (void)co_await m.lock(); };
            const auto first = simul::spawn(unlucky());
            co_await simul::sleep(1ms);
            const auto second = simul::spawn(waits());
            co_await simul::sleep(1ms);
            lock.unlock();
            first.cancel();
            const bool cancelled = co_await was_cancelled(first);
            EXPECT_TRUE(cancelled);
            EXPECT_TRUE(had_it);
            co_await second;
            EXPECT_FALSE(m.is_locked());
        });
    });
}

TEST(mutex, a_cancelled_task_does_not_begin_to_wait_but_takes_what_is_free) {
    run_virtual([]() -> task<> {
        simul::mutex free;
        simul::mutex taken;
        auto lock = co_await taken.lock();
        bool got = false;
        const auto works = [&]() -> task<> {
            const auto mine = co_await free.lock();
            got = true;
            (void)co_await taken.lock();
        };
        const auto h = simul::spawn(works());
        h.cancel();
        const bool cancelled = co_await was_cancelled(h);
        EXPECT_TRUE(cancelled);
        EXPECT_TRUE(got);
        EXPECT_FALSE(free.is_locked());
    });
}

TEST(mutex, a_timeout_around_the_wait_leaves_no_trace) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        auto lock = co_await m.lock();
        const auto none = co_await simul::move_on_after(1ms, m.lock());
        EXPECT_FALSE(none);
        lock.unlock();
        auto again = co_await simul::timeout(1ms, m.lock());
        EXPECT_TRUE(again);
        EXPECT_TRUE(m.is_locked());
    });
}

TEST(mutex, one_awaiter_can_be_awaited_again) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        auto again = m.lock();
        for (int i = 0; i < 3; ++i) {
            const auto lock = co_await again;
            EXPECT_TRUE(m.is_locked());
        }
        EXPECT_FALSE(m.is_locked());
    });
}

TEST(mutex, that_another_loop_waits_for_says_so) {
    simul::mutex m;
    std::promise<void> waits;
    std::promise<void> tried;
    auto held = m.try_lock();
    std::thread other([&] {
        const auto waiter = [&]() -> task<> { (void)co_await m.lock(); };
        run_virtual([&]() -> task<> {
            const auto h = simul::spawn(waiter());
            co_await simul::yield();
            waits.set_value();
            tried.get_future().wait();
            h.cancel();
        });
    });
    waits.get_future().wait();
    run_virtual([&]() -> task<> {
        const bool thrown = co_await simul_test::throws<std::logic_error>(m.lock());
        EXPECT_TRUE(thrown);
    });
    tried.set_value();
    other.join();
}

// Out of line, or GCC warns of what this test is about.
[[gnu::noinline]] void destroy_locked() {
    auto m = std::make_unique<simul::mutex>();
    static std::optional<simul::mutex_lock> lock;
    lock = m->try_lock();
    m.reset();
}

TEST(mutex_death_test, destroying_one_that_is_locked_says_so) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(destroy_locked(), "");
}

struct shared_section {
    simul::mutex m;
    int inside = 0;
    std::vector<std::size_t> asked;
    std::vector<std::size_t> served;
    std::vector<int> rounds = std::vector<int>(4);

    std::size_t size() const { return rounds.size(); }
    task<> worker(std::size_t me) {
        for (int i = 0; i < 3; ++i) {
            asked.push_back(me);
            simul::mutex_lock lock;
            try {
                lock = co_await m.lock();
            } catch (const simul::cancelled&) {
                asked.erase(std::find(asked.rbegin(), asked.rend(), me).base() - 1);
                throw;
            }
            served.push_back(me);
            EXPECT_EQ(inside, 0);
            const in_section here(inside);
            ++rounds[me];
            co_await simul::yield();
        }
    }
    task<> check(std::size_t victim) {
        EXPECT_FALSE(m.is_locked());
        EXPECT_EQ(served, asked);
        for (std::size_t i = 0; i < size(); ++i) EXPECT_TRUE(i == victim || rounds[i] == 3);
        co_return;
    }

    class in_section {
    public:
        explicit in_section(int& inside) : inside_(inside) { ++inside_; }
        in_section(const in_section&) = delete;
        in_section& operator=(const in_section&) = delete;
        ~in_section() { --inside_; }

    private:
        int& inside_;
    };
};

TEST(mutex, loses_nothing_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<shared_section>(16);
}

} // namespace
