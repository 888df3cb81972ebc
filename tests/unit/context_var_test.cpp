#include <simul/coro/context_var.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task_group.hpp>
#include <simul/coro/timeout.hpp>
#include <simul/coro/to_thread.hpp>

#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

using simul::task;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using namespace std::chrono_literals;

TEST(context_var, has_its_initial_value_until_a_task_sets_another) {
    simul::context_var<std::string> name("nobody");
    EXPECT_EQ(name.get(), "nobody");
    run_virtual([&]() -> task<> {
        EXPECT_EQ(name.get(), "nobody");
        name.reset();
        name.set("main");
        EXPECT_EQ(name.get(), "main");
        co_await simul::sleep(1ms);
        EXPECT_EQ(name.get(), "main");
        name.set("other");
        EXPECT_EQ(name.get(), "other");
        name.reset();
        EXPECT_EQ(name.get(), "nobody");
    });
    EXPECT_EQ(name.get(), "nobody");
}

TEST(context_var, can_only_be_set_by_a_task) {
    simul::context_var<int> v;
    EXPECT_THROW(v.set(1), std::logic_error);
    EXPECT_THROW(v.reset(), std::logic_error);
}

TEST(context_var, is_inherited_by_the_tasks_that_a_task_starts_and_theirs) {
    over_orders(20, [](simul::run_options options) {
        simul::context_var<int> v(0);
        run_with(options, [&]() -> task<> {
            const auto reads = [&]() -> task<int> { co_return v.get(); };
            const auto reads_below = [&]() -> task<int> {
                const auto h = simul::spawn(reads());
                co_return co_await h;
            };
            v.set(7);
            const auto h = simul::spawn(reads_below());
            v.set(8); // too late for that one
            const int spawned = co_await h;
            EXPECT_EQ(spawned, 7);
            const auto [a, b] = co_await simul::gather(reads(), reads_below());
            EXPECT_EQ(a, 8);
            EXPECT_EQ(b, 8);
            const int limited = co_await simul::timeout(1s, reads());
            EXPECT_EQ(limited, 8);
            int grouped = 0;
            const auto body = [&](simul::task_group& group) -> task<> {
                v.set(9);
                group.spawn([&]() -> task<> {
                    grouped = v.get();
                    co_return;
                });
                co_return;
            };
            co_await simul::with_task_group(body);
            EXPECT_EQ(grouped, 9);
            EXPECT_EQ(v.get(), 8);
        });
    });
}

TEST(context_var, a_change_in_a_child_is_invisible_to_its_parent_and_siblings) {
    over_orders(50, [](simul::run_options options) {
        simul::context_var<int> v(0);
        simul::context_var<int> other(0);
        run_with(options, [&]() -> task<> {
            v.set(1);
            other.set(100);
            const auto changes = [&](int to) -> task<> {
                EXPECT_EQ(v.get(), 1);
                v.set(to);
                co_await simul::yield();
                EXPECT_EQ(v.get(), to);
                EXPECT_EQ(other.get(), 100);
                co_await simul::sleep(1ms);
                v.reset();
                EXPECT_EQ(v.get(), 0);
            };
            co_await simul::gather(changes(2), changes(3), changes(4));
            EXPECT_EQ(v.get(), 1);
        });
    });
}

TEST(context_var, what_an_awaited_coroutine_sets_stays_set) {
    run_virtual([]() -> task<> {
        simul::context_var<int> v(0);
        const auto sets = [&]() -> task<> {
            v.set(5);
            co_return;
        };
        co_await sets();
        EXPECT_EQ(v.get(), 5);
    });
}

TEST(context_var, its_values_live_as_long_as_the_tasks_that_have_them) {
    simul_test::tracked_counts counts;
    using tracked = std::shared_ptr<simul_test::tracked>;
    simul::context_var<tracked> v;
    run_virtual([&]() -> task<> {
        v.set(std::make_shared<simul_test::tracked>(counts));
        const auto sleeps = [&]() -> task<> {
            co_await simul::sleep(1ms);
            EXPECT_TRUE(v.get());
            EXPECT_EQ(counts.alive(), 1);
        };
        const auto h = simul::spawn(sleeps());
        v.reset();
        EXPECT_EQ(counts.alive(), 1);
        co_await h;
    });
    EXPECT_EQ(counts.constructed, 1);
    EXPECT_TRUE(counts.balanced());
}

TEST(context_var, goes_with_a_call_into_another_thread_and_is_its_own_there) {
    run_virtual([]() -> task<> {
        simul::context_var<std::string> name("nobody");
        simul::context_var<int> number(1);
        name.set("main");
        const auto changes = [&] {
            EXPECT_EQ(name.get(), "main");
            EXPECT_EQ(number.get(), 1);
            name.set("call");
            number.set(5);
            EXPECT_EQ(number.get(), 5);
            name.reset();
            EXPECT_EQ(name.get(), "nobody");
        };
        co_await simul::to_thread(changes);
        EXPECT_EQ(name.get(), "main");
        EXPECT_EQ(number.get(), 1);
        co_await simul::to_thread(simul::abandon_on_cancel, changes);
        EXPECT_EQ(name.get(), "main");
    });
}

TEST(context_var, of_a_task_without_values_can_be_set_in_its_call) {
    run_virtual([]() -> task<> {
        simul::context_var<int> v(1);
        const auto sets = [&] {
            v.reset();
            EXPECT_EQ(v.get(), 1);
            v.set(2);
            return v.get();
        };
        const int there = co_await simul::to_thread(sets);
        EXPECT_EQ(there, 2);
        EXPECT_EQ(v.get(), 1);
        const auto reads = [&] { return v.get(); };
        const int next = co_await simul::to_thread(reads); // on the same thread, perhaps
        EXPECT_EQ(next, 1);
    });
}

TEST(context_var, its_values_outlive_the_task_in_a_call_that_was_left_to_itself) {
    simul_test::tracked_counts counts;
    using tracked = std::shared_ptr<simul_test::tracked>;
    simul::context_var<tracked> v;
    std::promise<void> has_begun;
    std::promise<void> may_end;
    std::future<void> end = may_end.get_future();
    bool had_value = false;
    simul_test::run_real([&]() -> task<> {
        const auto calls = [&]() -> task<> {
            v.set(std::make_shared<simul_test::tracked>(counts));
            const auto reads_later = [&] {
                has_begun.set_value();
                end.wait();
                had_value = v.get() != nullptr;
            };
            co_await simul::to_thread(simul::abandon_on_cancel, reads_later);
        };
        auto h = simul::spawn(calls());
        co_await simul::yield();
        has_begun.get_future().wait();
        h.cancel();
        co_await simul::gather(simul::return_exceptions, std::move(h));
        EXPECT_EQ(counts.alive(), 1);
        may_end.set_value();
    });
    EXPECT_TRUE(had_value);
    EXPECT_TRUE(counts.balanced());
}

TEST(context_var, in_a_loop_that_a_call_runs_belongs_to_the_tasks_of_that) {
    run_virtual([]() -> task<> {
        simul::context_var<int> v(1);
        v.set(2);
        const auto runs = [&] {
            const auto sets = [&]() -> task<int> {
                v.set(v.get() + 10);
                co_return v.get();
            };
            const int inside = simul::run(sets());
            return inside * 100 + v.get();
        };
        const int both = co_await simul::to_thread(runs);
        EXPECT_EQ(both, 1102);
    });
}

} // namespace
