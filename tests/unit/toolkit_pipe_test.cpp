// What goes for every pipe: what it owns, when it is evaluated, how it is read, moved and ended.
#include <simul/simul.hpp>

#include "allocations.hpp"
#include "next_of.hpp"
#include "run_virtual.hpp"
#include "sources.hpp"
#include "temp_dir.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <forward_list>
#include <memory>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using simul::async_generator;
using simul::generator;
using simul::task;
using simul_test::ending_of;
using simul_test::generated;
using simul_test::in_batches;
using simul_test::list_of;
using simul_test::one_by_one;
using simul_test::run_virtual;
using simul_test::tracked;
using simul_test::tracked_counts;
using simul_test::with_pauses;
using namespace std::chrono_literals;

using numbers = std::vector<int>;

bool is_odd(int n) { return n % 2 != 0; }
int doubled(int n) { return 2 * n; }

using view = decltype(numbers() | simul::filter(is_odd) | simul::enumerate());
static_assert(std::ranges::input_range<view> && std::ranges::view<view>);
static_assert(simul::sequence<view> && !simul::async_sequence<view>);
static_assert(std::ranges::input_range<decltype(simul::zip(numbers(), simul::count()))>);
using async_view = decltype(one_by_one(numbers()) | simul::filter(is_odd) | simul::enumerate());
static_assert(simul::async_sequence<async_view> && std::movable<async_view>);
static_assert(!std::ranges::range<async_view> && !std::copyable<view>);
static_assert(simul::async_sequence<simul::queue<int>&>);
static_assert(!simul::sequence<int> && !simul::sequence<const generator<int>&>);

generator<long> infinite_sequence() {
    for (long n = 0;; ++n) co_yield n;
}

async_generator<int> ticker(int n) {
    for (int i = 0; i < n; ++i) {
        co_await simul::sleep(10ms);
        co_yield i;
    }
}

TEST(a_pipe, does_nothing_before_it_is_read) {
    int calls = 0;
    const auto counted = [&](long n) {
        ++calls;
        return n;
    };
    auto squares = infinite_sequence() | simul::transform(counted) | simul::take(2);
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(simul::count(squares), 2U);
    EXPECT_EQ(calls, 2);
}

TEST(a_pipe, is_read_by_next_and_by_loops_and_goes_on_after_a_break) {
    auto squares = infinite_sequence() | simul::transform([](long n) { return n * n; });
    EXPECT_EQ(*squares.next(), 0);
    for (long n : squares) {
        if (n == 4) break;
    }
    EXPECT_EQ(*squares.next(), 9);
    numbers seen;
    for (long n : squares | std::views::take(2)) seen.push_back(static_cast<int>(n));
    EXPECT_EQ(seen, (list_of(16, 25)));
    seen.clear();
    for (long n : std::move(squares) | std::views::take(2)) seen.push_back(static_cast<int>(n));
    EXPECT_EQ(seen, (list_of(49, 64))); // std::views::take has looked one further before
}

TEST(a_pipe, refers_to_a_named_source_and_owns_any_other) {
    numbers named{1, 2, 3};
    for (int& n : named | simul::filter(is_odd)) n = 10;
    EXPECT_EQ(named, (list_of(10, 2, 10)));
    auto owner = [] { return list_of(1, 2, 3) | simul::filter(is_odd); }();
    EXPECT_EQ(simul::collect(owner), (list_of(1, 3)));
    const std::forward_list<int> list{1, 2, 3};
    EXPECT_EQ(list | simul::filter(is_odd) | simul::collect(), (list_of(1, 3)));
    auto source = infinite_sequence();
    EXPECT_EQ(source | simul::take(2) | simul::count(), 2U);
    EXPECT_EQ(*source.next(), 2);
}

TEST(a_pipe, owns_what_moves_with_it) {
    const auto check = [](auto pipe) {
        EXPECT_EQ(*pipe.next(), 1);
        auto moved = std::move(pipe); // half way
        EXPECT_EQ(*moved.next(), 3);
        EXPECT_EQ(moved.next(), nullptr);
        EXPECT_EQ(moved.next(), nullptr);
    };
    check(std::array{1, 2, 3} | simul::filter(is_odd));
    check(list_of(1, 2, 3) | simul::filter(is_odd));
    check(generated(list_of(1, 2, 3)) | simul::filter(is_odd));
    check(std::views::iota(1, 4) | simul::filter(is_odd));
    check(list_of(1, 2, 3) | std::views::transform([](int n) { return n; }) |
          simul::filter(is_odd));
}

TEST(a_pipe, can_be_assigned) {
    const auto make = [](int first) {
        return list_of(first, first + 1) | simul::transform([first](int n) { return n * first; });
    };
    auto pipe = make(1);
    EXPECT_EQ(*pipe.next(), 1);
    pipe = make(5);
    EXPECT_EQ(simul::collect(pipe), (list_of(25, 30)));
}

TEST(an_adaptor, can_be_named_used_again_and_joined_to_others) {
    const auto odd_ones = simul::filter(is_odd) | simul::take(2);
    const auto twice = odd_ones | simul::transform(doubled) | simul::collect();
    EXPECT_EQ(list_of(1, 2, 3, 5) | twice, (list_of(2, 6)));
    EXPECT_EQ(infinite_sequence() | simul::transform([](long n) { return static_cast<int>(n); }) |
                  twice,
              (list_of(2, 6)));
    run_virtual([&]() -> task<> { EXPECT_EQ(co_await (ticker(10) | twice), (list_of(2, 6))); });
}

TEST(a_pipe, becomes_a_generator_where_one_is_returned) {
    const auto odd_numbers = []() -> generator<int> {
        return list_of(1, 2, 3) | simul::filter(is_odd);
    };
    EXPECT_EQ(simul::collect(odd_numbers()), (list_of(1, 3)));
    const auto odd_ticks = []() -> async_generator<int> {
        return ticker(5) | simul::filter(is_odd);
    };
    run_virtual(
        [&]() -> task<> { EXPECT_EQ(co_await simul::collect(odd_ticks()), (list_of(1, 3))); });
}

TEST(a_pipe, hands_on_the_yielded_object_itself) {
    tracked_counts counts;
    const auto make = [](tracked_counts& c) -> generator<tracked> {
        tracked object(c, "");
        for (int i = 0; i < 3; ++i) co_yield object;
    };
    auto pipe = make(counts) | simul::filter([](const tracked&) { return true; }) |
                simul::inspect([](tracked&) {}) | simul::enumerate() | simul::drop(1);
    EXPECT_EQ(simul::count(pipe), 2U);
    EXPECT_EQ(counts.constructed, 1);
    const auto make_async = [](tracked_counts& c) -> async_generator<tracked> {
        tracked object(c, "");
        for (int i = 0; i < 3; ++i) co_yield object;
    };
    run_virtual([&]() -> task<> {
        counts = {};
        EXPECT_EQ(co_await (make_async(counts) |
                            simul::filter([](const tracked&) { return true; }) | simul::take(2) |
                            simul::throttle(1ms) | simul::count()),
                  2U);
        EXPECT_EQ(counts.constructed, 1);
    });
}

// How much more memory is asked for when there are more elements.
template <class Run>
long allocations_of(Run run, int count) {
    const long before = simul_test::allocations;
    run(count);
    return simul_test::allocations - before;
}

TEST(a_pipe, allocates_nothing_per_element) {
    if (!simul_test::counts_allocations)
        GTEST_SKIP() << "frames are not recycled, and new is the sanitizer's";
    const auto synchronous = [](int count) {
        const numbers values(static_cast<std::size_t>(count), 1);
        auto pipe = generated(values) | simul::filter(is_odd) | simul::transform(doubled) |
                    simul::enumerate() | simul::transform([](std::size_t, int n) { return n; }) |
                    simul::accumulate() | simul::distinct_adjacent() | simul::pairwise() |
                    simul::transform([](int a, int b) { return b - a; }) | simul::window(3) |
                    simul::transform([](auto w) { return w[0]; }) | simul::chunk(10) |
                    simul::flatten() | simul::chain(values) | simul::zip(simul::count()) |
                    simul::group_by([](int, std::size_t n) { return n / 10; });
        EXPECT_GT(simul::count(pipe), 0U);
    };
    EXPECT_EQ(allocations_of(synchronous, 1000), allocations_of(synchronous, 20'000));
    const auto asynchronous = [](int count) {
        run_virtual([count]() -> task<> {
            const numbers values(static_cast<std::size_t>(count), 1);
            const auto later = [](int n) -> task<int> { co_return n; };
            auto pipe = one_by_one(values) | simul::filter(is_odd) | simul::transform(later) |
                        simul::enumerate() |
                        simul::transform([](std::size_t, int n) { return n; }) | simul::chunk(10) |
                        simul::flatten() | simul::buffer(4) | simul::chain(in_batches(values, 16)) |
                        simul::zip(simul::count());
            auto firsts = std::move(pipe) | simul::transform([](int n, std::size_t) { return n; });
            EXPECT_GT(co_await simul::count(simul::merge(std::move(firsts), one_by_one(values))),
                      0U);
        });
    };
    asynchronous(1000); // after which there are frames to be used again
    EXPECT_EQ(allocations_of(asynchronous, 1000), allocations_of(asynchronous, 5000));
}

TEST(an_async_pipe, does_not_suspend_while_a_batch_lasts) {
    run_virtual([]() -> task<> {
        auto pipe = in_batches(list_of(0, 1, 2, 3, 4, 5), 3) | simul::filter(is_odd) |
                    simul::transform(doubled);
        auto first = pipe.next();
        EXPECT_FALSE(first.await_ready()); // the batch has to be asked for
        EXPECT_EQ(*co_await first, 2);
        auto second = pipe.next();
        EXPECT_FALSE(second.await_ready()); // of 0 1 2 it was the only one
        EXPECT_EQ(*co_await second, 6);
        auto third = pipe.next();
        EXPECT_TRUE(third.await_ready());
        EXPECT_EQ(*third.await_resume(), 10);
        EXPECT_EQ(co_await pipe.next(), nullptr);
    });
}

TEST(an_async_pipe, is_moved_half_way_and_added_to) {
    run_virtual([]() -> task<> {
        auto pipe = ticker(6) | simul::filter(is_odd);
        const int* n = co_await pipe.next();
        EXPECT_EQ(*n, 1);
        auto moved = std::move(pipe);
        n = co_await moved.next();
        EXPECT_EQ(*n, 3);
        auto longer = std::move(moved) | simul::transform(doubled);
        n = co_await longer.next();
        EXPECT_EQ(*n, 10);
        EXPECT_EQ(co_await longer.next(), nullptr);
        EXPECT_EQ(co_await longer.next(), nullptr);
        EXPECT_EQ(co_await pipe.next(), nullptr); // a moved-from one is empty
        EXPECT_THROW((void)(std::move(pipe) | simul::take(1)), std::logic_error);
    });
}

TEST(an_async_pipe, refuses_a_second_reader_while_one_waits) {
    run_virtual([]() -> task<> {
        auto pipe = ticker(2) | simul::transform(doubled);
        const auto read = [&]() -> task<std::string> {
            co_return co_await simul_test::result_of(pipe.next());
        };
        auto waits = simul::spawn(read());
        co_await simul::yield();
        const std::string error = co_await read();
        EXPECT_NE(error.find("somebody waits"), std::string::npos) << error;
        EXPECT_EQ(co_await waits, "0");
        EXPECT_EQ(co_await read(), "2");
    });
}

TEST(an_async_pipe, lets_a_cancel_out_and_is_ended_by_it) {
    run_virtual([]() -> task<> {
        auto pipe = ticker(100) | simul::transform(doubled);
        const auto owner = simul::spawn([&]() -> task<> {
            while (co_await pipe.next()) {
            }
        });
        co_await simul::sleep(15ms);
        owner.cancel();
        EXPECT_EQ(co_await ending_of(owner), "cancelled");
        EXPECT_EQ(co_await pipe.next(), nullptr);
    });
}

TEST(an_async_pipe, reads_a_queue_that_goes_on_being_filled) {
    run_virtual([]() -> task<> {
        simul::queue<std::unique_ptr<int>> queue(2);
        const auto fill = simul::spawn([&]() -> task<> {
            for (int n = 0; n < 5; ++n) {
                co_await queue.put(std::make_unique<int>(n));
                co_await simul::sleep(1ms);
            }
            queue.close();
        });
        const auto owners =
            co_await (queue | simul::filter([](const auto& owner) { return is_odd(*owner); }) |
                      simul::collect());
        EXPECT_EQ(owners.size(), 2U);
        EXPECT_EQ(*owners[1], 3);
        co_await fill;
    });
}

TEST(an_async_pipe, closes_its_source_and_gives_nothing_after_that) {
    run_virtual([]() -> task<> {
        for (const bool has_begun : {false, true}) {
            int ended = 0;
            const auto source = [](int& ends) -> async_generator<int> {
                struct at_end {
                    int& ends;
                    ~at_end() { ++ends; }
                } const counts{ends};
                for (int n = 0;; ++n) co_yield n;
            };
            auto pipe = source(ended) | simul::filter(is_odd) | simul::chunk(2);
            if (has_begun) co_await pipe.next();
            co_await pipe.close();
            EXPECT_EQ(ended, has_begun ? 1 : 0);
            EXPECT_EQ(co_await pipe.next(), nullptr);
        }
    });
}

TEST(an_async_pipe, leaves_a_named_source_open) {
    run_virtual([]() -> task<> {
        auto source = ticker(5);
        {
            auto pipe = source | simul::take(2);
            EXPECT_EQ(co_await simul::count(pipe), 2U);
            co_await pipe.close();
        }
        const int* const next = co_await source.next();
        EXPECT_EQ(*next, 2);
    });
}

TEST(an_async_pipe, goes_where_an_async_generator_goes) {
    run_virtual([]() -> task<> {
        int sum = 0;
        co_await simul::for_each_concurrent(ticker(5) | simul::filter(is_odd), 2,
                                            [&](int n) -> task<> {
                                                sum += n;
                                                co_return;
                                            });
        EXPECT_EQ(sum, 4);
        auto pipe = ticker(3) | simul::transform(doubled);
        const auto in_time = co_await simul::move_on_after(15ms, pipe.next());
        EXPECT_EQ(**in_time, 0);
    });
}

TEST(a_pipe, of_lines_and_rows_makes_records) {
    const simul_test::temp_dir dir;
    const auto text = dir.file("t.txt", "one 1\n\ntwo 2\nthree 3\n");
    const auto table = dir.file("t.csv", "name,n\n\"a, b\",1\nc,2\n");
    run_virtual([&]() -> task<> {
        const auto filled = [](std::string_view line) { return !line.empty(); };
        const auto last = [](std::string_view line) { return line.back() - '0'; };
        EXPECT_EQ(co_await (simul::lines(text, {.chunk_size = 1}) | simul::filter(filled) |
                            simul::transform(last) | simul::sum()),
                  6);
        const auto name = [](const simul::csv::row& row) { return row.get<std::string>("name"); };
        const std::vector<std::string> expected{"a, b", "c"};
        auto names = simul::csv::rows(table, {.header = true}) | simul::transform(name);
        EXPECT_EQ(co_await simul::collect(std::move(names)), expected);
    });
}

} // namespace
