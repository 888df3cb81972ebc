#include <simul/coro/run.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/for_each_concurrent.hpp>
#include <simul/gen/generator.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::async_generator;
using simul::for_each_concurrent;
using simul::task;
using simul_test::ending_of;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::work_log;
using simul_test::worker;
using namespace std::chrono_literals;

// Counts how many run at the same time.
struct gauge {
    int now = 0;
    int most = 0;
    int all = 0;

    task<> hold(std::chrono::milliseconds time) {
        most = std::max(most, ++now);
        ++all;
        co_await simul::sleep(time);
        --now;
    }
};

async_generator<int> ticks(int n, std::chrono::milliseconds every) {
    for (int i = 0; i < n; ++i) {
        co_await simul::sleep(every);
        co_yield i;
    }
}

TEST(for_each_concurrent, runs_as_many_at_a_time_as_the_limit_says) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            for (const int limit : {1, 3, 7, 100}) {
                gauge g;
                const auto began = simul::clock::now();
                co_await for_each_concurrent(std::views::iota(0, 21),
                                             static_cast<std::size_t>(limit),
                                             [&](int) { return g.hold(10ms); });
                EXPECT_EQ(g.all, 21);
                EXPECT_EQ(g.most, std::min(limit, 21));
                EXPECT_EQ(simul::clock::now() - began, 10ms * ((21 + limit - 1) / limit));
            }
        });
    });
}

TEST(for_each_concurrent, of_nothing_ends_at_once_and_a_limit_of_nothing_is_an_error) {
    run_virtual([]() -> task<> {
        const std::vector<int> none;
        co_await for_each_concurrent(none, 4, [](int) { return simul::sleep(1s); });
    });
    EXPECT_THROW(
        (void)for_each_concurrent(std::vector<int>{1}, 0, [](int) { return simul::sleep(1s); }),
        std::invalid_argument);
}

TEST(for_each_concurrent, a_free_place_is_taken_at_once) {
    run_virtual([]() -> task<> {
        std::vector<std::chrono::milliseconds> times{50ms, 10ms, 10ms, 10ms, 10ms, 10ms};
        const auto began = simul::clock::now();
        co_await for_each_concurrent(times, 2, [](auto time) { return simul::sleep(time); });
        EXPECT_EQ(simul::clock::now() - began, 50ms);
    });
}

TEST(for_each_concurrent, gives_the_elements_of_a_container_themselves) {
    run_virtual([]() -> task<> {
        std::list<std::unique_ptr<int>> pointers;
        for (int i = 0; i < 5; ++i) pointers.push_back(std::make_unique<int>(i));
        co_await for_each_concurrent(pointers, 2, [](std::unique_ptr<int>& each) -> task<> {
            co_await simul::sleep(1ms);
            *each += 10;
        });
        EXPECT_EQ(*pointers.front(), 10);
        EXPECT_EQ(*pointers.back(), 14);
        std::vector<std::string> texts{"a", "b", "c"};
        std::string seen;
        co_await for_each_concurrent(std::move(texts), 2, [&](const std::string& each) -> task<> {
            co_await simul::sleep(1ms);
            seen += each;
        });
        EXPECT_EQ(seen, "abc");
    });
}

TEST(for_each_concurrent, copies_what_a_generator_shows_for_a_moment) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto words = []() -> simul::generator<std::string> {
                std::string word;
                for (char c = 'a'; c < 'f'; ++c) {
                    word += c;
                    co_yield word;
                }
            };
            const auto async_words = []() -> async_generator<std::string> {
                std::string word;
                for (char c = 'a'; c < 'f'; ++c) {
                    word += c;
                    co_yield word;
                    co_await simul::sleep(1ms);
                }
            };
            std::vector<std::string> seen;
            const auto note = [&](const std::string& word) -> task<> {
                co_await simul::sleep(10ms);
                seen.push_back(word);
            };
            co_await for_each_concurrent(words(), 3, note);
            co_await for_each_concurrent(async_words(), 3, note);
            std::ranges::sort(seen);
            EXPECT_EQ(seen, (std::vector<std::string>{"a", "a", "ab", "ab", "abc", "abc", "abcd",
                                                      "abcd", "abcde", "abcde"}));
        });
    });
}

TEST(for_each_concurrent, moves_what_cannot_be_copied) {
    run_virtual([]() -> task<> {
        const auto makes = []() -> async_generator<std::unique_ptr<int>> {
            for (int i = 0; i < 5; ++i) co_yield std::make_unique<int>(i);
        };
        int sum = 0;
        co_await for_each_concurrent(makes(), 3, [&](std::unique_ptr<int> each) -> task<> {
            co_await simul::sleep(1ms);
            sum += *each;
        });
        EXPECT_EQ(sum, 10);
    });
}

TEST(for_each_concurrent, asks_a_slow_generator_while_tasks_run) {
    run_virtual([]() -> task<> {
        gauge g;
        const auto began = simul::clock::now();
        co_await for_each_concurrent(ticks(10, 10ms), 3, [&](int) { return g.hold(25ms); });
        EXPECT_EQ(g.all, 10);
        EXPECT_EQ(g.most, 3);
        EXPECT_EQ(simul::clock::now() - began, 125ms);
    });
}

TEST(for_each_concurrent, asks_for_no_more_than_one_element_ahead) {
    run_virtual([]() -> task<> {
        int asked = 0;
        int begun = 0;
        const auto endless = [&]() -> simul::generator<int> {
            for (;;) co_yield ++asked;
        };
        const auto first = [&](int) -> task<> {
            if (++begun == 50) throw std::runtime_error("enough");
            co_await simul::sleep(1ms);
            EXPECT_LE(asked, begun + 1);
        };
        EXPECT_EQ(co_await ending_of(for_each_concurrent(endless(), 4, first)), "enough");
    });
}

TEST(for_each_concurrent, a_named_generator_goes_on_afterwards) {
    run_virtual([]() -> task<> {
        auto source = ticks(10, 1ms);
        const auto stops = [](int i) -> task<> {
            if (i == 3) throw std::runtime_error("three");
            co_return;
        };
        EXPECT_EQ(co_await ending_of(for_each_concurrent(source, 1, stops)), "three");
        int left = 0;
        co_await for_each_concurrent(source, 1, [&](int) -> task<> {
            ++left;
            co_return;
        });
        EXPECT_LE(left, 6);
    });
}

TEST(for_each_concurrent, the_first_failure_cancels_the_rest_and_waits_for_them) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto work = [&](int i) -> task<> {
                if (i == 2) {
                    co_await simul::sleep(5ms);
                    throw std::runtime_error("two");
                }
                (void)co_await worker(log, 1h, 0, 30ms);
            };
            const auto began = simul::clock::now();
            EXPECT_EQ(co_await ending_of(for_each_concurrent(std::views::iota(0, 100), 5, work)),
                      "two");
            EXPECT_EQ(log.begun, 4);
            EXPECT_EQ(log.ended, 4);
            EXPECT_EQ(simul::clock::now() - began, 35ms);
        });
    });
}

TEST(for_each_concurrent, a_failure_of_the_sequence_cancels_the_rest) {
    run_virtual([]() -> task<> {
        work_log log;
        const auto fails = []() -> async_generator<int> {
            co_yield 1;
            co_await simul::sleep(1ms);
            throw std::runtime_error("source");
        };
        const auto work = [&](int) { return worker(log, 1h); };
        EXPECT_EQ(co_await ending_of(for_each_concurrent(fails(), 5, work)), "source");
        EXPECT_EQ(log.ended, 1);
    });
}

TEST(for_each_concurrent, a_task_that_gives_itself_up_makes_room) {
    run_virtual([]() -> task<> {
        int begun = 0;
        co_await for_each_concurrent(std::views::iota(0, 10), 2, [&](int) -> task<> {
            ++begun;
            co_await simul::yield();
            throw simul::cancelled{};
        });
        EXPECT_EQ(begun, 10);
    });
}

TEST(for_each_concurrent, a_cancel_of_the_caller_cancels_all) {
    for (const auto after : {0ms, 1ms, 5ms, 10ms}) {
        over_orders(30, [&](simul::run_options options) {
            run_with(options, [&]() -> task<> {
                work_log log;
                simul_test::tracked_counts counts;
                const simul_test::tracked captured(counts);
                const auto work = [&log, captured](int) { return worker(log, 7ms, 0, 20ms); };
                auto h = simul::spawn(for_each_concurrent(ticks(10, 2ms), 2, work));
                if (after != 0ms) co_await simul::sleep(after);
                h.cancel();
                EXPECT_EQ(co_await ending_of(h), "cancelled");
                EXPECT_EQ(log.ended, log.begun);
                EXPECT_LE(log.begun, 4);
            });
        });
    }
}

} // namespace
