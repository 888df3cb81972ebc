#include <simul/coro/gather.hpp>
#include <simul/coro/lifo_queue.hpp>
#include <simul/coro/priority_queue.hpp>
#include <simul/coro/queue.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/timeout.hpp>

#include "allocations.hpp"
#include "cancel_each.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using simul::queue_closed;
using simul::task;
using simul_test::allocations;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::throws;
using simul_test::was_cancelled;
using namespace std::chrono_literals;

template <class Queue>
task<std::vector<int>> drained(Queue& q) {
    std::vector<int> all;
    while (auto next = co_await q.next()) all.push_back(*next);
    co_return all;
}

TEST(queue, gives_out_what_was_put_in_first_in_first_out) {
    run_virtual([]() -> task<> {
        simul::queue<int> q;
        for (int i = 0; i < 100; ++i) co_await q.put(i);
        EXPECT_EQ(q.size(), 100U);
        EXPECT_FALSE(q.full());
        for (int i = 0; i < 100; ++i) {
            const int item = co_await q.get();
            EXPECT_EQ(item, i);
        }
        EXPECT_TRUE(q.empty());
    });
}

TEST(queue, keeps_its_order_while_its_ring_turns_and_grows) {
    simul::queue<int> q;
    int put = 0;
    int got = 0;
    for (int round = 0; round < 200; ++round) {
        for (int i = 0; i < 7; ++i) EXPECT_TRUE(q.try_put(put++));
        for (int i = 0; i < 5; ++i) EXPECT_EQ(q.try_get(), got++);
    }
    while (const auto item = q.try_get()) EXPECT_EQ(*item, got++);
    EXPECT_EQ(put, got);
}

TEST(queue, a_bounded_put_waits_for_room) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::queue<int> q(2);
            int put = 0;
            const auto produces = [&]() -> task<> {
                for (; put < 5; ++put) co_await q.put(put);
                q.close();
            };
            const auto h = simul::spawn(produces());
            co_await simul::sleep(1ms);
            EXPECT_EQ(put, 2);
            EXPECT_TRUE(q.full());
            EXPECT_EQ(q.capacity(), 2U);
            const std::vector<int> all = co_await drained(q);
            EXPECT_EQ(all, (std::vector<int>{0, 1, 2, 3, 4}));
            co_await h;
        });
    });
}

TEST(queue, without_room_for_one_item_is_refused) {
    EXPECT_THROW(simul::queue<int>(0), std::invalid_argument);
}

TEST(queue, a_getter_waits_for_an_item_and_nobody_overtakes_it) {
    run_virtual([]() -> task<> {
        simul::queue<int> q;
        std::string order;
        const auto gets = [&](char name) -> task<> {
            const int item = co_await q.get();
            order += name + std::to_string(item) + " ";
        };
        const auto a = simul::spawn(gets('a'));
        const auto b = simul::spawn(gets('b'));
        co_await simul::yield();
        co_await q.put(1);
        EXPECT_EQ(q.size(), 0U); // it is a's
        EXPECT_FALSE(q.try_get());
        const auto c = simul::spawn(gets('c'));
        co_await simul::sleep(1ms);
        EXPECT_TRUE(q.try_put(2));
        EXPECT_TRUE(q.try_put(3));
        co_await simul::gather(a, b, c);
        EXPECT_EQ(order, "a1 b2 c3 ");
    });
}

TEST(queue, putters_are_served_in_the_order_of_their_arrival) {
    run_virtual([]() -> task<> {
        simul::queue<int> q(1);
        const auto puts = [&](int item) -> task<> { co_await q.put(item); };
        std::vector<simul::join_handle<>> all;
        for (int i = 0; i < 4; ++i) all.push_back(simul::spawn(puts(i)));
        co_await simul::yield();
        EXPECT_FALSE(q.try_put(9));
        EXPECT_EQ(q.try_get(), 0);
        EXPECT_FALSE(q.try_put(9)); // the room was 1's
        for (int i = 1; i < 4; ++i) {
            const int item = co_await q.get();
            EXPECT_EQ(item, i);
        }
        for (auto& each : all) co_await each;
    });
}

TEST(queue, close_lets_getters_drain_it_and_then_ends_them) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::queue<int> q;
            co_await q.put(1);
            co_await q.put(2);
            q.close();
            q.close();
            EXPECT_TRUE(q.closed());
            const int first = co_await q.get();
            EXPECT_EQ(first, 1);
            const auto second = co_await q.next();
            EXPECT_EQ(second, 2);
            const auto end = co_await q.next();
            EXPECT_FALSE(end);
            const bool get_throws = co_await throws<queue_closed>(q.get());
            EXPECT_TRUE(get_throws);
        });
    });
}

TEST(queue, close_wakes_those_who_wait_to_get) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::queue<int> q;
            const auto closes = [&]() -> task<> {
                co_await simul::sleep(1ms);
                q.close();
            };
            const auto ended = [&]() -> task<bool> { co_return !co_await q.next(); };
            const auto [thrown, end, none] =
                co_await simul::gather(throws<queue_closed>(q.get()), ended(), closes());
            EXPECT_TRUE(thrown);
            EXPECT_TRUE(end);
            (void)none;
        });
    });
}

TEST(queue, close_refuses_putters_also_those_who_wait) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::queue<int> q(1);
            co_await q.put(1);
            const auto waits = simul::spawn(throws<queue_closed>(q.put(2)));
            co_await simul::yield();
            q.close();
            const bool thrown = co_await waits;
            EXPECT_TRUE(thrown);
            const bool late = co_await throws<queue_closed>(q.put(3));
            EXPECT_TRUE(late);
            EXPECT_FALSE(q.try_put(4));
            const std::vector<int> all = co_await drained(q);
            EXPECT_EQ(all, std::vector<int>{1});
        });
    });
}

TEST(queue, join_returns_when_every_item_has_been_dealt_with) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::queue<int> q(2);
            int done = 0;
            const auto works = [&]() -> task<> {
                while (auto next = co_await q.next()) {
                    co_await simul::sleep(1ms);
                    ++done;
                    q.task_done();
                }
            };
            co_await q.join(); // nothing to do
            const auto a = simul::spawn(works());
            const auto b = simul::spawn(works());
            for (int i = 0; i < 7; ++i) co_await q.put(i);
            co_await q.join();
            EXPECT_EQ(done, 7);
            q.close();
            co_await simul::gather(a, b);
        });
    });
}

TEST(queue, task_done_too_often_throws) {
    simul::queue<int> q;
    EXPECT_THROW(q.task_done(), std::logic_error);
    EXPECT_TRUE(q.try_put(1));
    q.task_done();
    EXPECT_THROW(q.task_done(), std::logic_error);
}

TEST(queue, join_can_be_cancelled) {
    run_virtual([]() -> task<> {
        simul::queue<int> q;
        co_await q.put(1);
        const auto none = co_await simul::move_on_after(1ms, q.join());
        EXPECT_FALSE(none);
        q.task_done();
        co_await q.join();
    });
}

TEST(queue, holds_what_can_only_be_moved) {
    run_virtual([]() -> task<> {
        simul::queue<std::unique_ptr<int>> q(1);
        auto item = std::make_unique<int>(1);
        co_await q.put(std::move(item));
        auto kept = std::make_unique<int>(2);
        EXPECT_FALSE(q.try_put(std::move(kept)));
        EXPECT_TRUE(kept) << "a refused item stays with its owner";
        const auto one = co_await q.get();
        EXPECT_EQ(*one, 1);
        const auto gets = [&]() -> task<std::unique_ptr<int>> { co_return co_await q.get(); };
        const auto h = simul::spawn(gets());
        co_await simul::yield();
        EXPECT_TRUE(q.try_put(std::move(kept)));
        const auto& two = co_await h;
        EXPECT_EQ(*two, 2);
    });
}

TEST(queue, destroys_each_item_once) {
    simul_test::tracked_counts counts;
    run_virtual([&]() -> task<> {
        simul::queue<simul_test::tracked> q(20);
        for (int i = 0; i < 20; ++i) {
            simul_test::tracked item(counts);
            co_await q.put(std::move(item));
        }
        for (int i = 0; i < 5; ++i) (void)co_await q.get();
        const auto puts = [&]() -> task<> {
            for (int i = 0; i < 10; ++i) {
                simul_test::tracked item(counts);
                co_await q.put(std::move(item));
            }
        };
        (void)simul::spawn(puts());
        co_await simul::yield();
    });
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(counts.copied, 0);
}

TEST(queue, asyncio_269_an_item_that_comes_with_the_timeout_is_delivered) {
    over_orders(200, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::queue<int> q;
            std::vector<int> got;
            const auto puts = [&]() -> task<> {
                for (int i = 0; i < 10; ++i) {
                    co_await simul::sleep(1ms);
                    co_await q.put(i);
                }
            };
            const auto h = simul::spawn(puts());
            while (got.size() < 10) {
                const auto item = co_await simul::move_on_after(1ms, q.get());
                if (item) got.push_back(*item);
            }
            EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
            co_await h;
            EXPECT_TRUE(q.empty());
        });
    });
}

TEST(queue, an_item_handed_to_a_task_that_is_cancelled_at_once_is_delivered) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::queue<int> q;
            int got = 0;
            const auto gets = [&]() -> task<> {
                got = co_await q.get();
                (void)co_await q.get();
            };
            const auto h = simul::spawn(gets());
            co_await simul::sleep(1ms);
            co_await q.put(7);
            h.cancel();
            const bool cancelled = co_await was_cancelled(h);
            EXPECT_TRUE(cancelled);
            EXPECT_EQ(got, 7);
        });
    });
}

TEST(queue, allocates_nothing_once_it_has_its_size) {
    if (!simul_test::counts_allocations)
        GTEST_SKIP() << "allocations are not counted in this build";
    run_virtual([]() -> task<> {
        simul::queue<int> q(8);
        const auto moves = [&](long& allocated) -> task<> {
            const long before = allocations;
            for (int i = 0; i < 1000; ++i) co_await q.put(i);
            allocated = allocations - before;
            q.close();
        };
        for (int i = 0; i < 8; ++i) EXPECT_TRUE(q.try_put(i));
        while (q.try_get()) continue;
        long allocated = -1;
        const auto h = simul::spawn(moves(allocated));
        while (auto next = co_await q.next()) continue;
        co_await h;
        EXPECT_EQ(allocated, 0);
    });
}

TEST(queue, that_is_destroyed_leaves_those_who_wait_to_their_cancel) {
    run_virtual([]() -> task<> {
        auto q = std::make_unique<simul::queue<int>>(1U);
        const auto gets = [&]() -> task<> { (void)co_await q->get(); };
        const auto h = simul::spawn(gets());
        co_await simul::yield();
        q.reset();
        h.cancel();
        const bool cancelled = co_await was_cancelled(h);
        EXPECT_TRUE(cancelled);
    });
}

TEST(lifo_queue, gives_out_the_newest_item_first) {
    run_virtual([]() -> task<> {
        simul::lifo_queue<int> q(3);
        for (int i = 0; i < 3; ++i) co_await q.put(i);
        EXPECT_TRUE(q.full());
        q.close();
        const std::vector<int> all = co_await drained(q);
        EXPECT_EQ(all, (std::vector<int>{2, 1, 0}));
    });
}

TEST(lifo_queue, serves_those_who_wait_in_the_order_of_their_arrival) {
    run_virtual([]() -> task<> {
        simul::lifo_queue<int> q(1);
        const auto puts = [&](int item) -> task<> { co_await q.put(item); };
        std::vector<simul::join_handle<>> all;
        for (int i = 0; i < 3; ++i) all.push_back(simul::spawn(puts(i)));
        co_await simul::yield();
        for (int i = 0; i < 3; ++i) {
            const int item = co_await q.get();
            EXPECT_EQ(item, i);
        }
        for (auto& each : all) co_await each;
    });
}

TEST(priority_queue, gives_out_the_least_first_and_equal_ones_in_their_order) {
    run_virtual([]() -> task<> {
        struct job {
            int priority;
            char name;
        };
        const auto before = [](const job& a, const job& b) { return a.priority < b.priority; };
        simul::priority_queue<job, decltype(before)> q(before);
        int priority = 0;
        for (const char name : std::string("abcdefghi")) {
            const job next{priority, name};
            co_await q.put(next);
            priority = (priority + 2) % 3;
        }
        std::string order;
        while (const auto next = q.try_get()) order += next->name;
        EXPECT_EQ(order, "adgcfibeh");
    });
}

TEST(priority_queue, sorts) {
    run_virtual([]() -> task<> {
        simul::priority_queue<int> q;
        std::vector<int> items;
        for (int i = 0; i < 200; ++i) items.push_back(i * 7919 % 200);
        for (const int item : items) co_await q.put(item);
        q.close();
        const std::vector<int> all = co_await drained(q);
        std::sort(items.begin(), items.end());
        EXPECT_EQ(all, items);
    });
}

TEST(priority_queue, takes_what_can_only_be_moved_and_another_order) {
    const auto greater = [](const std::unique_ptr<int>& a, const std::unique_ptr<int>& b) {
        return *a > *b;
    };
    simul::priority_queue<std::unique_ptr<int>, decltype(greater)> q(3, greater);
    for (const int n : {2, 3, 1}) EXPECT_TRUE(q.try_put(std::make_unique<int>(n)));
    EXPECT_TRUE(q.full());
    for (const int n : {3, 2, 1}) EXPECT_EQ(*q.try_get().value(), n);
}

// Two producers and two consumers; what a put says is in must come out, once.
template <class Queue>
struct market {
    Queue q{2};
    std::vector<int> put;
    std::vector<int> got[2];

    std::size_t size() const { return 4; }
    task<> worker(std::size_t me) { return me < 2 ? produces(me) : consumes(me - 2); }
    task<> produces(std::size_t me) {
        for (int i = 0; i < 5; ++i) {
            const int item = static_cast<int>(me) * 100 + i;
            const bool refused = co_await throws<queue_closed>(q.put(item));
            if (refused) co_return;
            put.push_back(item);
        }
        if (put.size() == 10) q.close();
    }
    task<> consumes(std::size_t me) {
        for (int i = 0; i < 5; ++i) {
            const auto item = co_await q.next();
            if (!item) co_return;
            got[me].push_back(*item);
        }
    }
    task<> check(std::size_t) {
        std::vector<int> all;
        while (const auto item = q.try_get()) all.push_back(*item);
        for (const auto& items : got) all.insert(all.end(), items.begin(), items.end());
        std::sort(all.begin(), all.end());
        std::sort(put.begin(), put.end());
        EXPECT_EQ(all, put);
        co_return;
    }
};

// When a producer is cancelled the consumers lack items, and the other way round.
template <class Queue>
struct supplied_market : market<Queue> {
    task<> worker(std::size_t me) {
        try {
            co_await market<Queue>::worker(me);
        } catch (const simul::cancelled&) {
            closer = simul::spawn(closes_later());
            throw;
        }
    }
    task<> check(std::size_t victim) {
        if (closer) co_await closer;
        co_await market<Queue>::check(victim);
    }
    task<> closes_later() {
        co_await simul::sleep(1ms);
        this->q.close();
    }

    simul::join_handle<> closer;
};

TEST(queue, loses_no_item_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<supplied_market<simul::queue<int>>>(12);
}

TEST(lifo_queue, loses_no_item_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<supplied_market<simul::lifo_queue<int>>>(12);
}

TEST(priority_queue, loses_no_item_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<supplied_market<simul::priority_queue<int>>>(12);
}

} // namespace
