#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/submit.hpp>
#include <simul/gen/async_generator.hpp>

#include "let_the_time_pass.hpp"
#include "log_capture.hpp"
#include "polite.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <uv.h>

#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using simul::task;
using simul_test::tracked;
using simul_test::tracked_counts;
using namespace std::chrono_literals;

// A program's own libuv loop with a timer of its own that ticks every two milliseconds.
class host {
public:
    host() {
        EXPECT_EQ(uv_loop_init(&loop_), 0);
        EXPECT_EQ(uv_timer_init(&loop_, &timer_), 0);
        timer_.data = this;
    }
    host(const host&) = delete;
    host& operator=(const host&) = delete;
    ~host() {
        uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
        EXPECT_EQ(uv_run(&loop_, UV_RUN_DEFAULT), 0);
        EXPECT_EQ(uv_loop_close(&loop_), 0) << "handles are left in the host's loop";
    }

    uv_loop_t* loop() { return &loop_; }

    // Ticks so often, calling `each`, and stops.
    template <class Fn>
    void tick(int times, Fn each) {
        left_ = times;
        each_ = std::move(each);
        const auto ticked = [](uv_timer_t* timer) {
            host& self = *static_cast<host*>(timer->data);
            ++self.ticks;
            self.each_();
            if (--self.left_ == 0) uv_timer_stop(timer);
        };
        EXPECT_EQ(uv_timer_start(&timer_, ticked, 2, 2), 0);
    }
    int run() { return uv_run(&loop_, UV_RUN_DEFAULT); }
    void run_once() { uv_run(&loop_, UV_RUN_ONCE); }

    int ticks = 0;

private:
    uv_loop_t loop_{};
    uv_timer_t timer_{};
    int left_ = 0;
    std::function<void()> each_;
};

task<int> value_after(std::chrono::milliseconds delay, int value) {
    co_await simul::sleep(delay);
    co_return value;
}

TEST(hosted_loop, runs_tasks_inside_of_the_hosts_uv_run_next_to_its_handles) {
    host h;
    int result = 0;
    {
        simul::loop loop(h.loop());
        const auto main = [&]() -> task<> {
            const auto [a, b] = co_await simul::gather(value_after(3ms, 1), value_after(5ms, 2));
            result = a + b;
        };
        auto handle = loop.spawn(main());
        h.tick(5, [] {});
        EXPECT_EQ(h.run(), 0);
        EXPECT_TRUE(handle.done());
    }
    EXPECT_EQ(result, 3);
    EXPECT_EQ(h.ticks, 5);
}

TEST(hosted_loop, keeps_the_host_running_while_there_are_tasks_and_no_longer) {
    host h;
    simul::loop loop(h.loop());
    EXPECT_EQ(h.run(), 0) << "no task, nothing to wait for";
    const auto began = std::chrono::steady_clock::now();
    auto handle = loop.spawn(value_after(10ms, 1));
    EXPECT_EQ(h.run(), 0);
    EXPECT_TRUE(handle.done());
    EXPECT_GE(std::chrono::steady_clock::now() - began, 10ms);
    loop.close();
}

TEST(hosted_loop, spawns_and_cancels_from_the_hosts_callbacks) {
    host h;
    simul::loop loop(h.loop());
    simul::join_handle<int> spawned;
    simul::join_handle<int> cancelled_one = loop.spawn(value_after(1h, 1));
    int calls = 0;
    h.tick(4, [&] {
        if (++calls == 1) spawned = loop.spawn(value_after(1ms, 7));
        if (calls == 2) cancelled_one.cancel();
    });
    EXPECT_EQ(h.run(), 0);
    EXPECT_TRUE(spawned.done());
    EXPECT_TRUE(cancelled_one.done());
    loop.close();
}

TEST(hosted_loop, tasks_that_never_rest_do_not_starve_the_host) {
    host h;
    simul::loop loop(h.loop());
    bool stop = false;
    const auto spins = [&]() -> task<> {
        while (!stop) co_await simul::yield();
    };
    auto spinner = loop.spawn(spins());
    h.tick(5, [&] { stop = h.ticks >= 5; });
    EXPECT_EQ(h.run(), 0);
    EXPECT_TRUE(spinner.done());
    loop.close();
}

TEST(hosted_loop, may_also_be_run_like_any_other) {
    host h;
    simul::loop loop(h.loop());
    EXPECT_EQ(loop.run(value_after(2ms, 5)), 5);
    h.tick(2, [] {});
    EXPECT_EQ(loop.run(value_after(20ms, 6)), 6);
    EXPECT_EQ(h.ticks, 2);
    loop.close();
}

TEST(hosted_loop, closed_with_tasks_lets_them_unwind) {
    host h;
    tracked_counts counts;
    bool was_cancelled = false;
    {
        simul::loop loop(h.loop());
        const auto sleeps = [&]() -> task<> {
            const tracked local(counts);
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) {
                was_cancelled = true;
                throw;
            }
        };
        (void)loop.spawn(sleeps); // which keeps the lambda: the loop outlives the one here
        h.tick(1, [&] { uv_stop(h.loop()); });
        h.run();
    }
    EXPECT_TRUE(was_cancelled);
    EXPECT_TRUE(counts.balanced());
}

TEST(hosted_loop, may_be_closed_in_a_callback_of_the_host) {
    host h;
    auto loop = std::make_unique<simul::loop>(h.loop());
    (void)loop->spawn(value_after(1h, 1));
    h.tick(2, [&] { loop.reset(); });
    EXPECT_EQ(h.run(), 0);
}

TEST(hosted_loop, hears_of_posts_and_submits) {
    host h;
    simul::loop loop(h.loop());
    bool stop = false;
    const auto waits = [&]() -> task<> {
        while (!stop) co_await simul::sleep(1ms);
    };
    auto waiting = loop.spawn(waits());
    int got = 0;
    std::thread other([&] {
        got = loop.submit(value_after(1ms, 8)).get();
        loop.post([&] { stop = true; });
    });
    EXPECT_EQ(h.run(), 0);
    other.join();
    EXPECT_EQ(got, 8);
    EXPECT_TRUE(waiting.done());
    loop.close();
}

// It begins outside of any turn.
TEST(hosted_loop, wakes_a_clean_up_out_of_a_long_sleep) {
    host h;
    simul::loop loop(h.loop());
    simul_test::words log;
    auto kept = std::make_unique<simul::async_generator<int>>(simul_test::polite(log, "", 1h));
    const auto begin = [&]() -> task<> { (void)co_await kept->next(); };
    (void)loop.spawn(begin());
    EXPECT_EQ(h.run(), 0);
    loop.post([&] { kept.reset(); });
    h.tick(3, [&] { // a post alone does not keep the host running
        if (h.ticks == 2) loop.post(simul_test::let_the_time_pass);
    });
    EXPECT_EQ(h.run(), 0);
    EXPECT_EQ(log, (simul_test::words{"leaves", "left"}));
    loop.close();
}

TEST(hosted_loop, closes_when_what_its_last_task_leaves_behind_has_ended) {
    host h;
    simul::loop loop(h.loop());
    simul_test::words log;
    // The parameter goes with the frame, when the task has ended.
    const auto holds = [](simul::async_generator<int> g) -> task<> {
        (void)co_await g.next();
        co_await simul::sleep(1h);
    };
    (void)loop.spawn(holds(simul_test::polite(log, "", 2ms)));
    h.tick(3, [] {});
    h.run_once();
    h.run_once();
    loop.close();
    EXPECT_EQ(log, (simul_test::words{"leaves", "left"}));
}

TEST(hosted_loop, passes_virtual_time_too) {
    host h;
    simul::loop loop(h.loop(), {.virtual_time = true});
    const auto before = loop.now();
    auto handle = loop.spawn(value_after(24h, 3));
    h.tick(500, [] {});
    uv_timer_t guard;
    uv_timer_init(h.loop(), &guard);
    uv_timer_start(&guard, [](uv_timer_t* timer) { uv_stop(timer->loop); }, 2000, 0);
    uv_unref(reinterpret_cast<uv_handle_t*>(&guard));
    h.run();
    uv_close(reinterpret_cast<uv_handle_t*>(&guard), nullptr);
    EXPECT_TRUE(handle.done());
    EXPECT_EQ(loop.now() - before, 24h);
    loop.close();
}

TEST(hosted_loop, two_of_them_share_one_host) {
    host h;
    simul::loop first(h.loop());
    simul::loop second(h.loop());
    auto a = first.spawn(value_after(2ms, 1));
    auto b = second.spawn(value_after(3ms, 2));
    EXPECT_EQ(h.run(), 0);
    EXPECT_TRUE(a.done());
    EXPECT_TRUE(b.done());
    second.close();
    first.close();
}

TEST(hosted_loop, shows_its_tasks_on_a_signal_while_the_host_waits) {
    simul_test::log_capture log;
    host h;
    {
        simul::loop loop(h.loop(), {.dump_signal = SIGUSR1});
        const auto sleeper = loop.spawn(value_after(1h, 1), "sleeper");
        h.tick(3, [&] {
            if (h.ticks == 1) std::raise(SIGUSR1);
            if (h.ticks == 3) sleeper.cancel();
        });
        EXPECT_EQ(h.run(), 0);
    }
    EXPECT_EQ(log.count("\"sleeper\""), 1) << log.text();
    EXPECT_EQ(log.count(": sleep 3.6e+03 s left"), 1) << log.text();
}

} // namespace
