#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/submit.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using simul::task;
using simul_test::log_capture;
using simul_test::run_real;
using simul_test::tracked;
using simul_test::tracked_counts;
using namespace std::chrono_literals;

task<int> answer() {
    co_await simul::yield();
    co_return 42;
}
task<int> fails() {
    co_await simul::yield();
    throw std::runtime_error("no answer");
}

TEST(post, runs_in_order_from_eight_threads_at_once) {
    simul::loop loop;
    constexpr int threads = 8;
    constexpr int posts = 2000;
    std::vector<std::vector<int>> seen(threads);
    int total = 0;
    std::vector<std::thread> posters;
    const auto loop_thread = std::this_thread::get_id();
    loop.run([](simul::loop& on, std::vector<std::vector<int>>& order, int& count,
                std::vector<std::thread>& started, std::thread::id here) -> task<> {
        for (std::size_t t = 0; t < threads; ++t) {
            started.emplace_back([&, t] {
                for (int i = 0; i < posts; ++i) {
                    on.post([&, t, i] {
                        EXPECT_EQ(std::this_thread::get_id(), here);
                        order[t].push_back(i);
                        ++count;
                    });
                }
            });
        }
        while (count < threads * posts) co_await simul::sleep(1ms);
    }(loop, seen, total, posters, loop_thread));
    for (std::thread& each : posters) each.join();
    for (const auto& order : seen) {
        EXPECT_EQ(order.size(), static_cast<std::size_t>(posts));
        EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    }
}

TEST(post, wakes_a_loop_that_waits) {
    simul::join_handle<> sleeper;
    simul::loop loop;
    std::thread other;
    const auto main = [&]() -> task<> {
        const auto waits = []() -> task<> {
            try {
                co_await simul::sleep_until(simul::clock::time_point::max());
            } catch (const simul::cancelled&) {
            }
        };
        sleeper = simul::spawn(waits());
        other = std::thread([&] {
            std::this_thread::sleep_for(5ms);
            loop.post([&] { sleeper.cancel(); });
        });
        co_await sleeper;
    };
    loop.run(main());
    other.join();
}

TEST(post, of_what_throws_is_logged_and_the_loop_goes_on) {
    log_capture log;
    simul::loop loop;
    bool second = false;
    loop.post([] { throw std::runtime_error("posted and failed"); });
    loop.post([] { throw 5; });
    loop.post([&] { second = true; });
    loop.run(answer());
    EXPECT_TRUE(second);
    EXPECT_EQ(log.count("posted and failed"), 1) << log.text();
    EXPECT_EQ(log.count("no std::exception"), 1) << log.text();
}

TEST(post, takes_move_only_functions_and_destroys_them_once) {
    tracked_counts counts;
    {
        simul::loop loop;
        int seen = 0;
        loop.post(
            [value = std::make_unique<int>(9), t = tracked(counts), &seen] { seen = *value; });
        loop.run(answer());
        EXPECT_EQ(seen, 9);
        EXPECT_TRUE(counts.balanced());
        loop.post([t = tracked(counts)] {});
    }
    EXPECT_TRUE(counts.balanced());
}

TEST(post, from_a_posted_function_and_from_a_task_runs_later) {
    std::string order;
    simul::loop loop;
    loop.post([&] {
        order += "first ";
        loop.post([&] { order += "third "; });
        order += "second ";
    });
    loop.run([](simul::loop& on, std::string& text) -> task<> {
        on.post([&] { text += "fourth "; });
        for (int i = 0; i < 1000 && text.size() < 26; ++i) co_await simul::sleep(100us);
    }(loop, order));
    EXPECT_TRUE(order == "first second third fourth " || order == "first second fourth third ")
        << order;
}

TEST(post, after_the_loop_was_closed_is_an_error) {
    simul::loop loop;
    loop.close();
    bool ran = false;
    EXPECT_THROW(loop.post([&] { ran = true; }), std::runtime_error);
    EXPECT_THROW((void)loop.submit(answer()), std::runtime_error);
    EXPECT_FALSE(ran);
}

TEST(post, racing_with_the_close_either_runs_or_says_so) {
    for (int i = 0; i < 50; ++i) {
        auto loop = std::make_unique<simul::loop>();
        std::atomic<int> accepted{0};
        std::atomic<int> ran{0};
        std::atomic<bool> refused{false};
        std::thread poster([&] {
            try {
                for (;;) {
                    loop->post([&] { ++ran; });
                    ++accepted;
                }
            } catch (const std::runtime_error&) {
                refused = true;
            }
        });
        loop->run(answer());
        loop->close();
        poster.join();
        EXPECT_TRUE(refused);
        EXPECT_LE(ran, accepted);
        loop.reset();
    }
}

TEST(submit, gives_a_future_of_the_value_or_the_exception) {
    simul::loop loop;
    std::thread other;
    loop.run([](simul::loop& on, std::thread& started) -> task<> {
        bool done = false;
        started = std::thread([&] {
            EXPECT_EQ(on.submit(answer()).get(), 42);
            EXPECT_THROW((void)on.submit(fails()).get(), std::runtime_error);
            on.submit(simul::sleep(1ms)).get();
            on.post([&] { done = true; });
        });
        while (!done) co_await simul::sleep(1ms);
    }(loop, other));
    other.join();
}

TEST(submit, from_eight_threads_at_once) {
    simul::loop loop;
    std::atomic<int> sum{0};
    std::vector<std::thread> submitters;
    loop.run(
        [](simul::loop& on, std::atomic<int>& total, std::vector<std::thread>& started) -> task<> {
            for (int t = 0; t < 8; ++t) {
                started.emplace_back([&] {
                    for (int i = 0; i < 100; ++i) total += on.submit(answer()).get();
                });
            }
            while (total < 8 * 100 * 42) co_await simul::sleep(1ms);
        }(loop, sum, submitters));
    for (std::thread& each : submitters) each.join();
    EXPECT_EQ(sum, 8 * 100 * 42);
}

TEST(submit, to_a_loop_that_is_closed_before_breaks_the_promise_or_cancels) {
    std::future<int> result;
    {
        simul::loop loop;
        result = loop.submit(answer());
    }
    EXPECT_THROW((void)result.get(), simul::cancelled);
}

TEST(submit, of_a_task_that_outlives_the_main_task_gives_cancelled) {
    simul::loop loop;
    std::future<void> result = loop.submit(simul::sleep(1h));
    loop.run(answer());
    EXPECT_THROW(result.get(), simul::cancelled);
}

} // namespace
