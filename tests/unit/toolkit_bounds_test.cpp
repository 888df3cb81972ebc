// Adaptors that begin or end a sequence elsewhere, and sequences without end.
#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "sources.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using simul::task;
using simul_test::expect_from_every_source;
using simul_test::generated;
using simul_test::list_of;
using simul_test::one_by_one;
using simul_test::random_inputs;
using simul_test::run_virtual;
using simul_test::with_pauses;
using namespace std::chrono_literals;

bool is_small(int n) { return n < 4; }
task<bool> is_small_later(int n) {
    if (n % 2 == 0) co_await simul::sleep(1ms);
    co_return is_small(n);
}

TEST(take, and_drop_divide_a_sequence) {
    for (const std::vector<int>& input : random_inputs()) {
        for (const std::size_t n :
             {std::size_t{0}, std::size_t{1}, input.size() / 2, input.size(), input.size() + 1}) {
            const auto middle =
                std::next(input.begin(), static_cast<std::ptrdiff_t>(std::min(n, input.size())));
            expect_from_every_source(
                input,
                [&](auto&& source) {
                    return std::forward<decltype(source)>(source) | simul::take(n);
                },
                std::vector<int>(input.begin(), middle));
            expect_from_every_source(
                input,
                [&](auto&& source) {
                    return std::forward<decltype(source)>(source) | simul::drop(n);
                },
                std::vector<int>(middle, input.end()));
        }
    }
}

TEST(take_while, and_drop_while_divide_a_sequence) {
    for (const std::vector<int>& input : random_inputs()) {
        const auto middle = std::find_if_not(input.begin(), input.end(), is_small);
        const std::vector<int> before(input.begin(), middle);
        const std::vector<int> after(middle, input.end());
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::take_while(is_small);
            },
            before);
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::drop_while(is_small);
            },
            after);
        run_virtual([&]() -> task<> {
            EXPECT_EQ(co_await (input | simul::take_while(is_small_later) | simul::collect()),
                      before);
            EXPECT_EQ(co_await (with_pauses(input) | simul::drop_while(is_small_later) |
                                simul::collect()),
                      after);
        });
    }
}

TEST(take, asks_for_no_more_than_it_gives) {
    auto numbers = generated(list_of(1, 2, 3, 4));
    EXPECT_EQ(numbers | simul::take(2) | simul::collect(), list_of(1, 2));
    EXPECT_EQ(*numbers.next(), 3);
    run_virtual([]() -> task<> {
        auto ticks = with_pauses(list_of(1, 2, 3, 4));
        const auto began = simul::clock::now();
        EXPECT_EQ(co_await (ticks | simul::take(2) | simul::collect()), list_of(1, 2));
        EXPECT_EQ(simul::clock::now() - began, 20ms);
        const int* const next = co_await ticks.next();
        EXPECT_EQ(*next, 3);
    });
}

TEST(take, refuses_a_negative_number) {
    EXPECT_THROW((void)(list_of(1) | simul::take(-1)), std::invalid_argument);
    EXPECT_THROW((void)(list_of(1) | simul::drop(-1)), std::invalid_argument);
}

TEST(take, closes_its_source_when_it_has_all) {
    run_virtual([]() -> task<> {
        bool cleaned_up = false;
        const auto numbers = [](bool& ended) -> simul::async_generator<int> {
            bool closed = false;
            try {
                for (int n = 0;; ++n) co_yield n;
            } catch (const simul::generator_exit&) {
                closed = true;
            }
            co_await simul::sleep(10ms); // clean-up that takes its time
            ended = closed;
        };
        auto pipe = numbers(cleaned_up) | simul::take(2);
        co_await pipe.next();
        co_await pipe.next();
        EXPECT_FALSE(cleaned_up);
        EXPECT_EQ(co_await pipe.next(), nullptr);
        EXPECT_TRUE(cleaned_up);
    });
}

TEST(cycle, begins_again_at_the_end) {
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<int> expected;
        for (std::size_t i = 0; !input.empty() && i < 2 * input.size() + 3; ++i) {
            expected.push_back(input[i % input.size()]);
        }
        expect_from_every_source(
            input,
            [&](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::cycle() |
                       simul::take(2 * input.size() + 3);
            },
            expected);
    }
}

TEST(cycle, copies_nothing_of_a_container) {
    simul_test::tracked_counts counts;
    std::vector<simul_test::tracked> values;
    values.reserve(2);
    values.emplace_back(counts);
    values.emplace_back(counts);
    EXPECT_EQ(values | simul::cycle() | simul::take(7) | simul::count(), 7U);
    EXPECT_EQ(counts.copied + counts.moved, 0);
}

TEST(repeat, gives_one_value_for_ever_or_so_many_times) {
    EXPECT_EQ(simul::repeat(7, 3) | simul::collect(), list_of(7, 7, 7));
    EXPECT_EQ(simul::repeat(7) | simul::take(2) | simul::collect(), list_of(7, 7));
    EXPECT_EQ(simul::repeat(7, 0) | simul::count(), 0U);
    EXPECT_THROW((void)simul::repeat(7, -1), std::invalid_argument);
}

TEST(count, of_numbers_goes_on_from_the_first) {
    EXPECT_EQ(simul::count(10) | simul::take(3) | simul::collect(), list_of(10, 11, 12));
    EXPECT_EQ(simul::count(1, -2) | simul::take(3) | simul::collect(), list_of(1, -1, -3));
    EXPECT_EQ(simul::count(0.0, 0.5) | simul::take(3) | simul::collect(), list_of(0.0, 0.5, 1.0));
    EXPECT_EQ(simul::count() | simul::take(2) | simul::collect(), (std::vector<std::size_t>{0, 1}));
    auto numbers = simul::count();
    EXPECT_EQ(*numbers.next(), 0U);
    EXPECT_EQ(numbers | simul::take(2) | simul::collect(), (std::vector<std::size_t>{1, 2}));
    constexpr int most = std::numeric_limits<int>::max();
    EXPECT_EQ(simul::count(most - 1) | simul::take(2) | simul::collect(), list_of(most - 1, most));
    constexpr int least = std::numeric_limits<int>::min();
    EXPECT_EQ(simul::count(least + 1, -1) | simul::take(2) | simul::collect(),
              list_of(least + 1, least));
}

TEST(count, of_whole_numbers_by_other_steps_gives_fractions) {
    EXPECT_EQ(simul::count(0, 0.5) | simul::take(3) | simul::collect(), list_of(0.0, 0.5, 1.0));
}

TEST(cycle, takes_truth_values_of_a_generator) {
    const auto answers = []() -> simul::generator<bool> {
        co_yield true;
        co_yield false;
    };
    EXPECT_EQ(answers() | simul::cycle() | simul::take(3) | simul::collect(),
              (std::vector<bool>{true, false, true}));
}

TEST(count, of_a_sequence_is_its_length) {
    using namespace simul; // its names are objects: nothing of std is found besides them
    const std::vector<int> three{1, 2, 3};
    EXPECT_EQ(count(three), 3U);
    EXPECT_EQ(three | count(), 3U);
    EXPECT_EQ(count(three, is_small), 3U);
    EXPECT_EQ(three | count([](int n) { return n > 1; }), 2U);
    run_virtual([&]() -> task<> {
        EXPECT_EQ(co_await count(one_by_one(three)), 3U);
        EXPECT_EQ(co_await (one_by_one(three) | count()), 3U);
    });
}

} // namespace
