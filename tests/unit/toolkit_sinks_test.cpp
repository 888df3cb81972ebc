// What stands at the end of a pipe.
#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "sources.hpp"
#include "temp_dir.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using simul::async_generator;
using simul::task;
using simul_test::ending_of;
using simul_test::generated;
using simul_test::in_batches;
using simul_test::list_of;
using simul_test::one_by_one;
using simul_test::random_inputs;
using simul_test::run_virtual;
using simul_test::with_pauses;
using namespace std::chrono_literals;

// Ends with its clean-up when it is closed, and tells.
async_generator<int> endless(bool& closed) {
    bool was_closed = false;
    try {
        for (int n = 0;; ++n) {
            co_await simul::sleep(1ms);
            co_yield n;
        }
    } catch (const simul::generator_exit&) {
        was_closed = true;
    }
    co_await simul::sleep(5ms);
    closed = was_closed;
}

TEST(collect, fills_any_container) {
    const std::vector<int> input{3, 1, 3};
    EXPECT_EQ(simul::collect(input), input);
    const std::set<int> expected{1, 3};
    EXPECT_EQ(simul::collect<std::set<int>>(input), expected);
    EXPECT_EQ(simul::collect<std::set>(input), (std::set{1, 3}));
    EXPECT_EQ(simul::collect<std::list<long>>(input), (std::list<long>{3, 1, 3}));
    EXPECT_EQ(input | simul::collect<std::deque>(), (std::deque{3, 1, 3}));
    EXPECT_EQ((input | simul::collect<std::priority_queue<int>>()).top(), 3);
    EXPECT_EQ(simul::collect<std::string>(list_of('a', 'b')), "ab");
    run_virtual([&]() -> task<> {
        EXPECT_EQ(co_await simul::collect<std::set>(one_by_one(input)), expected);
        EXPECT_EQ(co_await (in_batches(input, 2) | simul::collect<std::set<int>>()), expected);
    });
}

TEST(collect, copies_from_a_container_and_moves_what_the_pipe_has_made) {
    simul_test::tracked_counts counts;
    std::vector<simul_test::tracked> source;
    source.reserve(1);
    source.emplace_back(counts);
    (void)simul::collect(source);
    EXPECT_EQ(counts.copied, 1);
    auto made = simul::count() | simul::take(1) |
                simul::transform([&](std::size_t) { return simul_test::tracked(counts); });
    (void)simul::collect(std::move(made));
    EXPECT_EQ(counts.copied, 1);
}

TEST(collect, moves_what_cannot_be_copied) {
    const auto owners = []() -> simul::generator<std::unique_ptr<int>> {
        co_yield std::make_unique<int>(1);
        co_yield std::make_unique<int>(2);
    };
    const auto all = simul::collect(owners());
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(*all[1], 2);
}

TEST(collect, of_lines_keeps_strings) {
    const simul_test::temp_dir dir;
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
    const auto path = dir.file("t.txt", text);
    simul::run([](std::filesystem::path from) -> task<> {
        const std::vector<std::string> all =
            co_await simul::collect(simul::lines(from, {.chunk_size = 100}));
        EXPECT_EQ(all.size(), 1000U);
        EXPECT_EQ(all[0], "line 0");
        EXPECT_EQ(all[999], "line 999");
    }(path));
}

TEST(a_sink, gives_for_an_async_sequence_what_it_gives_for_a_range) {
    for (const std::vector<int>& input : random_inputs()) {
        run_virtual([&]() -> task<> {
            const int sum = std::accumulate(input.begin(), input.end(), 0);
            EXPECT_EQ(simul::sum(input), sum);
            EXPECT_EQ(co_await simul::sum(with_pauses(input)), sum);
            EXPECT_EQ(input | simul::sum(1L), sum + 1L);

            const auto weigh = [](long total, int n) { return 3 * total + n; };
            const auto weigh_later = [](long total, int n) -> task<long> {
                co_await simul::sleep(1ms);
                co_return 3 * total + n;
            };
            const long weighed = std::accumulate(input.begin(), input.end(), 5L, weigh);
            EXPECT_EQ(simul::fold(input, 5L, weigh), weighed);
            EXPECT_EQ(co_await (in_batches(input, 3) | simul::fold(5L, weigh)), weighed);
            EXPECT_EQ(co_await simul::fold(input, 5L, weigh_later), weighed);

            std::optional<int> first;
            std::optional<int> last;
            if (!input.empty()) {
                first = input.front();
                last = input.back();
            }
            EXPECT_EQ(simul::first(input), first);
            EXPECT_EQ(co_await simul::first(one_by_one(input)), first);
            EXPECT_EQ(input | simul::last(), last);
            EXPECT_EQ(co_await (one_by_one(input) | simul::last()), last);

            const auto is_4 = [](int n) { return n == 4; };
            const auto is_4_later = [](int n) -> task<bool> { co_return n == 4; };
            const bool any = std::find(input.begin(), input.end(), 4) != input.end();
            EXPECT_EQ(simul::any_of(input, is_4), any);
            EXPECT_EQ(co_await simul::any_of(with_pauses(input), is_4), any);
            EXPECT_EQ(co_await simul::any_of(input, is_4_later), any);
            EXPECT_EQ(simul::all_of(input, std::not_fn(is_4)), !any);
            EXPECT_EQ(co_await (with_pauses(input) | simul::all_of(std::not_fn(is_4))), !any);

            std::optional<std::pair<int, int>> range;
            if (!input.empty()) {
                const auto [least, greatest] = std::minmax_element(input.begin(), input.end());
                range.emplace(*least, *greatest);
            }
            EXPECT_EQ(simul::min_max(input), range);
            EXPECT_EQ(co_await simul::min_max(one_by_one(input)), range);
        });
    }
}

TEST(min_max, takes_another_order_and_tells_equal_ones_apart) {
    const std::vector<std::string> words{"aa", "b", "c", "dd"};
    const auto shorter = [](const std::string& a, const std::string& b) {
        return a.size() < b.size();
    };
    const auto range = simul::min_max(words, shorter);
    EXPECT_EQ(range->first, "b");
    EXPECT_EQ(range->second, "dd");
}

TEST(first, goes_no_further_and_leaves_a_named_sequence_open) {
    auto numbers = generated(list_of(1, 2, 3));
    EXPECT_EQ(simul::first(numbers), 1);
    EXPECT_EQ(simul::any_of(numbers, [](int n) { return n == 2; }), true);
    EXPECT_EQ(*numbers.next(), 3);
}

TEST(first, closes_an_async_sequence_that_was_given_away) {
    run_virtual([]() -> task<> {
        bool closed = false;
        EXPECT_EQ(co_await simul::first(endless(closed)), 0);
        EXPECT_TRUE(closed);
        closed = false;
        EXPECT_TRUE(
            co_await simul::any_of(endless(closed) | simul::drop(3), [](int n) { return n > 5; }));
        EXPECT_TRUE(closed);
        closed = false;
        auto named = endless(closed);
        EXPECT_EQ(co_await simul::first(named), 0);
        EXPECT_FALSE(closed);
        co_await named.close();
    });
}

TEST(for_each, calls_or_awaits_its_function) {
    std::vector<int> seen;
    const auto see = [&](int n) { seen.push_back(n); };
    simul::for_each(list_of(1, 2), see);
    EXPECT_EQ(seen, (list_of(1, 2)));
    run_virtual([&]() -> task<> {
        const auto see_later = [&](int n) -> task<> {
            co_await simul::sleep(10ms);
            seen.push_back(n);
        };
        co_await simul::for_each(list_of(3), see_later);
        co_await (one_by_one(list_of(4)) | simul::for_each(see));
        co_await (one_by_one(list_of(5)) | simul::for_each(see_later));
    });
    EXPECT_EQ(seen, (list_of(1, 2, 3, 4, 5)));
}

TEST(a_sink, that_fails_has_closed_its_source_before) {
    run_virtual([]() -> task<> {
        bool closed = false;
        const auto fails = [](int n) {
            if (n == 3) throw std::runtime_error("it is 3");
        };
        EXPECT_EQ(co_await ending_of(simul::for_each(endless(closed), fails)), "it is 3");
        EXPECT_TRUE(closed);
    });
}

TEST(to_map, takes_the_elements_of_a_map) {
    const std::map<std::string, int> ages{{"a", 17}, {"b", 30}};
    const auto is_adult = [](const std::string&, int age) { return age >= 18; };
    const std::map<std::string, int> adults = ages | simul::filter(is_adult) | simul::to_map();
    EXPECT_EQ(adults, (std::map<std::string, int>{{"b", 30}}));
    const std::unordered_map<std::string, int> all = ages | simul::to_map<std::unordered_map>();
    EXPECT_EQ(all.at("a"), 17);
}

TEST(sum, of_truth_values_counts_them) {
    EXPECT_EQ(simul::sum(std::vector<bool>{true, false, true}), 2U);
}

TEST(to_map, takes_pairs_and_lets_the_last_one_count) {
    const std::vector<std::string> names{"a", "b", "a"};
    const std::vector<int> values{1, 2, 3};
    EXPECT_EQ(simul::to_map(simul::zip(names, values)),
              (std::map<std::string, int>{{"a", 3}, {"b", 2}}));
    EXPECT_EQ(simul::zip(names, values) | simul::to_map<std::unordered_map>(),
              (std::unordered_map<std::string, int>{{"a", 3}, {"b", 2}}));
    using by_length = std::map<std::size_t, std::string, std::greater<>>;
    const std::vector<std::string> words{"a", "bb", "c"};
    const by_length expected{{2, "bb"}, {1, "c"}};
    run_virtual([&]() -> task<> {
        const auto with_length = [](std::string& s) { return std::pair(s.size(), s); };
        auto pairs = one_by_one(words) | simul::transform(with_length);
        EXPECT_EQ(co_await simul::to_map<by_length>(std::move(pairs)), expected);
    });
}

} // namespace
