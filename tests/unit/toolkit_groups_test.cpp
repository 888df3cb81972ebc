// Adaptors that put several elements together.
#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "sources.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul_test::expect_from_every_source;
using simul_test::generated;
using simul_test::random_inputs;

using row = std::vector<int>;
using rows = std::vector<row>;

TEST(chunk, cuts_a_sequence_into_pieces) {
    for (const row& input : random_inputs()) {
        for (const std::size_t size : {1U, 3U, 50U}) {
            rows expected;
            for (std::size_t i = 0; i < input.size(); i += size) {
                const std::size_t n = std::min(size, input.size() - i);
                expected.emplace_back(input.begin() + static_cast<std::ptrdiff_t>(i),
                                      input.begin() + static_cast<std::ptrdiff_t>(i + n));
            }
            expect_from_every_source(
                input,
                [&](auto&& source) {
                    return std::forward<decltype(source)>(source) | simul::chunk(size);
                },
                expected);
        }
    }
}

TEST(chunk, of_what_can_only_be_moved_moves_it) {
    auto owners = simul::count(1) | simul::take(5) |
                  simul::transform([](int n) { return std::make_unique<int>(n); });
    auto pairs = std::move(owners) | simul::chunk(2);
    int sum = 0;
    std::size_t sizes = 0;
    while (auto pair = pairs.next()) {
        for (const auto& owner : *pair) sum += *owner;
        sizes = sizes * 10 + pair->size();
    }
    EXPECT_EQ(sum, 15);
    EXPECT_EQ(sizes, 221U);
}

TEST(chunk, uses_its_memory_again) {
    const std::vector<std::string> words(9, std::string(100, 'x'));
    auto chunks = words | simul::chunk(3);
    const char* const where = chunks.next()->front().data();
    EXPECT_EQ(chunks.next()->front().data(), where);
    const std::vector<std::string> taken = std::move(*chunks.next()); // it may be moved away, too
    EXPECT_EQ(taken, (std::vector<std::string>(3, words[0])));
    EXPECT_EQ(chunks.next(), nullptr);
}

TEST(window, slides_over_a_sequence) {
    for (const row& input : random_inputs()) {
        for (const std::size_t size : {1U, 3U, 8U}) {
            rows expected;
            for (std::size_t i = 0; i + size <= input.size(); ++i) {
                expected.emplace_back(input.begin() + static_cast<std::ptrdiff_t>(i),
                                      input.begin() + static_cast<std::ptrdiff_t>(i + size));
            }
            expect_from_every_source(
                input,
                [&](auto&& source) {
                    return std::forward<decltype(source)>(source) | simul::window(size);
                },
                expected);
        }
    }
}

TEST(window, and_chunk_refuse_a_size_of_0) {
    EXPECT_THROW((void)(row{1} | simul::window(0)), std::invalid_argument);
    EXPECT_THROW((void)(row{1} | simul::chunk(0)), std::invalid_argument);
}

TEST(pairwise, gives_each_element_with_the_next) {
    for (const row& input : random_inputs()) {
        std::vector<std::pair<int, int>> expected;
        for (std::size_t i = 1; i < input.size(); ++i)
            expected.emplace_back(input[i - 1], input[i]);
        expect_from_every_source(
            input,
            [](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::pairwise();
            },
            expected);
    }
}

TEST(pairwise, works_on_what_can_only_be_moved) {
    auto owners = simul::count(1) | simul::take(4) |
                  simul::transform([](int n) { return std::make_unique<int>(n); });
    const auto both = [](const auto& a, const auto& b) { return 10 * *a + *b; };
    EXPECT_EQ(std::move(owners) | simul::pairwise() | simul::transform(both) | simul::collect(),
              (row{12, 23, 34}));
}

TEST(group_by, gives_the_runs_of_equal_keys) {
    const auto key = [](int n) { return n / 2; };
    for (const row& input : random_inputs()) {
        std::vector<std::pair<int, row>> expected;
        for (int n : input) {
            if (expected.empty() || expected.back().first != key(n)) {
                expected.emplace_back(key(n), row());
            }
            expected.back().second.push_back(n);
        }
        expect_from_every_source(
            input,
            [&](auto&& source) {
                return std::forward<decltype(source)>(source) | simul::group_by(key);
            },
            expected);
    }
}

TEST(group_by, keeps_the_groups_apart_when_they_are_moved_away) {
    auto words = generated(std::vector<std::string>{"anna", "alf", "bo", "carl", "cy"});
    auto groups = words | simul::group_by([](const std::string& s) { return s.substr(0, 1); });
    std::vector<std::pair<std::string, std::vector<std::string>>> all;
    for (auto& group : groups) all.push_back(std::move(group));
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].second, (std::vector<std::string>{"anna", "alf"}));
    EXPECT_EQ(all[2].first, "c");
    EXPECT_EQ(all[2].second, (std::vector<std::string>{"carl", "cy"}));
}

// Elements that can be moved and copied, but not be assigned to.
struct fixed {
    explicit fixed(int n) : value(n) {}
    const int value;
    friend bool operator<(const fixed& a, const fixed& b) { return a.value < b.value; }
};

TEST(a_group, may_be_of_elements_that_cannot_be_assigned) {
    const auto numbers = [] {
        return simul::count(1) | simul::take(7) | simul::transform([](int n) { return fixed(n); });
    };
    const auto sum_of = [](const auto& group) {
        int sum = 0;
        for (const fixed& each : group) sum += each.value;
        return sum;
    };
    EXPECT_EQ(numbers() | simul::chunk(3) | simul::transform(sum_of) | simul::collect(),
              (row{6, 15, 7}));
    EXPECT_EQ(numbers() | simul::window(2) | simul::transform(sum_of) | simul::collect(),
              (row{3, 5, 7, 9, 11, 13}));
    auto runs = numbers() | simul::group_by([](const fixed& each) { return each.value / 4; });
    row sums;
    while (auto run = runs.next()) sums.push_back(sum_of(run->second));
    EXPECT_EQ(sums, (row{6, 22}));
    const auto range = simul::min_max(numbers());
    EXPECT_EQ(range->first.value * 10 + range->second.value, 17);

    const std::map<int, int> squares{{1, 1}, {2, 4}, {3, 9}};
    EXPECT_EQ((squares | simul::chunk(2) | simul::collect()).at(1).at(0), std::pair(3, 9));
}

TEST(a_group, goes_on_without_an_element_whose_copy_has_failed) {
    struct picky {
        explicit picky(int n) : value(n) {}
        picky(const picky& other) : value(checked(other.value)) {}
        picky& operator=(const picky& other) {
            value = checked(other.value);
            return *this;
        }
        ~picky() = default;
        static int checked(int n) {
            if (n == 4) throw std::runtime_error("not this one");
            return n;
        }
        int value;
    };
    std::vector<picky> numbers;
    numbers.reserve(7);
    for (int n = 1; n <= 7; ++n) numbers.emplace_back(n);
    const auto read = [](auto pipe, auto&& show) {
        std::string seen;
        for (;;) {
            try {
                auto group = pipe.next();
                if (!group) return seen;
                show(*group, seen);
                seen += ' ';
            } catch (const std::runtime_error&) {
                seen += "! ";
            }
        }
    };
    EXPECT_EQ(read(numbers | simul::chunk(2),
                   [](const std::vector<picky>& group, std::string& seen) {
                       for (const picky& each : group) seen += std::to_string(each.value);
                   }),
              "12 ! 35 67 ");
    EXPECT_EQ(read(numbers | simul::pairwise(),
                   [](const auto& pair, std::string& seen) {
                       seen += std::to_string(pair.first.value);
                       seen += std::to_string(pair.second.value);
                   }),
              "12 23 ! 35 56 67 ");
}

TEST(group_by, asks_for_the_key_of_each_element_once) {
    std::vector<int> asked;
    auto groups = row{1, 1, 2, 3} | simul::group_by([&](int n) {
                      asked.push_back(n);
                      return n;
                  });
    EXPECT_EQ(simul::count(groups), 3U);
    EXPECT_EQ(asked, (row{1, 1, 2, 3}));
}

// The element that begins the next group, or waits for the one in between, is made by a stage, and
// lives in it.
TEST(group_by, and_intersperse_go_on_when_they_are_moved_half_way) {
    const auto words = [] {
        return row{1, 2, 3, 3} |
               simul::transform([](int n) { return "word " + std::to_string(n); });
    };
    auto groups = words() | simul::group_by(std::identity());
    EXPECT_EQ(groups.next()->first, "word 1");
    const auto new_place = std::make_unique<decltype(groups)>(std::move(groups));
    EXPECT_EQ(new_place->next()->first, "word 2");
    EXPECT_EQ(new_place->next()->second, (std::vector<std::string>(2, "word 3")));
    EXPECT_EQ(new_place->next(), nullptr);

    auto with_commas = words() | simul::intersperse(", ");
    EXPECT_EQ(*with_commas.next(), "word 1");
    EXPECT_EQ(*with_commas.next(), ", ");
    const auto other_place = std::make_unique<decltype(with_commas)>(std::move(with_commas));
    EXPECT_EQ(*other_place->next(), "word 2");
    EXPECT_EQ(*other_place->next(), ", ");
    EXPECT_EQ(simul::count(*other_place), 3U);
}

TEST(group_by, goes_on_when_a_stage_is_added_half_way) {
    simul_test::run_virtual([]() -> simul::task<> {
        auto words = simul_test::one_by_one(row{1, 2, 3}) |
                     simul::transform([](int n) { return "word " + std::to_string(n); }) |
                     simul::group_by(std::identity());
        auto* const first = co_await words.next();
        EXPECT_EQ(first->first, "word 1");
        auto keys = std::move(words) | simul::transform([](auto& group) { return group.first; });
        const std::vector<std::string> rest = co_await simul::collect(std::move(keys));
        EXPECT_EQ(rest, (std::vector<std::string>{"word 2", "word 3"}));
    });
}

} // namespace
