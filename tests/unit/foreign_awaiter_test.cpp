#include "log_capture.hpp"
#include "run_virtual.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <coroutine>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::task;
using simul_test::run_real;
using simul_test::run_virtual;

// What a library with callbacks may look like: who waits is told a value, later.
class callback_source {
public:
    class awaiter {
    public:
        explicit awaiter(callback_source& from) noexcept : from_(from) {}
        static bool await_ready() noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) { from_.waiting_.push_back(waiting); }
        int await_resume() const {
            if (from_.value_ < 0) throw std::runtime_error("negative");
            return from_.value_;
        }

    private:
        callback_source& from_;
    };

    awaiter next() noexcept { return awaiter(*this); }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

    void fire(int value) {
        value_ = value;
        for (const std::coroutine_handle<> each : std::exchange(waiting_, {})) each.resume();
    }

private:
    std::vector<std::coroutine_handle<>> waiting_;
    int value_ = 0;
};

task<int> next_of_source(callback_source& source) { co_return co_await source.next(); }

task<> fire_after(callback_source& source, std::chrono::milliseconds delay, int value) {
    co_await simul::sleep(delay);
    source.fire(value);
}

TEST(foreign_awaiter, suspends_a_task_until_it_resumes_the_handle) {
    run_virtual([]() -> task<> {
        callback_source source;
        auto firing = simul::spawn(fire_after(source, 10ms, 7));
        const auto began = simul::clock::now();
        const int value = co_await source.next();
        EXPECT_EQ(value, 7);
        EXPECT_EQ(simul::clock::now() - began, 10ms);
        co_await firing;
    });
}

TEST(foreign_awaiter, lets_the_task_go_on_in_the_next_turn_and_not_inside_of_resume) {
    run_virtual([]() -> task<> {
        callback_source source;
        std::vector<std::string> log;
        const auto wait = [&]() -> task<> {
            (void)co_await source.next();
            log.push_back("resumed");
        };
        auto waiting = simul::spawn(wait);
        co_await simul::yield();
        source.fire(1);
        log.push_back("fired");
        co_await waiting;
        EXPECT_EQ(log, (std::vector<std::string>{"fired", "resumed"}));
    });
}

TEST(foreign_awaiter, serves_many_tasks_at_once_and_everywhere_an_awaitable_may_stand) {
    run_virtual([]() -> task<> {
        callback_source source;
        auto firing = simul::spawn(fire_after(source, 10ms, 3));
        auto [a, b] = co_await simul::gather(source.next(), next_of_source(source));
        EXPECT_EQ(a + b, 6);
        co_await firing;
        firing = simul::spawn(fire_after(source, 10ms, 4));
        const int in_time = co_await simul::timeout(1s, source.next());
        EXPECT_EQ(in_time, 4);
        co_await firing;
    });
}

TEST(foreign_awaiter, throws_what_its_await_resume_throws) {
    run_virtual([]() -> task<> {
        callback_source source;
        auto firing = simul::spawn(fire_after(source, 1ms, -1));
        bool caught = false;
        try {
            (void)co_await source.next();
        } catch (const std::runtime_error&) {
            caught = true;
        }
        EXPECT_TRUE(caught);
        co_await firing;
    });
}

TEST(foreign_awaiter, runs_to_its_end_in_a_cancelled_task_whose_next_suspension_throws) {
    run_virtual([]() -> task<> {
        callback_source source;
        int value = 0;
        bool was_cancelled = false;
        const auto wait = [&]() -> task<> {
            value = co_await source.next();
            try {
                co_await simul::yield();
            } catch (const simul::cancelled&) {
                was_cancelled = true;
                throw;
            }
        };
        auto waiting = simul::spawn(wait);
        co_await simul::yield();
        waiting.cancel();
        co_await simul::yield();
        EXPECT_FALSE(waiting.done());
        source.fire(5);
        try {
            co_await waiting;
        } catch (const simul::cancelled&) {
        }
        EXPECT_EQ(value, 5);
        EXPECT_TRUE(was_cancelled);
    });
}

TEST(foreign_awaiter, does_not_start_in_a_task_that_is_cancelled_already) {
    run_virtual([]() -> task<> {
        callback_source source;
        auto waiting = simul::spawn(next_of_source(source));
        waiting.cancel();
        co_await simul::yield();
        co_await simul::yield();
        EXPECT_TRUE(waiting.done());
        EXPECT_EQ(source.waiting(), 0U);
        bool was_cancelled = false;
        try {
            (void)co_await waiting;
        } catch (const simul::cancelled&) {
            was_cancelled = true;
        }
        EXPECT_TRUE(was_cancelled);
    });
}

struct resumes_at_once {
    explicit resumes_at_once(bool stays) noexcept : stays_suspended(stays) {}
    static bool await_ready() noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) const {
        waiting.resume();
        return stays_suspended;
    }
    static int await_resume() noexcept { return 1; }
    bool stays_suspended;
};

struct refuses_to_suspend {
    refuses_to_suspend() noexcept {}
    static bool await_ready() noexcept { return false; }
    static bool await_suspend(std::coroutine_handle<>) noexcept { return false; }
    static int await_resume() noexcept { return 2; }
};

struct transfers_back {
    transfers_back() noexcept {}
    static bool await_ready() noexcept { return false; }
    static std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
        return waiting;
    }
    static int await_resume() noexcept { return 4; }
};

struct fails_to_suspend {
    explicit fails_to_suspend(bool resumes) noexcept : resumes_first(resumes) {}
    static bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) const {
        if (resumes_first) waiting.resume();
        throw std::runtime_error("no");
    }
    static void await_resume() noexcept {}
    bool resumes_first;
};

TEST(foreign_awaiter, may_decide_in_await_suspend) {
    run_virtual([]() -> task<> {
        int sum = 0;
        for (int i = 0; i < 3; ++i) {
            sum += co_await resumes_at_once(true);
            sum += co_await resumes_at_once(false);
            sum += co_await refuses_to_suspend();
            sum += co_await transfers_back();
            co_await std::suspend_never();
        }
        EXPECT_EQ(sum, 3 * 8);
        for (const bool resumes_first : {false, true}) {
            bool caught = false;
            try {
                co_await fails_to_suspend(resumes_first);
            } catch (const std::runtime_error&) {
                caught = true;
            }
            EXPECT_TRUE(caught);
            co_await simul::yield();
        }
    });
}

// A coroutine of another library: it runs when it is awaited, and goes on with its awaiter.
class other_task {
public:
    struct promise_type {
        std::coroutine_handle<> caller;
        other_task get_return_object() noexcept {
            return other_task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        static std::suspend_always initial_suspend() noexcept { return {}; }
        struct back {
            static bool await_ready() noexcept { return false; }
            static std::coroutine_handle<>
            await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
                return ended.promise().caller;
            }
            static void await_resume() noexcept {}
        };
        static back final_suspend() noexcept { return {}; }
        static void return_void() noexcept {}
        [[noreturn]] static void unhandled_exception() noexcept { std::terminate(); }
    };

    explicit other_task(std::coroutine_handle<promise_type> coroutine) noexcept
        : coroutine_(coroutine) {}
    other_task(other_task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
    ~other_task() {
        if (coroutine_) coroutine_.destroy();
    }

    static bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        coroutine_.promise().caller = caller;
        return coroutine_;
    }
    static void await_resume() noexcept {}

private:
    std::coroutine_handle<promise_type> coroutine_;
};

other_task adds_after(callback_source& source, int& sum) {
    sum += 1;
    sum += co_await source.next();
}

TEST(foreign_awaiter, may_be_a_coroutine_of_another_library) {
    run_virtual([]() -> task<> {
        callback_source source;
        int sum = 0;
        auto firing = simul::spawn(fire_after(source, 10ms, 10));
        auto other = adds_after(source, sum);
        co_await other;
        EXPECT_EQ(sum, 11);
        co_await firing;
    });
}

TEST(foreign_awaiter, may_be_resumed_from_another_thread_by_a_post) {
    run_real([]() -> task<> {
        callback_source source;
        simul::loop& loop = simul::loop::current();
        std::thread other([&] { loop.post([&] { source.fire(9); }); });
        const int value = co_await source.next();
        EXPECT_EQ(value, 9);
        other.join();
    });
}

TEST(foreign_awaiter, that_is_never_resumed_is_a_deadlock_and_named_in_it) {
    std::string tree;
    try {
        simul::run([]() -> task<> { co_await std::suspend_always(); }());
    } catch (const simul::deadlock& e) {
        tree = e.tree();
    }
    EXPECT_NE(tree.find("an awaiter of the program's"), std::string::npos) << tree;
    EXPECT_NE(simul_test::take_log().find("did not end when it was cancelled"), std::string::npos);
}

// It stores the task's own handle, which nobody but the loop may resume.
struct with_a_template {
    with_a_template() noexcept {}
    static bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise>) const noexcept {}
    static void await_resume() noexcept {}
};

// It hands the coroutine on to an awaiter that knows of loops.
class decorated {
public:
    explicit decorated(simul::event& e) : inner_(e.wait()) {}
    [[nodiscard]] bool await_ready() const noexcept { return inner_.await_ready(); }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return inner_.await_suspend(awaiting);
    }
    int await_resume() {
        inner_.await_resume();
        return 1;
    }

private:
    decltype(std::declval<simul::event&>().wait()) inner_;
};

TEST(foreign_awaiter, with_a_template_must_hand_the_coroutine_on_to_another) {
    run_virtual([]() -> task<> {
        bool caught = false;
        try {
            co_await with_a_template();
        } catch (const std::logic_error&) {
            caught = true;
        }
        EXPECT_TRUE(caught);

        simul::event e;
        const auto set_later = [&]() -> task<> {
            co_await simul::yield();
            e.set();
        };
        auto setting = simul::spawn(set_later);
        const int one = co_await decorated(e);
        const int ready = co_await decorated(e);
        EXPECT_EQ(one + ready, 2);
        co_await setting;
    });
}

TEST(foreign_awaiter, resumed_on_another_thread_is_reported_in_debug_mode) {
    simul::run(
        []() -> task<> {
            callback_source source;
            auto waiting = simul::spawn(next_of_source(source));
            co_await simul::yield();
            std::thread([&] { source.fire(1); }).join();
            co_await waiting;
        }(),
        {.debug = true});
    EXPECT_NE(simul_test::take_log().find("a coroutine was resumed on a thread that is not"),
              std::string::npos);
}

} // namespace
