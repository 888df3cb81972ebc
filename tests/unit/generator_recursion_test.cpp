#include "tracked.hpp"
#include <simul/gen/generator.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace {

using simul::elements_of;
using simul::generator;
using simul_test::tracked;
using simul_test::tracked_counts;
using names = std::vector<std::string>;

constexpr int deep = 100'000;

template <class T, class Send>
std::vector<T> all(generator<T, Send> g) {
    std::vector<T> seen;
    for (T& value : g) seen.push_back(value);
    return seen;
}

generator<int> up_to(int last) {
    for (int n = 1; n <= last; ++n) co_yield n;
}

struct tree {
    int value = 0;
    std::unique_ptr<tree> left;
    std::unique_ptr<tree> right;
};

std::unique_ptr<tree> grow(int first, int last) {
    if (first > last) return nullptr;
    const int middle = first + (last - first) / 2;
    auto node = std::make_unique<tree>();
    node->value = middle;
    node->left = grow(first, middle - 1);
    node->right = grow(middle + 1, last);
    return node;
}

generator<int> flat(const tree& t) {
    if (t.left) co_yield elements_of(flat(*t.left));
    co_yield t.value;
    if (t.right) co_yield elements_of(flat(*t.right));
}

TEST(generator_recursion, walks_a_tree_in_order) {
    const auto root = grow(1, 1000);
    const auto seen = all(flat(*root));
    ASSERT_EQ(seen.size(), 1000u);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST(generator_recursion, hands_out_the_elements_of_children_between_its_own) {
    auto make = []() -> generator<int> {
        co_yield 0;
        co_yield elements_of(up_to(2));
        co_yield 10;
        co_yield elements_of(up_to(0));
        co_yield elements_of(up_to(1));
    };
    EXPECT_EQ(all(make()), (std::vector<int>{0, 1, 2, 10, 1}));
}

TEST(generator_recursion, keeps_its_place_when_it_is_moved_inside_a_child) {
    auto make = []() -> generator<int> {
        co_yield elements_of(up_to(2));
        co_yield 3;
    };
    auto g = make();
    EXPECT_EQ(*g.next(), 1);
    auto moved = std::move(g);
    EXPECT_EQ(*moved.next(), 2);
    EXPECT_EQ(*moved.next(), 3);
    EXPECT_EQ(moved.next(), nullptr);
}

TEST(generator_recursion, goes_on_with_a_child_that_has_been_read_in_part) {
    auto nested = []() -> generator<int> {
        co_yield 0;
        co_yield elements_of(up_to(3));
        co_yield 4;
    };
    auto make = [](generator<int> child) -> generator<int> {
        co_yield -1;
        co_yield elements_of(std::move(child));
        co_yield 5;
    };
    for (int skip = 0; skip <= 6; ++skip) {
        auto child = nested();
        for (int n = 0; n < skip; ++n) (void)child.next();
        std::vector<int> expected{-1};
        for (int n = skip; n <= 4; ++n) expected.push_back(n);
        expected.push_back(5);
        EXPECT_EQ(all(make(std::move(child))), expected) << "after " << skip;
    }
}

TEST(generator_recursion, passes_over_an_empty_generator) {
    auto make = []() -> generator<int> {
        co_yield elements_of(generator<int>());
        co_yield 1;
    };
    EXPECT_EQ(all(make()), (std::vector<int>{1}));
}

// ---- ranges

TEST(generator_recursion, hands_out_the_elements_of_ranges) {
    auto make = []() -> generator<int> {
        const std::array<int, 2> constant{1, 2};
        co_yield elements_of(constant);
        co_yield elements_of(std::views::iota(3, 5));
        std::list<int> list(1, 5);
        co_yield elements_of(list);
        co_yield elements_of(std::vector<int>(2, 6));
        co_yield elements_of(std::vector<bool>(1, true));
    };
    EXPECT_EQ(all(make()), (std::vector<int>{1, 2, 3, 4, 5, 6, 6, 1}));
}

TEST(generator_recursion, shows_the_elements_of_a_named_range_themselves) {
    std::vector<int> numbers{1, 2, 3};
    auto make = [](std::vector<int>& range) -> generator<int> { co_yield elements_of(range); };
    for (int& n : make(numbers)) n *= 2;
    EXPECT_EQ(numbers, (std::vector<int>{2, 4, 6}));
}

TEST(generator_recursion, reads_generators_of_other_types_and_named_ones_as_ranges) {
    auto longs = []() -> generator<long> {
        co_yield 1;
        co_yield 2;
    };
    auto make = [](generator<long> other, generator<int>& named) -> generator<int> {
        co_yield elements_of(other | std::views::transform([](long n) { return int(n); }));
        co_yield elements_of(named);
    };
    auto named = up_to(5);
    (void)named.next();
    auto g = make(longs(), named);
    EXPECT_EQ(*g.next(), 1);
    EXPECT_EQ(*g.next(), 2);
    EXPECT_EQ(*g.next(), 2);
    g.close();
    EXPECT_EQ(*named.next(), 3); // the named one is still its owner's
}

// ---- depth

generator<int> descend(int depth) {
    co_yield depth;
    if (depth > 0) co_yield elements_of(descend(depth - 1));
    co_yield -depth;
}

TEST(generator_recursion, a_hundred_thousand_deep_uses_no_stack) {
    std::int64_t down = 0;
    std::int64_t count = 0;
    for (int n : descend(deep)) {
        if (n > 0) down += n;
        ++count;
    }
    EXPECT_EQ(count, 2 * (deep + 1));
    EXPECT_EQ(down, std::int64_t{deep} * (deep + 1) / 2);
}

// Each element comes from the bottom: at a cost of more than O(1) this would take 10^10 steps.
generator<int> from_the_bottom(int depth, int elements) {
    if (depth > 0)
        co_yield elements_of(from_the_bottom(depth - 1, elements));
    else
        for (int n = 0; n < elements; ++n) co_yield n;
}

TEST(generator_recursion, costs_the_same_per_element_at_any_depth) {
    std::int64_t count = 0;
    for ([[maybe_unused]] int n : from_the_bottom(deep, deep)) ++count;
    EXPECT_EQ(count, deep);
}

generator<int> guarded(tracked_counts& counts, int depth) {
    const tracked object(counts);
    if (depth > 0) co_yield elements_of(guarded(counts, depth - 1));
    co_yield depth;
}

TEST(generator_recursion, destroyed_a_hundred_thousand_deep_uses_no_stack) {
    tracked_counts counts;
    {
        auto g = guarded(counts, deep);
        EXPECT_EQ(*g.next(), 0);
        EXPECT_EQ(counts.alive(), deep + 1);
    }
    EXPECT_TRUE(counts.balanced());
}

TEST(generator_recursion, closed_a_hundred_thousand_deep_uses_no_stack) {
    tracked_counts counts;
    auto g = guarded(counts, deep);
    EXPECT_EQ(*g.next(), 0);
    g.close();
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(g.next(), nullptr);
}

generator<int> named_nest(tracked_counts& counts, int depth) {
    const tracked outer(counts, "outer " + std::to_string(depth));
    if (depth > 0) {
        const tracked inner(counts, "inner " + std::to_string(depth));
        co_yield elements_of(named_nest(counts, depth - 1));
    }
    co_yield depth;
}

TEST(generator_recursion, ends_the_innermost_first_however_it_ends) {
    const names expected{"outer 0", "inner 1", "outer 1", "inner 2", "outer 2"};
    tracked_counts destroyed;
    {
        auto g = named_nest(destroyed, 2);
        (void)g.next();
    }
    EXPECT_EQ(destroyed.ended, expected);
    EXPECT_TRUE(destroyed.balanced());

    tracked_counts closed;
    auto g = named_nest(closed, 2);
    (void)g.next();
    g.close();
    EXPECT_EQ(closed.ended, expected);
    EXPECT_TRUE(closed.balanced());

    tracked_counts raised;
    g = named_nest(raised, 2);
    (void)g.next();
    EXPECT_THROW((void)g.raise(std::runtime_error("raised")), std::runtime_error);
    EXPECT_EQ(raised.ended, expected);
}

TEST(generator_recursion, ends_a_child_before_its_parent_goes_on) {
    tracked_counts counts;
    auto make = [](tracked_counts& c) -> generator<int> {
        co_yield elements_of(guarded(c, 3));
        co_yield c.alive() + 100;
    };
    const auto seen = all(make(counts));
    EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 100}));
}

// ---- exceptions

generator<int> throwing_at_the_bottom(int depth) {
    if (depth == 0) throw std::runtime_error("bottom");
    co_yield elements_of(throwing_at_the_bottom(depth - 1));
}

TEST(generator_recursion, brings_an_exception_from_a_hundred_thousand_deep_to_the_consumer) {
    auto g = throwing_at_the_bottom(deep);
    EXPECT_THROW((void)g.next(), std::runtime_error);
    EXPECT_EQ(g.next(), nullptr);
}

generator<int> catching(int depth, int at, int& caught) {
    if (depth == 0) {
        co_yield 1;
        throw std::runtime_error("bottom");
    }
    bool failed = false;
    try {
        co_yield elements_of(catching(depth - 1, at, caught));
    } catch (const std::runtime_error&) {
        if (depth != at) throw;
        caught = depth;
        failed = true;
    }
    if (failed) co_yield 2;
    co_yield 10 + depth;
}

TEST(generator_recursion, throws_the_exception_of_a_child_at_the_right_co_yield) {
    int caught = 0;
    EXPECT_EQ(all(catching(5, 3, caught)), (std::vector<int>{1, 2, 13, 14, 15}));
    EXPECT_EQ(caught, 3);
}

TEST(generator_recursion, goes_on_with_another_child_after_one_that_failed) {
    auto make = []() -> generator<int> {
        for (int attempt = 0; attempt < 3; ++attempt) {
            bool failed = false;
            try {
                co_yield elements_of(throwing_at_the_bottom(attempt));
            } catch (const std::runtime_error&) {
                failed = true;
            }
            if (failed) co_yield elements_of(up_to(attempt));
        }
    };
    EXPECT_EQ(all(make()), (std::vector<int>{1, 1, 2}));
}

// ---- what the consumer brings goes to the innermost

generator<int, int> summing(int limit) {
    int sum = 0;
    while (sum < limit) {
        if (std::optional<int> sent = co_yield sum) sum += *sent;
    }
}

generator<int, int> summing_nest(int depth, int limit) {
    if (depth > 0)
        co_yield elements_of(summing_nest(depth - 1, limit));
    else
        co_yield elements_of(summing(limit));
    if (std::optional<int> sent = co_yield -depth - 1) co_yield *sent * 1000;
}

TEST(generator_recursion, gives_what_is_sent_to_the_innermost) {
    auto g = summing_nest(1, 5);
    EXPECT_THROW((void)g.send(1), std::logic_error);
    EXPECT_EQ(*g.next(), 0);
    EXPECT_EQ(*g.send(3), 3);
    EXPECT_EQ(*g.send(4), -1);   // the innermost has ended: its parent goes on
    EXPECT_EQ(*g.send(7), 7000); // and takes what is sent now
    EXPECT_EQ(*g.next(), -2);
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator_recursion, raises_in_the_innermost_first) {
    auto child = [](names& caught) -> generator<int> {
        try {
            co_yield 1;
        } catch (const std::runtime_error& error) {
            caught.push_back(std::string("child: ") + error.what());
        }
        co_yield 2;
    };
    auto make = [](auto inner, names& caught) -> generator<int> {
        try {
            co_yield elements_of(inner(caught));
        } catch (const std::runtime_error& error) {
            caught.push_back(std::string("parent: ") + error.what());
        }
        co_yield 3;
    };
    names caught;
    auto g = make(child, caught);
    EXPECT_EQ(*g.next(), 1);
    EXPECT_EQ(*g.raise(std::runtime_error("one")), 2);
    EXPECT_EQ(*g.raise(std::runtime_error("two")), 3);
    EXPECT_THROW((void)g.raise(std::runtime_error("three")), std::runtime_error);
    EXPECT_EQ(caught, (names{"child: one", "parent: two"}));
}

TEST(generator_recursion, sent_to_inside_a_range_throws_where_the_range_is_handed_out) {
    auto make = []() -> generator<int, int> {
        bool refused = false;
        try {
            co_yield elements_of(std::vector<int>{std::vector<int>(3, 1)});
        } catch (const std::logic_error&) {
            refused = true;
        }
        if (refused) co_yield -1;
    };
    auto g = make();
    EXPECT_EQ(*g.next(), 1);
    EXPECT_EQ(*g.next(), 1);
    EXPECT_EQ(*g.send(5), -1);
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator_recursion, of_a_parent_that_takes_nothing_may_have_a_child_that_would) {
    auto make = []() -> generator<int> { co_yield elements_of(summing(1)); };
    auto g = make();
    EXPECT_EQ(*g.next(), 0);
    EXPECT_EQ(*g.next(), 0);
}

TEST(generator_recursion, closing_reports_a_child_that_yields_again_and_ends_all) {
    tracked_counts counts;
    auto child = [](tracked_counts& c) -> generator<int> {
        const tracked object(c);
        for (;;) {
            try {
                co_yield 1;
            } catch (...) {
            }
        }
    };
    auto make = [](auto inner, tracked_counts& c) -> generator<int> {
        const tracked object(c);
        co_yield elements_of(inner(c));
    };
    auto g = make(child, counts);
    (void)g.next();
    EXPECT_THROW(g.close(), std::logic_error);
    EXPECT_TRUE(counts.balanced());
}

// ---- use from inside

TEST(generator_recursion, refuses_use_of_the_outermost_from_inside_a_child) {
    generator<int> g;
    auto child = [](generator<int>& outer) -> generator<int> {
        int refused = 0;
        for (int n = 0; n < 2; ++n) {
            try {
                (void)outer.next();
            } catch (const std::logic_error&) {
                ++refused;
            }
            try {
                outer.close();
            } catch (const std::logic_error&) {
                ++refused;
            }
            co_yield refused;
        }
    };
    auto make = [](auto inner, generator<int>& self) -> generator<int> {
        co_yield elements_of(inner(self));
    };
    g = make(child, g);
    EXPECT_EQ(*g.next(), 2);
    EXPECT_EQ(*g.next(), 4);
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator_recursion, refuses_to_hand_out_its_own_elements) {
    generator<int> g;
    auto make = [](generator<int>& self) -> generator<int> {
        co_yield elements_of(std::move(self));
    };
    g = make(g);
    EXPECT_THROW((void)g.next(), std::logic_error);
    EXPECT_EQ(g.next(), nullptr);
}

} // namespace
