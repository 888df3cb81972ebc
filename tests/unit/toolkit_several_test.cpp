// Adaptors of several sequences.
#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "sources.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
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

TEST(zip, goes_on_until_the_shortest_ends) {
    const std::vector<std::string> names{"a", "b", "c", "d"};
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<std::pair<int, std::string>> expected;
        for (std::size_t i = 0; i < std::min(input.size(), names.size()); ++i) {
            expected.emplace_back(input[i], names[i]);
        }
        expect_from_every_source(
            input,
            [&](auto&& source) {
                return simul::zip(std::forward<decltype(source)>(source), names);
            },
            expected);
        expect_from_every_source(
            input,
            [&](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::zip(generated(names));
            },
            expected);
        run_virtual([&]() -> task<> {
            EXPECT_EQ(co_await simul::collect(simul::zip(input, with_pauses(names))), expected);
            EXPECT_EQ(co_await simul::collect(simul::zip(with_pauses(input), one_by_one(names))),
                      expected);
        });
    }
}

TEST(zip, of_three_gives_tuples_of_references) {
    std::vector<int> numbers{1, 2};
    const std::vector<std::string> names{"a", "b"};
    for (auto [n, name, i] : simul::zip(numbers, names, simul::count(10))) {
        n += i + static_cast<int>(name.size());
    }
    EXPECT_EQ(numbers, list_of(12, 14));
}

TEST(zip, collects_what_can_only_be_moved) {
    auto owners = simul::count(1) | simul::take(2) |
                  simul::transform([](int n) { return std::make_unique<int>(n); });
    const auto pairs = simul::collect(simul::zip(std::move(owners), simul::repeat(0)));
    ASSERT_EQ(pairs.size(), 2U);
    EXPECT_EQ(*pairs[1].first, 2);
}

TEST(zip_longest, goes_on_until_the_longest_ends) {
    const std::vector<int> other{1, 2, 3, 4};
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<std::pair<std::optional<int>, std::optional<int>>> expected;
        for (std::size_t i = 0; i < std::max(input.size(), other.size()); ++i) {
            expected.emplace_back(i < input.size() ? std::optional(input[i]) : std::nullopt,
                                  i < other.size() ? std::optional(other[i]) : std::nullopt);
        }
        run_virtual([&]() -> task<> {
            EXPECT_EQ(simul::collect(simul::zip_longest(input, other)), expected);
            EXPECT_EQ(co_await simul::collect(simul::zip_longest(input, with_pauses(other))),
                      expected);
            EXPECT_EQ(co_await (one_by_one(input) | simul::zip_longest(other) | simul::collect()),
                      expected);
        });
    }
}

TEST(chain, gives_one_sequence_after_the_other) {
    const std::vector<int> more{8, 9};
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<int> expected = input;
        expected.insert(expected.end(), more.begin(), more.end());
        expect_from_every_source(
            input,
            [&](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::chain(more);
            },
            expected);
        expected.insert(expected.begin(), more.begin(), more.end());
        expect_from_every_source(
            input,
            [&](auto&& source) {
                return simul::chain(more, std::forward<decltype(source)>(source), generated(more));
            },
            expected);
        run_virtual([&]() -> task<> {
            EXPECT_EQ(
                co_await simul::collect(simul::chain(one_by_one(more), input, with_pauses(more))),
                expected);
        });
    }
}

TEST(chain, of_one_type_gives_the_elements_themselves) {
    std::vector<int> a{1};
    std::vector<int> b{2};
    for (int& n : simul::chain(a, b)) n *= 10;
    EXPECT_EQ(a[0] + b[0], 30);
}

TEST(chain, of_several_types_gives_what_they_have_in_common) {
    const std::vector<double> expected{1.0, 0.5};
    EXPECT_EQ(simul::collect(simul::chain(list_of(1), list_of(0.5))), expected);
    run_virtual([&]() -> task<> {
        EXPECT_EQ(co_await simul::collect(simul::chain(list_of(1), one_by_one(list_of(0.5)))),
                  expected);
    });
}

TEST(flatten, gives_the_elements_of_the_elements) {
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<int> expected;
        for (int n : input) expected.insert(expected.end(), static_cast<std::size_t>(n), n);
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) |
                       simul::transform([](int n) { return simul::repeat(n, n); }) |
                       simul::flatten();
            },
            expected);
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::transform([](int n) {
                           return std::vector<int>(static_cast<std::size_t>(n), n);
                       }) |
                       simul::flatten();
            },
            expected);
        run_virtual([&]() -> task<> {
            const auto ticks = [](int n) {
                return with_pauses(std::vector<int>(static_cast<std::size_t>(n), n));
            };
            EXPECT_EQ(
                co_await (input | simul::transform(ticks) | simul::flatten() | simul::collect()),
                expected);
            EXPECT_EQ(co_await (with_pauses(input) | simul::transform(ticks) | simul::flatten() |
                                simul::collect()),
                      expected);
        });
    }
}

TEST(flatten, of_a_container_that_the_pipe_has_made_moves_its_elements) {
    const auto owners = simul::count(1) | simul::take(2) | simul::transform([](int n) {
                            std::vector<std::unique_ptr<int>> made;
                            made.push_back(std::make_unique<int>(n));
                            made.push_back(std::make_unique<int>(-n));
                            return made;
                        }) |
                        simul::flatten() | simul::collect();
    ASSERT_EQ(owners.size(), 4U);
    EXPECT_EQ(*owners[3], -2);
}

TEST(flatten, leaves_the_elements_of_a_named_container_where_they_are) {
    std::vector<std::vector<std::string>> nested{{"one that is long enough for the heap"}};
    const auto before = nested;
    EXPECT_EQ(simul::collect(simul::flatten(nested)), before[0]);
    EXPECT_EQ(nested, before);
}

} // namespace
