#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/accounting.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using simul::task;
using simul_test::run_virtual;
using simul_test::tracked;
using simul_test::tracked_counts;
using namespace std::chrono_literals;

task<int> answer() { co_return 42; }
task<> set(bool& flag) {
    flag = true;
    co_return;
}
task<int> fails() {
    throw std::runtime_error("no answer");
    co_return 0;
}

TEST(task, runs_nothing_before_it_is_awaited) {
    bool began = false;
    run_virtual([&]() -> task<> {
        task<> work = set(began);
        co_await simul::yield();
        EXPECT_FALSE(began);
        co_await std::move(work);
        EXPECT_TRUE(began);
    });
}

TEST(task, that_never_started_frees_its_frame_and_destroys_its_arguments) {
    tracked_counts counts;
    bool began = false;
    const auto takes = [](tracked, bool& flag) -> task<> {
        flag = true;
        co_return;
    };
    {
        const task<> dropped = takes(tracked(counts), began);
        EXPECT_EQ(counts.alive(), 1);
        EXPECT_EQ(simul::current_usage().frames, 1);
    }
    EXPECT_FALSE(began);
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(simul::current_usage().frames, 0);
}

TEST(task, is_one_allocation) {
    run_virtual([]() -> task<> {
        const auto before = simul::current_usage().frames;
        const task<int> work = answer();
        EXPECT_EQ(simul::current_usage().frames, before + 1);
        co_return;
    });
}

TEST(task, frees_its_frame_before_its_caller_goes_on) {
    run_virtual([]() -> task<> {
        const auto before = simul::current_usage().frames;
        const int value = co_await answer();
        EXPECT_EQ(value, 42);
        EXPECT_EQ(simul::current_usage().frames, before);
        try {
            co_await fails();
            ADD_FAILURE() << "no exception";
        } catch (const std::runtime_error&) {
            EXPECT_EQ(simul::current_usage().frames, before);
        }
    });
}

TEST(task, gives_values_of_every_kind) {
    run_virtual([]() -> task<> {
        const auto moved = []() -> task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(7);
        };
        const std::unique_ptr<int> pointer = co_await moved();
        EXPECT_EQ(*pointer, 7);

        int place = 1;
        const auto refers = [&]() -> task<int&> { co_return place; };
        int& reference = co_await refers();
        EXPECT_EQ(&reference, &place);

        const auto constant = [&]() -> task<const int&> { co_return place; };
        const int& constant_reference = co_await constant();
        EXPECT_EQ(&constant_reference, &place);

        const auto braced = []() -> task<std::pair<int, std::string>> {
            co_return {1, std::string("one")};
        };
        const auto pair = co_await braced();
        EXPECT_EQ(pair.second, "one");
    });
}

struct no_default {
    explicit no_default(int v) : value(v) {}
    no_default(no_default&&) = default;
    no_default& operator=(no_default&&) = delete;
    int value;
};

TEST(task, gives_a_value_that_has_no_default_constructor_and_no_assignment) {
    const auto make = []() -> task<no_default> { co_return no_default(5); };
    EXPECT_EQ(run_virtual(make).value, 5);
}

struct throws_when_moved {
    explicit throws_when_moved(int& moves_left) : moves(&moves_left) {}
    throws_when_moved(throws_when_moved&& other) : moves(other.moves) {
        if ((*moves)-- == 0) throw std::runtime_error("cannot be moved");
    }
    throws_when_moved& operator=(throws_when_moved&&) = delete;
    int* moves;
};

TEST(task, lets_out_what_moving_its_value_throws) {
    for (int moves = 0; moves < 4; ++moves) {
        int left = moves;
        const auto make = [&]() -> task<throws_when_moved> { co_return throws_when_moved(left); };
        const auto calls = [&]() -> task<> {
            auto value = co_await make();
            EXPECT_EQ(value.moves, &left);
        };
        try {
            run_virtual(calls);
            EXPECT_GE(moves, 2) << "two moves lead out of a task";
        } catch (const std::runtime_error& e) {
            EXPECT_STREQ(e.what(), "cannot be moved");
        }
    }
}

struct throws_when_destroyed {
    ~throws_when_destroyed() noexcept(false) { throw std::runtime_error("cannot be destroyed"); }
};

TEST(task, lets_out_what_a_destructor_throws_after_the_value_is_there) {
    tracked_counts counts;
    const auto make = [&]() -> task<tracked> {
        const throws_when_destroyed local;
        co_return tracked(counts);
    };
    run_virtual([&]() -> task<> {
        std::string how = "value";
        try {
            (void)co_await make();
        } catch (const std::runtime_error& e) {
            how = e.what();
        }
        EXPECT_EQ(how, "cannot be destroyed");
    });
    EXPECT_GE(counts.constructed, 1);
    EXPECT_TRUE(counts.balanced());
}

TEST(task, destroys_a_value_in_whose_place_it_returns_another) {
    struct bomb {
        ~bomb() noexcept(false) { throw 1; }
    };
    std::weak_ptr<int> first;
    const auto returns_twice = [&]() -> task<std::shared_ptr<int>> {
        auto value = std::make_shared<int>(1);
        first = value;
        try {
            const bomb after_the_value;
            co_return std::move(value);
        } catch (int) {
        }
        co_return std::make_shared<int>(2);
    };
    run_virtual([&]() -> task<> {
        const std::shared_ptr<int> n = co_await returns_twice();
        EXPECT_EQ(*n, 2);
        EXPECT_TRUE(first.expired());
    });
}

TEST(task, throws_at_the_co_await_the_object_that_was_thrown) {
    run_virtual([]() -> task<> {
        std::exception_ptr inside;
        const auto throws = [&]() -> task<> {
            try {
                throw std::string("not an std::exception");
            } catch (...) {
                inside = std::current_exception();
                throw;
            }
            co_return;
        };
        std::exception_ptr outside;
        try {
            co_await throws();
        } catch (...) {
            outside = std::current_exception();
        }
        EXPECT_EQ(inside, outside);
    });
}

TEST(task, is_used_up_by_co_await) {
    run_virtual([]() -> task<> {
        task<int> once = answer();
        EXPECT_TRUE(once);
        const int value = co_await std::move(once);
        EXPECT_EQ(value, 42);
        EXPECT_FALSE(once); // NOLINT: looking at what was moved from is the point
        try {
            (void)co_await std::move(once);
            ADD_FAILURE() << "awaited twice";
        } catch (const std::logic_error& e) {
            EXPECT_NE(std::string(e.what()).find("awaited before"), std::string::npos);
        }
    });
}

TEST(task, when_empty_is_an_error_wherever_it_is_used) {
    EXPECT_THROW(simul::run(task<>()), std::logic_error);
    run_virtual([]() -> task<> {
        EXPECT_THROW((void)simul::spawn(task<>()), std::logic_error);
        try {
            co_await simul::gather(answer(), task<>());
            ADD_FAILURE() << "gathered nothing";
        } catch (const std::logic_error&) {
        }
        std::vector<task<int>> some;
        some.push_back(answer());
        some.emplace_back();
        try {
            (void)co_await simul::gather(std::move(some));
            ADD_FAILURE() << "gathered nothing";
        } catch (const std::logic_error&) {
        }
    });
}

TEST(task, moves_and_swaps_like_a_pointer) {
    tracked_counts counts;
    const auto holds = [](tracked) -> task<int> { co_return 1; };
    task<int> a = holds(tracked(counts));
    task<int> b;
    b.swap(a);
    EXPECT_FALSE(a);
    EXPECT_TRUE(b);
    a = std::move(b);
    EXPECT_TRUE(a);
    a = task<int>();
    EXPECT_TRUE(counts.balanced());
    a = holds(tracked(counts));
    EXPECT_EQ(run_virtual(std::move(a)), 1);
    EXPECT_TRUE(counts.balanced());
}

TEST(task, may_be_made_on_one_thread_and_awaited_on_another) {
    for (int i = 0; i < 10; ++i) {
        task<int> made = answer();
        int value = 0;
        std::thread([&] { value = run_virtual(std::move(made)); }).join();
        EXPECT_EQ(value, 42);
    }
}

TEST(task, destroys_its_objects_in_the_reverse_order_of_their_construction) {
    tracked_counts counts;
    const auto inner = [&](tracked) -> task<> {
        const tracked first(counts, "inner first");
        const tracked second(counts, "inner second");
        co_await simul::sleep(1s);
    };
    run_virtual([&]() -> task<> {
        const tracked outer(counts, "outer");
        co_await inner(tracked(counts, "argument"));
    });
    const std::vector<std::string> expected{"inner second", "inner first", "argument", "outer"};
    std::vector<std::string> named;
    for (const std::string& each : counts.ended) {
        if (!each.empty()) named.push_back(each);
    }
    EXPECT_EQ(named, expected);
    EXPECT_TRUE(counts.balanced());
}

TEST(task, may_await_awaiters_of_others_that_are_ready_at_once) {
    struct ready {
        explicit ready(int v) : value(v) {}
        static bool await_ready() noexcept { return true; }
        static void await_suspend(std::coroutine_handle<>) noexcept {}
        int await_resume() const noexcept { return value; }
        int value;
    };
    struct convertible {
        explicit convertible(int v) : value(v) {}
        ready operator co_await() const { return ready(value); }
        int value;
    };
    run_virtual([]() -> task<> {
        const int a = co_await ready(1);
        const int b = co_await convertible(2);
        ready named(3);
        const int c = co_await named;
        EXPECT_EQ(a + b + c, 6);
    });
}

} // namespace
