#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/shield.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task_group.hpp>
#include <simul/coro/timeout.hpp>
#include <simul/loop/accounting.hpp>

#include "build_kind.hpp"
#include "cancel_each.hpp"
#include "log_capture.hpp"
#include "never.hpp"
#include "run_virtual.hpp"
#include "small_stack.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using simul::task;
using simul_test::log_capture;
using simul_test::never;
using simul_test::never_ever;
using simul_test::on_a_small_stack;
using simul_test::run_virtual;
using namespace std::chrono_literals;

constexpr int hundred_thousand = 100'000;
constexpr int million = 1'000'000;

// Sanitizers make a throw cost up to 60 us, and each frame throws again. This is still four times
// what overflows an ordinary stack there.
constexpr int deep_throw = simul_test::sanitized ? 50'000 : million;

void on_both_stacks(const std::function<void()>& work) {
    work();
    on_a_small_stack(work);
}

// Each frame has an object whose destructor counts.
struct counts_down {
    explicit counts_down(int& to) : left(&to), depth(++to) {}
    counts_down(const counts_down&) = delete;
    counts_down& operator=(const counts_down&) = delete;
    ~counts_down() {
        if (*left != depth) ADD_FAILURE() << "not destroyed leaf first";
        --*left;
    }
    int* left;
    int depth;
};

task<int> ready() { co_return 1; }

template <class Leaf>
task<int> chain(int depth, int& alive, Leaf leaf) {
    const counts_down here(alive);
    if (depth == 0) {
        co_await leaf();
        co_return 0;
    }
    const int below = co_await chain(depth - 1, alive, leaf);
    co_return below + 1;
}

task<> does_nothing() { co_return; }
task<> fails() {
    throw std::runtime_error("at the bottom");
    co_return;
}
task<> waits() { co_await never(); }
task<> waits_whatever_is_done() { co_await never_ever(); }

TEST(stack_safety, a_million_awaits_of_a_ready_task) {
    on_both_stacks([] {
        run_virtual([]() -> task<> {
            int sum = 0;
            for (int i = 0; i < million; ++i) sum += co_await ready();
            EXPECT_EQ(sum, million);
        });
    });
}

TEST(stack_safety, a_million_awaits_of_a_handle_that_is_done) {
    on_both_stacks([] {
        run_virtual([]() -> task<> {
            const auto h = simul::spawn(ready());
            int sum = 0;
            for (int i = 0; i < million; ++i) sum += co_await h;
            EXPECT_EQ(sum, million);
        });
    });
}

TEST(stack_safety, a_chain_a_million_deep_returns_its_value) {
    on_both_stacks([] {
        int alive = 0;
        EXPECT_EQ(run_virtual(chain(million, alive, does_nothing)), million);
        EXPECT_EQ(alive, 0);
    });
}

TEST(stack_safety, an_exception_passes_through_a_chain_a_million_deep) {
    on_both_stacks([] {
        int alive = 0;
        EXPECT_THROW(run_virtual(chain(deep_throw, alive, fails)), std::runtime_error);
        EXPECT_EQ(alive, 0);
    });
}

TEST(stack_safety, a_chain_a_million_deep_is_cancelled) {
    on_both_stacks([] {
        int alive = 0;
        run_virtual([&]() -> task<> {
            const auto h = simul::spawn(chain(deep_throw, alive, waits));
            co_await simul::yield();
            EXPECT_EQ(alive, deep_throw + 1);
            h.cancel();
            co_await simul::yield();
            EXPECT_TRUE(h.done());
            EXPECT_EQ(alive, 0);
        });
    });
}

TEST(stack_safety, a_suspended_chain_a_million_deep_is_destroyed_leaf_first) {
    log_capture log;
    on_both_stacks([] {
        int alive = 0;
        run_virtual([&]() -> task<> {
            (void)simul::spawn(chain(million, alive, waits_whatever_is_done));
            co_await simul::yield();
            EXPECT_EQ(alive, million + 1);
        });
        EXPECT_EQ(alive, 0);
    });
    EXPECT_EQ(log.count("did not end when it was cancelled"), 2);
}

TEST(stack_safety, a_gathered_chain_a_million_deep_is_destroyed) {
    log_capture log;
    on_both_stacks([] {
        int alive = 0;
        run_virtual([&]() -> task<> {
            (void)simul::spawn(simul::gather(chain(million, alive, waits_whatever_is_done)));
            co_await simul::yield();
            co_await simul::yield();
            EXPECT_EQ(alive, million + 1);
        });
        EXPECT_EQ(alive, 0);
    });
    EXPECT_EQ(log.count("did not end when it was cancelled"), 2);
}

// Each gathers the next one; the innermost waits for ever.
task<> gathers_deep(int depth, int& alive) {
    const counts_down here(alive);
    if (depth == 0) {
        co_await never_ever();
    } else {
        co_await simul::gather(gathers_deep(depth - 1, alive), does_nothing());
    }
}

TEST(stack_safety, gathers_nested_a_hundred_thousand_deep_are_destroyed_leaf_first) {
    log_capture log;
    on_both_stacks([] {
        int alive = 0;
        run_virtual([&]() -> task<> {
            (void)simul::spawn(gathers_deep(hundred_thousand, alive));
            co_await simul::sleep(1s);
            EXPECT_EQ(alive, hundred_thousand + 1);
        });
        EXPECT_EQ(alive, 0);
    });
    EXPECT_EQ(log.count("did not end when it was cancelled"), 2);
}

task<> times_out_deep(int depth, int& alive) {
    const counts_down here(alive);
    if (depth == 0) {
        co_await never_ever();
    } else if (depth % 2 == 0) {
        co_await simul::timeout(1h, times_out_deep(depth - 1, alive));
    } else {
        co_await simul::shield(times_out_deep(depth - 1, alive));
    }
}

TEST(stack_safety, timeouts_and_shields_nested_a_hundred_thousand_deep_are_destroyed) {
    log_capture log;
    on_both_stacks([] {
        int alive = 0;
        run_virtual([&]() -> task<> {
            (void)simul::spawn(times_out_deep(hundred_thousand, alive));
            co_await simul::sleep(1s);
            EXPECT_EQ(alive, hundred_thousand + 1);
        });
        EXPECT_EQ(alive, 0);
    });
    EXPECT_EQ(log.count("did not end when it was cancelled"), 2);
}

// Each waits until the next one has announced itself, which none ever does.
task<> starts_deep(simul::task_group& group, int depth, int& alive) {
    const counts_down here(alive);
    if (depth == 0) {
        co_await simul::sleep(1h);
    } else {
        co_await group.start([&group, depth, &alive](simul::task_started&) {
            return starts_deep(group, depth - 1, alive);
        });
    }
}

TEST(stack_safety, starts_nested_a_hundred_thousand_deep_are_cancelled) {
    constexpr int depth = std::min(deep_throw, hundred_thousand);
    on_both_stacks([] {
        int alive = 0;
        run_virtual([&]() -> task<> {
            const auto h = simul::spawn(simul::with_task_group(
                [&](simul::task_group& group) { return starts_deep(group, depth, alive); }));
            co_await simul::sleep(1s);
            EXPECT_EQ(alive, depth + 1);
            h.cancel();
            EXPECT_EQ(co_await simul_test::throws<simul::cancelled>(h), true);
            EXPECT_EQ(alive, 0);
        });
    });
}

task<> owns(task<> inner) { co_await std::move(inner); }

task<> nest_of_a_million() {
    task<> nest = does_nothing();
    for (int i = 0; i < million; ++i) nest = owns(std::move(nest));
    return nest;
}

TEST(stack_safety, a_million_tasks_that_own_each_other_and_never_start_are_destroyed) {
    on_both_stacks([] {
        const task<> nest = nest_of_a_million();
        EXPECT_EQ(simul::current_usage().frames > million, true);
    });
}

TEST(stack_safety, a_million_tasks_that_own_each_other_run_to_their_end) {
    on_both_stacks([] { run_virtual(nest_of_a_million()); });
}

TEST(stack_safety, a_million_tasks_that_own_each_other_are_dropped_by_one_that_ran) {
    on_both_stacks([] {
        const auto drops = [](task<>) -> task<> { co_await simul::yield(); };
        run_virtual([&]() -> task<> {
            co_await drops(nest_of_a_million());
            (void)simul::spawn(drops(nest_of_a_million()));
            co_await simul::gather(drops(nest_of_a_million()));
        });
    });
}

TEST(stack_safety, a_hundred_thousand_tasks_that_await_each_others_handles_end_in_turn) {
    on_both_stacks([] {
        run_virtual([]() -> task<> {
            constexpr int count = 100'000;
            const auto awaits = [](simul::join_handle<> before) -> task<> { co_await before; };
            auto last = simul::spawn(simul::sleep(1s));
            for (int i = 0; i < count; ++i) last = simul::spawn(awaits(std::move(last)));
            co_await last;
        });
    });
}

} // namespace
