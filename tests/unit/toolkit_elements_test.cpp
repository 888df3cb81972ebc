// Adaptors that make something of each element, or leave some out.
#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "sources.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::task;
using simul_test::ending_of;
using simul_test::expect_from_every_source;
using simul_test::generated;
using simul_test::list_of;
using simul_test::one_by_one;
using simul_test::random_inputs;
using simul_test::run_virtual;
using simul_test::with_pauses;
using namespace std::chrono_literals;

bool is_odd(int n) { return n % 2 != 0; }

// The same as a coroutine function, which sometimes waits.
task<bool> is_odd_later(int n) {
    if (n > 2) co_await simul::sleep(1ms);
    co_return is_odd(n);
}

struct point {
    int x;
    int y;
    [[nodiscard]] int sum() const { return x + y; }
};

TEST(transform, is_a_loop_that_calls_the_function) {
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<long> expected;
        for (int n : input) expected.push_back(3L * n + 1);
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) |
                       simul::transform([](int n) { return 3L * n + 1; });
            },
            expected);
    }
}

TEST(transform, takes_members_and_the_parts_of_pairs) {
    const std::vector<point> points{{1, 2}, {3, 4}};
    EXPECT_EQ(points | simul::transform(&point::x) | simul::collect(), list_of(1, 3));
    EXPECT_EQ(points | simul::transform(&point::sum) | simul::collect(), list_of(3, 7));
    const std::vector<std::pair<int, std::string>> pairs{{1, "a"}, {2, "bb"}};
    const auto fits = [](int n, const std::string& s) {
        return static_cast<std::size_t>(n) == s.size();
    };
    EXPECT_EQ(pairs | simul::filter(fits) | simul::count(), 2U);
}

TEST(transform, to_a_reference_gives_the_object_itself) {
    std::vector<point> points{{1, 2}, {3, 4}};
    for (int& x : points | simul::transform(&point::x)) x *= 10;
    EXPECT_EQ(points[1].x, 30);
}

TEST(transform, moves_an_element_on_that_a_stage_before_has_made) {
    auto moved = list_of(1, 2) | simul::transform([](int n) { return std::make_unique<int>(n); }) |
                 simul::transform([](std::unique_ptr<int> p) {
                     *p += 10;
                     return p;
                 });
    const std::vector<std::unique_ptr<int>> all = simul::collect(std::move(moved));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(*all[1], 12);
}

TEST(transform, leaves_the_elements_of_a_container_where_they_are) {
    const std::vector<std::string> words{"a long word that is on the heap", "b"};
    std::vector<std::string> changeable = words;
    EXPECT_EQ(changeable | simul::transform([](std::string s) { return s; }) | simul::collect(),
              words);
    EXPECT_EQ(changeable | simul::collect(), words);
    EXPECT_EQ(changeable, words);
}

TEST(transform, awaits_a_coroutine_function_one_element_after_the_other) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        const auto later = [](int n) -> task<int> {
            co_await simul::sleep(10ms);
            co_return n * 2;
        };
        EXPECT_EQ(co_await (list_of(1, 2, 3) | simul::transform(later) | simul::collect()),
                  list_of(2, 4, 6));
        EXPECT_EQ(simul::clock::now() - began, 30ms);
        EXPECT_EQ(co_await (with_pauses(list_of(1, 2)) | simul::transform(later) |
                            simul::transform(later) | simul::collect()),
                  list_of(4, 8));
    });
}

TEST(filter, is_a_loop_with_an_if) {
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<int> expected;
        for (int n : input) {
            if (is_odd(n)) expected.push_back(n);
        }
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::filter(is_odd);
            },
            expected);
        run_virtual([&]() -> task<> {
            EXPECT_EQ(co_await (input | simul::filter(is_odd_later) | simul::collect()), expected);
            EXPECT_EQ(
                co_await (with_pauses(input) | simul::filter(is_odd_later) | simul::collect()),
                expected);
        });
    }
}

TEST(filter, calls_each_function_before_it_once_per_element) {
    int calls = 0;
    const auto counted = [&](int n) {
        ++calls;
        return n;
    };
    EXPECT_EQ(simul::count(10) | simul::take(6) | simul::transform(counted) |
                  simul::filter(is_odd) | simul::collect(),
              list_of(11, 13, 15));
    EXPECT_EQ(calls, 6);
}

TEST(filter_map, leaves_out_what_is_empty) {
    const auto half = [](int n) { return is_odd(n) ? std::optional<int>() : n / 2; };
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<int> expected;
        for (int n : input) {
            if (const std::optional<int> found = half(n)) expected.push_back(*found);
        }
        expect_from_every_source(
            input,
            [&](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::filter_map(half);
            },
            expected);
        run_virtual([&]() -> task<> {
            const auto later = [&](int n) -> task<std::optional<int>> { co_return half(n); };
            EXPECT_EQ(co_await (input | simul::filter_map(later) | simul::collect()), expected);
        });
    }
}

TEST(filter_map, gives_what_a_pointer_points_to) {
    std::vector<std::unique_ptr<int>> owners;
    owners.push_back(std::make_unique<int>(1));
    owners.push_back(nullptr);
    for (int& n : owners | simul::filter_map([](auto& p) { return p.get(); })) n = 5;
    EXPECT_EQ(*owners[0], 5);
}

TEST(enumerate, counts_from_0_or_from_where_it_is_told) {
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<std::pair<std::size_t, int>> expected;
        for (int n : input) expected.emplace_back(expected.size() + 3, n);
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::enumerate(3);
            },
            expected);
    }
    std::vector<int> values{0, 0};
    for (auto [i, value] : values | simul::enumerate()) value = static_cast<int>(i) + 1;
    EXPECT_EQ(values, list_of(1, 2));
}

TEST(inspect, sees_every_element_on_its_way) {
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<int> seen;
        std::vector<int> expected; // one time per source
        expect_from_every_source(
            input,
            [&](auto&& source) {
                expected.insert(expected.end(), input.begin(), input.end());
                return std::forward<decltype(source)>(source) |
                       simul::inspect([&](int n) { seen.push_back(n); });
            },
            input);
        EXPECT_EQ(seen, expected);
    }
}

TEST(inspect, awaits_a_coroutine_function_before_it_hands_the_element_on) {
    run_virtual([]() -> task<> {
        int seen = 0;
        const auto see = [&](int n) -> task<> {
            co_await simul::sleep(1ms);
            seen = n;
        };
        auto pipe = one_by_one(list_of(1, 2)) | simul::inspect(see);
        while (auto n = co_await pipe.next()) EXPECT_EQ(*n, seen);
        EXPECT_EQ(seen, 2);
    });
}

TEST(accumulate, gives_running_totals) {
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<int> sums;
        std::vector<long> products{1};
        for (int n : input) {
            sums.push_back((sums.empty() ? 0 : sums.back()) + n);
            products.push_back(products.back() * (n + 1));
        }
        expect_from_every_source(
            input,
            [](auto&& source) { return simul::accumulate(std::forward<decltype(source)>(source)); },
            sums);
        const auto multiply = [](long total, int n) { return total * (n + 1); };
        expect_from_every_source(
            input,
            [&](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::accumulate(multiply, 1L);
            },
            products);
        run_virtual([&]() -> task<> {
            const auto later = [&](long total, int n) -> task<long> {
                co_return multiply(total, n);
            };
            EXPECT_EQ(co_await (input | simul::accumulate(later, 1L) | simul::collect()), products);
        });
    }
}

TEST(accumulate, may_begin_with_a_value_that_is_itself_a_range) {
    const std::vector<std::string> words{"a", "b"};
    const auto join = [](const std::string& all, const std::string& word) { return all + word; };
    EXPECT_EQ(words | simul::accumulate(join, std::string(">")) | simul::collect(),
              (std::vector<std::string>{">", ">a", ">ab"}));
}

TEST(accumulate, has_totals_of_the_type_of_its_first_value) {
    const std::vector<std::string> words{"ab", "", "c"};
    const auto add_length = [](std::size_t total, const std::string& word) {
        return total + word.size();
    };
    const std::vector<std::size_t> lengths{0, 2, 2, 3};
    EXPECT_EQ(words | simul::accumulate(add_length, std::size_t{0}) | simul::collect(), lengths);
    const auto add_cell = [](double total, const simul::csv::row& row) {
        return total + row.get<double>(0);
    };
    EXPECT_EQ(simul::csv::parse("1\n2\n") | simul::accumulate(add_cell, 0.5) | simul::collect(),
              (std::vector{0.5, 1.5, 3.5}));
    std::vector<std::unique_ptr<int>> owners;
    owners.push_back(std::make_unique<int>(4));
    const auto add_pointed = [](int total, const std::unique_ptr<int>& n) { return total + *n; };
    EXPECT_EQ(owners | simul::accumulate(add_pointed, 1) | simul::collect(), (std::vector{1, 5}));
    run_virtual([&]() -> task<> {
        const auto adds_later = [&](std::size_t total,
                                    const std::string& word) -> task<std::size_t> {
            co_return add_length(total, word);
        };
        EXPECT_EQ(
            co_await (words | simul::accumulate(adds_later, std::size_t{0}) | simul::collect()),
            lengths);
    });
}

TEST(distinct_adjacent, leaves_out_what_equals_the_one_before) {
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<int> expected;
        std::vector<int> by_parity;
        for (int n : input) {
            if (expected.empty() || expected.back() != n) expected.push_back(n);
            if (by_parity.empty() || is_odd(by_parity.back()) != is_odd(n)) by_parity.push_back(n);
        }
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::distinct_adjacent();
            },
            expected);
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::distinct_adjacent(is_odd);
            },
            by_parity);
    }
}

TEST(intersperse, puts_something_between_each_two) {
    for (const std::vector<int>& input : random_inputs()) {
        std::vector<int> expected;
        for (int n : input) {
            if (!expected.empty()) expected.push_back(-1);
            expected.push_back(n);
        }
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::intersperse(-1);
            },
            expected);
    }
    const std::vector<std::string> words{"a", "b"};
    EXPECT_EQ(words | simul::intersperse(", ") | simul::sum(), "a, b");
}

TEST(a_failing_function, ends_an_async_pipe) {
    run_virtual([]() -> task<> {
        const auto fails_at_2 = [](int n) {
            if (n == 2) throw std::runtime_error("it is 2");
            return n;
        };
        for (const bool waits : {false, true}) {
            auto source = waits ? with_pauses(list_of(1, 2, 3)) : one_by_one(list_of(1, 2, 3));
            auto pipe = std::move(source) | simul::transform(fails_at_2);
            const int* const first = co_await pipe.next();
            EXPECT_EQ(*first, 1);
            EXPECT_EQ(co_await ending_of(pipe.next()), "it is 2");
            EXPECT_EQ(co_await pipe.next(), nullptr);
            EXPECT_EQ(co_await pipe.next(), nullptr);
        }
    });
}

} // namespace
