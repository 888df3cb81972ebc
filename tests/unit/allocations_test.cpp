// What happens all the time allocates nothing but the frames of the coroutines that the caller
// writes, which come from memory that is recycled: awaiters, lists of waiters, timers and children
// live in these frames.

#include <simul/coro/barrier.hpp>
#include <simul/coro/condition.hpp>
#include <simul/coro/event.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/latch.hpp>
#include <simul/coro/lifo_queue.hpp>
#include <simul/coro/mutex.hpp>
#include <simul/coro/priority_queue.hpp>
#include <simul/coro/queue.hpp>
#include <simul/coro/race.hpp>
#include <simul/coro/semaphore.hpp>
#include <simul/coro/shield.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task_group.hpp>
#include <simul/coro/timeout.hpp>
#include <simul/loop/accounting.hpp>

#include "allocations.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace {

using simul::task;
using namespace std::chrono_literals;

constexpr int rounds = 1000;

class an_operation : public testing::Test {
protected:
    void SetUp() override {
        if (!simul_test::counts_allocations) GTEST_SKIP() << "nothing is counted in this build";
    }

    // Two tasks do the same side by side, so that each has to wait for the other.
    template <class Round>
    static void expect_no_allocation(Round round) {
        long allocated = -1;
        simul_test::run_virtual([&]() -> task<> {
            const auto works = [&]() -> task<> {
                co_await round(); // the frame's memory is recycled from here on
                const long before = simul_test::allocations;
                for (int i = 0; i < rounds; ++i) co_await round();
                allocated = simul_test::allocations - before;
            };
            co_await simul::gather(works(), works());
        });
        EXPECT_EQ(allocated, 0);
    }
};

TEST_F(an_operation, waiting_for_a_mutex_allocates_nothing) {
    simul::mutex m;
    expect_no_allocation([&]() -> task<> {
        const auto lock = co_await m.lock();
        co_await simul::yield();
    });
}

TEST_F(an_operation, waiting_for_a_semaphore_allocates_nothing) {
    simul::semaphore s(1);
    expect_no_allocation([&]() -> task<> {
        const auto permit = co_await s.acquire();
        co_await simul::yield();
    });
}

TEST_F(an_operation, waiting_for_an_event_allocates_nothing) {
    simul::event e;
    bool one_waits = false;
    expect_no_allocation([&]() -> task<> {
        if (one_waits) {
            one_waits = false;
            e.set();
            e.clear();
            co_await simul::yield();
        } else {
            one_waits = true;
            co_await e.wait();
        }
    });
}

TEST_F(an_operation, waiting_for_a_condition_allocates_nothing) {
    simul::mutex m;
    simul::condition c;
    bool one_waits = false;
    expect_no_allocation([&]() -> task<> {
        auto lock = co_await m.lock();
        if (one_waits) {
            one_waits = false;
            c.notify_one();
            lock.unlock();
            co_await simul::yield();
        } else {
            one_waits = true;
            co_await c.wait(lock);
        }
    });
}

TEST_F(an_operation, waiting_for_a_barrier_allocates_nothing) {
    simul::barrier b(2);
    expect_no_allocation([&]() -> task<> { co_await b.arrive_and_wait(); });
}

TEST_F(an_operation, waiting_for_a_latch_allocates_nothing) {
    expect_no_allocation([]() -> task<> {
        simul::latch done(1);
        const auto counts_down = [&]() -> task<> {
            co_await simul::yield();
            done.count_down();
        };
        auto h = simul::spawn(counts_down());
        co_await done.wait();
        co_await h;
    });
}

TEST_F(an_operation, waiting_for_a_time_allocates_nothing) {
    expect_no_allocation([]() -> task<> { co_await simul::sleep(1ms); });
}

TEST_F(an_operation, giving_up_a_turn_allocates_nothing) {
    expect_no_allocation([]() -> task<> { co_await simul::yield(); });
}

template <class Queue>
void expect_no_allocation_of(Queue& q) {
    bool one_puts = false;
    long allocated = -1;
    simul_test::run_virtual([&]() -> task<> {
        const auto works = [&]() -> task<> {
            const bool puts = std::exchange(one_puts, true);
            long before = 0;
            for (int i = 0; i < rounds * 2; ++i) {
                // The first half makes room for as many as there will ever be.
                if (i == rounds) before = simul_test::allocations;
                if (puts) {
                    co_await q.put(i);
                } else {
                    (void)co_await q.get();
                }
            }
            allocated = simul_test::allocations - before;
        };
        co_await simul::gather(works(), works());
    });
    EXPECT_EQ(allocated, 0);
}

TEST_F(an_operation, putting_and_getting_allocates_nothing) {
    simul::queue<int> first_in_first_out(3);
    expect_no_allocation_of(first_in_first_out);
    simul::lifo_queue<int> last_in_first_out(3);
    expect_no_allocation_of(last_in_first_out);
    simul::priority_queue<int> sorted(3);
    expect_no_allocation_of(sorted);
}

TEST_F(an_operation, spawning_and_joining_allocates_nothing) {
    expect_no_allocation([]() -> task<> {
        auto child = simul::spawn(simul::yield(), "a short name");
        co_await child;
    });
}

TEST_F(an_operation, a_task_in_a_group_allocates_nothing) {
    expect_no_allocation([]() -> task<> {
        co_await simul::with_task_group([](simul::task_group& group) -> task<> {
            group.spawn(simul::sleep(1ms));
            group.spawn(simul::yield(), "a short name");
            co_return;
        });
    });
}

TEST_F(an_operation, a_sleep_under_a_timeout_allocates_nothing) {
    expect_no_allocation([]() -> task<> { co_await simul::timeout(1h, simul::sleep(1ms)); });
}

TEST_F(an_operation, a_sleep_that_its_timeout_cancels_allocates_nothing) {
    expect_no_allocation([]() -> task<> {
        const auto some = co_await simul::move_on_after(1ms, simul::sleep(1h));
        EXPECT_FALSE(some.has_value());
    });
}

TEST_F(an_operation, gathering_racing_and_shielding_a_few_allocates_nothing) {
    expect_no_allocation([]() -> task<> {
        co_await simul::gather(simul::yield(), simul::sleep(1ms), simul::yield());
        (void)co_await simul::race(simul::yield(), simul::sleep(1ms));
        co_await simul::shield(simul::yield());
    });
}

task<int> number(int n) {
    co_await simul::yield();
    co_return n;
}

TEST_F(an_operation,
       gathering_any_number_allocates_the_room_for_the_tasks_and_that_for_the_results) {
    std::vector<long> allocated;
    for (const std::size_t size : {std::size_t{10}, std::size_t{1000}}) {
        simul_test::run_virtual([&]() -> task<> {
            for (int round = 0; round < 2; ++round) {
                std::vector<task<int>> tasks;
                for (std::size_t i = 0; i < size; ++i) tasks.push_back(number(1));
                const long before = simul_test::allocations;
                const std::vector<int> all = co_await simul::gather(std::move(tasks));
                EXPECT_EQ(all.size(), size);
                if (round == 1) allocated.push_back(simul_test::allocations - before);
            }
        });
    }
    EXPECT_EQ(allocated, (std::vector<long>{2, 2}));
}

// How many frames and blocks of the library's one more of these operations takes while it waits.
template <class Operation>
std::int64_t frames_of_one_more(Operation operation) {
    const auto frames_of = [&](int count) {
        std::int64_t frames = 0;
        simul_test::run_virtual([&]() -> task<> {
            std::vector<task<>> tasks;
            for (int i = 0; i < count; ++i) tasks.push_back(operation());
            const auto gathers = [&]() -> task<> { co_await simul::gather(std::move(tasks)); };
            auto gathering = simul::spawn(gathers());
            for (int turns = 0; turns < 10; ++turns) co_await simul::yield();
            frames = simul::current_usage().frames;
            gathering.cancel();
            co_await simul::gather(simul::return_exceptions, std::move(gathering));
        });
        return frames;
    };
    constexpr int more = 100;
    const std::int64_t difference = frames_of(2 * more) - frames_of(more);
    EXPECT_EQ(difference % more, 0);
    return difference / more;
}

task<> sleeps() { co_await simul::sleep(1h); }

TEST(frames, are_those_of_the_coroutines_and_one_for_what_runs_beside_them) {
    EXPECT_EQ(frames_of_one_more([] { return sleeps(); }), 1) << "the task alone";
    EXPECT_EQ(frames_of_one_more([]() -> task<> { co_await sleeps(); }), 2);
    EXPECT_EQ(frames_of_one_more([]() -> task<> { co_await simul::timeout(1h, sleeps()); }), 2);
    EXPECT_EQ(frames_of_one_more([]() -> task<> { co_await simul::timeout(1h, simul::sleep(1h)); }),
              2)
        << "what is no task is made one";
    EXPECT_EQ(frames_of_one_more([]() -> task<> { co_await simul::gather(sleeps(), sleeps()); }),
              3);
    EXPECT_EQ(frames_of_one_more([]() -> task<> {
                  auto child = simul::spawn(sleeps());
                  co_await child;
              }),
              3)
        << "and a block that outlives it";
    EXPECT_EQ(frames_of_one_more([]() -> task<> {
                  co_await simul::with_task_group([](simul::task_group& group) -> task<> {
                      group.spawn(sleeps());
                      co_await simul::sleep(1h);
                  });
              }),
              4)
        << "and a block of the group's";
}

TEST(frames, of_what_waits_for_others_is_that_of_the_waiting_task) {
    simul::mutex m;
    simul::event e;
    simul::semaphore s(0);
    simul::queue<int> q;
    simul::latch l(1);
    simul::barrier b(1000);
    auto held = m.try_lock();
    EXPECT_EQ(frames_of_one_more([&]() -> task<> { (void)co_await m.lock(); }), 1);
    EXPECT_EQ(frames_of_one_more([&]() -> task<> { co_await e.wait(); }), 1);
    EXPECT_EQ(frames_of_one_more([&]() -> task<> { (void)co_await s.acquire(); }), 1);
    EXPECT_EQ(frames_of_one_more([&]() -> task<> { (void)co_await q.get(); }), 1);
    EXPECT_EQ(frames_of_one_more([&]() -> task<> { co_await l.wait(); }), 1);
    EXPECT_EQ(frames_of_one_more([&]() -> task<> { (void)co_await b.arrive_and_wait(); }), 1);
}

} // namespace
