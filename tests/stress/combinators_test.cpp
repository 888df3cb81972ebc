// Everything that waits for several tasks: each waiter is cancelled after each number of steps, in
// 2,000 orders, and nobody may be left running, destroyed on the way or forgotten.

#include <simul/simul.hpp>

#include "cancel_each.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace {

using simul::task;
using namespace std::chrono_literals;

// Counts children that have begun and those that have ended, in whatever way.
class family {
public:
    task<int> child(int turns) {
        const life counted(*this);
        for (int i = 0; i < turns; ++i) co_await simul::yield();
        co_return turns;
    }
    // One that has to wait when it cleans up.
    task<int> careful_child(int turns) {
        const life counted(*this);
        bool is_cancelled = false;
        try {
            for (int i = 0; i < turns; ++i) co_await simul::yield();
        } catch (const simul::cancelled&) {
            is_cancelled = true;
        }
        if (is_cancelled) {
            co_await simul::shield(simul::yield());
            throw simul::cancelled{};
        }
        co_return turns;
    }
    [[nodiscard]] int alive() const { return alive_; }

private:
    class life {
    public:
        explicit life(family& of) : of_(of) { ++of_.alive_; }
        life(const life&) = delete;
        life& operator=(const life&) = delete;
        ~life() { --of_.alive_; }

    private:
        family& of_;
    };

    int alive_ = 0;
};

// Three waiters, each with children of its own; when a wait is over none of its children may live.
template <class Way>
struct waiters {
    std::array<family, 3> families;
    std::array<bool, 3> done{};

    [[nodiscard]] std::size_t size() const { return families.size(); }
    task<> worker(std::size_t me) {
        family& mine = families[me];
        const at_end nobody_left(mine);
        co_await Way::wait(mine);
        EXPECT_EQ(mine.alive(), 0);
        done[me] = true;
    }
    task<> check(std::size_t victim) {
        for (std::size_t i = 0; i < size(); ++i) EXPECT_TRUE(i == victim || done[i]);
        co_return;
    }

    // Also when a cancel or a failure passes.
    struct at_end {
        explicit at_end(const family& of) : mine(of) {}
        at_end(const at_end&) = delete;
        at_end& operator=(const at_end&) = delete;
        ~at_end() { EXPECT_EQ(mine.alive(), 0); }
        const family& mine;
    };
};

struct by_gather {
    static constexpr const char* name = "gather";
    static task<> wait(family& mine) {
        const auto [a, b] = co_await simul::gather(mine.child(2), mine.careful_child(3));
        EXPECT_EQ(a + b, 5);
    }
};

struct by_gather_of_outcomes {
    static constexpr const char* name = "gather_of_outcomes";
    static task<> wait(family& mine) {
        std::vector<task<int>> tasks;
        tasks.push_back(mine.child(1));
        tasks.push_back(mine.careful_child(2));
        const auto all = co_await simul::gather(simul::return_exceptions, std::move(tasks));
        EXPECT_EQ(all.size(), 2U);
    }
};

struct by_race {
    static constexpr const char* name = "race";
    static task<> wait(family& mine) {
        const auto first = co_await simul::race(mine.careful_child(5), mine.child(2));
        EXPECT_LT(first.index(), 2U);
    }
};

struct by_timeout {
    static constexpr const char* name = "timeout";
    static task<> wait(family& mine) {
        const int value = co_await simul::timeout(1h, mine.careful_child(3));
        EXPECT_EQ(value, 3);
    }
};

struct by_move_on_after {
    static constexpr const char* name = "move_on_after";
    static task<> wait(family& mine) {
        const auto none = co_await simul::move_on_after(0ms, mine.careful_child(1000));
        EXPECT_FALSE(none.has_value());
    }
};

struct by_shield {
    static constexpr const char* name = "shield";
    static task<> wait(family& mine) {
        const int value = co_await simul::shield(mine.child(3));
        EXPECT_EQ(value, 3);
    }
};

struct by_task_group {
    static constexpr const char* name = "task_group";
    static task<> wait(family& mine) {
        co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
            group.spawn(mine.careful_child(2));
            group.spawn([&]() -> task<> {
                co_await mine.child(1);
                group.spawn(mine.child(1));
            });
            co_return;
        });
    }
};

struct by_start {
    static constexpr const char* name = "start";
    static task<> wait(family& mine) {
        co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
            co_await group.start([&](simul::task_started& ready) -> task<> {
                co_await mine.child(1);
                ready.set();
                co_await mine.careful_child(2);
            });
            co_await simul::yield();
        });
    }
};

struct by_as_completed {
    static constexpr const char* name = "as_completed";
    static task<> wait(family& mine) {
        std::vector<task<int>> tasks;
        for (int turns = 1; turns < 4; ++turns) tasks.push_back(mine.careful_child(turns));
        auto done = simul::as_completed(std::move(tasks));
        const auto first = co_await done.next();
        EXPECT_TRUE(first && first->result.has_value());
        co_await done.close();
    }
};

struct by_for_each_concurrent {
    static constexpr const char* name = "for_each_concurrent";
    static task<> wait(family& mine) {
        const std::array<int, 4> turns{1, 2, 1, 2};
        const auto visit = [&](int each) { return mine.careful_child(each); };
        co_await simul::for_each_concurrent(turns, 2, visit);
    }
};

template <class Way>
class combinator : public testing::Test {};

using ways =
    testing::Types<by_gather, by_gather_of_outcomes, by_race, by_timeout, by_move_on_after,
                   by_shield, by_task_group, by_start, by_as_completed, by_for_each_concurrent>;

struct name_of_way {
    template <class Way>
    static std::string GetName(int) {
        return Way::name;
    }
};
TYPED_TEST_SUITE(combinator, ways, name_of_way);

TYPED_TEST(combinator, leaves_nobody_behind_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<waiters<TypeParam>>(10);
}

// Four wait for one task, in two ways; one of them is cancelled, and neither the task nor the
// others may notice.
struct onlookers {
    std::optional<simul::join_handle<int>> awaited;
    std::array<int, 4> seen{};

    [[nodiscard]] std::size_t size() const { return seen.size(); }
    static task<int> works() {
        for (int i = 0; i < 4; ++i) co_await simul::yield();
        co_return 7;
    }
    task<> worker(std::size_t me) {
        if (!awaited) awaited = simul::spawn(works());
        if (me % 2 == 0) {
            const int value = co_await *awaited;
            seen[me] = value;
        } else {
            const std::vector<simul::join_handle<int>> one{*awaited};
            const auto sorted = co_await simul::wait(one);
            const int value = co_await sorted.finished.front();
            seen[me] = value;
        }
    }
    task<> check(std::size_t victim) {
        const int value = co_await *awaited;
        EXPECT_EQ(value, 7);
        for (std::size_t i = 0; i < size(); ++i) EXPECT_TRUE(i == victim || seen[i] == 7);
    }
};

TEST(join_handle, is_awaited_by_the_others_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<onlookers>(8);
}

// Two wait for the work of a queue to be done, which the third one does; cancelled, that leaves it
// to others.
struct joiners {
    simul::queue<int> q;
    std::array<bool, 3> done{};
    simul::join_handle<> replacement;

    [[nodiscard]] std::size_t size() const { return done.size(); }
    task<> works() {
        while (q.try_get()) {
            q.task_done();
            co_await simul::yield();
        }
    }
    task<> worker(std::size_t me) {
        if (me == 0) {
            for (int i = 0; i < 3; ++i) q.try_put(i);
            try {
                co_await works();
            } catch (const simul::cancelled&) {
                replacement = simul::spawn(works());
                throw;
            }
        } else {
            co_await q.join();
        }
        done[me] = true;
    }
    task<> check(std::size_t victim) {
        if (replacement) co_await replacement;
        co_await q.join();
        for (std::size_t i = 0; i < size(); ++i) EXPECT_TRUE(i == victim || done[i]);
    }
};

TEST(queue, is_joined_by_the_others_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<joiners>(8);
}

} // namespace
