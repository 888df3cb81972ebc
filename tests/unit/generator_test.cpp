#include "counting_resource.hpp"
#include "tracked.hpp"
#include <simul/gen/generator.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace {

using simul::generator;
using simul_test::counting_resource;
using simul_test::tracked;
using simul_test::tracked_counts;
using names = std::vector<std::string>;

static_assert(std::ranges::view<generator<int>>);
static_assert(std::ranges::input_range<generator<int>>);
static_assert(!std::ranges::forward_range<generator<int>>);
static_assert(std::ranges::input_range<generator<const int>>);
static_assert(std::ranges::input_range<generator<int&>>);
static_assert(std::ranges::input_range<generator<const std::string&>>);
static_assert(std::ranges::input_range<generator<std::unique_ptr<int>>>);
static_assert(std::ranges::input_range<generator<std::unique_ptr<int>&&>>);
static_assert(std::same_as<std::ranges::range_reference_t<generator<int>>, int&>);
static_assert(std::same_as<std::ranges::range_reference_t<generator<int&&>>, int&&>);
static_assert(std::same_as<std::ranges::range_reference_t<generator<const int&>>, const int&>);
static_assert(std::same_as<std::ranges::range_value_t<generator<const int&>>, int>);
static_assert(std::same_as<decltype(std::declval<generator<int&>&>().next()), int*>);
static_assert(std::same_as<decltype(std::declval<generator<int&&>&>().next()), int*>);
static_assert(std::same_as<decltype(std::declval<generator<const int>&>().next()), const int*>);
static_assert(std::is_nothrow_move_constructible_v<generator<int>>);
static_assert(std::is_nothrow_move_assignable_v<generator<int>>);
static_assert(!std::copy_constructible<generator<int>>);
static_assert(sizeof(generator<int, std::string>) == sizeof(void*));

generator<long> naturals() {
    for (long n = 0;; ++n) co_yield n;
}

generator<int> up_to(int last) {
    for (int n = 1; n <= last; ++n) co_yield n;
}

// ---- next() and the end

TEST(generator, runs_nothing_until_its_first_element_is_asked_for) {
    bool started = false;
    auto make = [](bool& flag) -> generator<int> {
        flag = true;
        co_yield 1;
    };
    auto g = make(started);
    EXPECT_FALSE(started);
    EXPECT_EQ(*g.next(), 1);
    EXPECT_TRUE(started);
}

TEST(generator, gives_null_at_the_end_and_ever_after) {
    auto g = up_to(2);
    EXPECT_EQ(*g.next(), 1);
    EXPECT_EQ(*g.next(), 2);
    for (int again = 0; again < 3; ++again) EXPECT_EQ(g.next(), nullptr);
    EXPECT_EQ(g.begin(), g.end());
}

TEST(generator, that_yields_nothing_is_an_empty_range) {
    auto g = up_to(0);
    EXPECT_EQ(g.begin(), g.end());
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator, made_by_default_is_empty) {
    generator<int> g;
    EXPECT_EQ(g.next(), nullptr);
    EXPECT_EQ(g.begin(), g.end());
    g.close();
}

TEST(generator, goes_on_after_a_break_in_a_loop_over_next) {
    auto g = naturals();
    while (auto n = g.next()) {
        if (*n == 3) break;
    }
    EXPECT_EQ(*g.next(), 4);
}

TEST(generator, goes_on_after_a_break_in_a_range_for) {
    auto g = naturals();
    for (long n : g) {
        if (n == 3) break;
    }
    std::vector<long> seen;
    for (long n : g) {
        seen.push_back(n);
        if (n == 6) break;
    }
    EXPECT_EQ(seen, (std::vector<long>{4, 5, 6}));
    EXPECT_EQ(*g.next(), 7);
}

// ---- ranges

TEST(generator, is_a_range_for_standard_views_as_a_temporary) {
    std::vector<long> seen;
    for (long n : naturals() | std::views::filter([](long n) { return n % 2 == 1; }) |
                      std::views::transform([](long n) { return n * n; }) | std::views::take(3))
        seen.push_back(n);
    EXPECT_EQ(seen, (std::vector<long>{1, 9, 25}));
}

TEST(generator, that_has_a_name_keeps_its_place_behind_a_standard_view) {
    auto g = naturals();
    std::vector<long> seen;
    for (long n : g | std::views::take_while([](long m) { return m < 3; })) seen.push_back(n);
    EXPECT_EQ(seen, (std::vector<long>{0, 1, 2})); // 3 has been seen by the predicate
    auto doubled = g | std::views::transform([](long n) { return 2 * n; });
    EXPECT_EQ(*doubled.begin(), 8);
}

TEST(generator, that_has_a_name_can_be_moved_into_a_view) {
    auto g = up_to(3);
    int sum = 0;
    for (int n : std::move(g) | std::views::drop(1)) sum += n;
    EXPECT_EQ(sum, 5);
    EXPECT_EQ(g.next(), nullptr); // NOLINT: a moved-from generator is empty
}

TEST(generator, works_with_range_algorithms) {
    auto numbers = naturals();
    EXPECT_EQ(*std::ranges::find(numbers, 20L), 20);
    EXPECT_EQ(*numbers.next(), 21);
    auto g = up_to(4);
    EXPECT_EQ(std::ranges::count_if(g, [](int n) { return n > 2; }), 2);
    std::vector<int> copied;
    std::ranges::copy(up_to(3), std::back_inserter(copied));
    EXPECT_EQ(copied, (std::vector<int>{1, 2, 3}));
}

TEST(generator, works_with_algorithms_over_iterator_pairs_through_views_common) {
    auto common = up_to(4) | std::views::common;
    EXPECT_EQ(std::accumulate(common.begin(), common.end(), 0), 10);
}

TEST(generator, lets_its_iterator_reach_members) {
    auto words = []() -> generator<std::string> { co_yield "four"; }();
    auto it = words.begin();
    EXPECT_EQ(it->size(), 4u);
    it++;
    EXPECT_EQ(it, words.end());
}

TEST(generator, keeps_its_iterators_when_it_is_moved) {
    auto g = up_to(3);
    auto it = g.begin();
    auto moved = std::move(g);
    ++it;
    EXPECT_EQ(*it, 2);
    EXPECT_EQ(*moved.next(), 3);
}

// ---- what the consumer sees

TEST(generator, shows_the_yielded_object_itself) {
    const int* inside = nullptr;
    auto make = [](const int*& address) -> generator<int> {
        int n = 1;
        address = &n;
        co_yield n;
        co_yield n;
    };
    auto g = make(inside);
    int* n = g.next();
    EXPECT_EQ(n, inside);
    *n = 7;
    EXPECT_EQ(*g.next(), 7);
}

TEST(generator, copies_and_moves_nothing_that_it_yields) {
    tracked_counts counts;
    auto make = [](tracked_counts& c) -> generator<tracked> {
        tracked named(c, "named");
        co_yield named;
        co_yield tracked(c, "temporary");
        co_yield std::move(named);
    };
    {
        auto g = make(counts);
        EXPECT_EQ(g.next()->name(), "named");
        EXPECT_EQ(g.next()->name(), "temporary");
        EXPECT_EQ(counts.alive(), 2);
        EXPECT_EQ(g.next()->name(), "named");
        EXPECT_EQ(counts.alive(), 1);
    }
    EXPECT_EQ(counts.copied, 0);
    EXPECT_EQ(counts.moved, 0);
    EXPECT_TRUE(counts.balanced());
}

TEST(generator, copies_a_constant_object_once_for_the_consumer_to_change) {
    tracked_counts counts;
    auto make = [](tracked_counts& c) -> generator<tracked> {
        const tracked constant(c, "constant");
        co_yield constant;
    };
    {
        auto g = make(counts);
        EXPECT_EQ(g.next()->name(), "constant");
        EXPECT_EQ(counts.alive(), 2);
        EXPECT_EQ(g.next(), nullptr);
    }
    EXPECT_EQ(counts.copied, 1);
    EXPECT_EQ(counts.moved, 0);
    EXPECT_TRUE(counts.balanced());
}

TEST(generator, of_constants_or_constant_references_copies_nothing) {
    tracked_counts counts;
    auto values = [](tracked_counts& c) -> generator<const tracked> {
        const tracked constant(c);
        co_yield constant;
        co_yield tracked(c);
    };
    auto references = [](tracked_counts& c) -> generator<const tracked&> {
        const tracked constant(c);
        co_yield constant;
        co_yield tracked(c);
    };
    EXPECT_EQ(std::ranges::distance(values(counts)), 2);
    EXPECT_EQ(std::ranges::distance(references(counts)), 2);
    EXPECT_EQ(counts.copied, 0);
    EXPECT_EQ(counts.moved, 0);
    EXPECT_TRUE(counts.balanced());
}

TEST(generator, of_references_lets_the_consumer_change_what_is_outside) {
    std::array<int, 3> numbers{1, 2, 3};
    auto each = [](std::array<int, 3>& a) -> generator<int&> {
        for (int& n : a) co_yield n;
    };
    for (int& n : each(numbers)) n *= 10;
    EXPECT_EQ(numbers, (std::array<int, 3>{10, 20, 30}));
}

TEST(generator, of_move_only_objects_lets_the_consumer_take_them) {
    auto make = []() -> generator<std::unique_ptr<int>> {
        for (int n = 0; n < 3; ++n) co_yield std::make_unique<int>(n);
    };
    std::vector<std::unique_ptr<int>> taken;
    auto g = make();
    while (auto p = g.next()) taken.push_back(std::move(*p));
    ASSERT_EQ(taken.size(), 3u);
    EXPECT_EQ(*taken[2], 2);
}

TEST(generator, of_rvalue_references_hands_out_rvalues) {
    auto make = []() -> generator<std::string&&> {
        co_yield std::string(100, 'a');
        const std::string kept(100, 'b');
        co_yield kept;
        co_yield kept;
    };
    std::vector<std::string> taken;
    for (std::string&& text : make()) taken.push_back(std::move(text));
    EXPECT_EQ(taken, (std::vector<std::string>{std::string(100, 'a'), std::string(100, 'b'),
                                               std::string(100, 'b')}));
}

TEST(generator, converts_what_is_of_another_type) {
    auto make = []() -> generator<std::string> {
        co_yield "literal";
        const char* pointer = "pointer";
        co_yield pointer;
        co_yield std::string(3, 'x');
    };
    std::vector<std::string> seen;
    for (std::string& text : make()) seen.push_back(text);
    EXPECT_EQ(seen, (std::vector<std::string>{"literal", "pointer", "xxx"}));
}

// ---- lifetime

generator<int> with_objects(tracked_counts& counts, tracked) {
    tracked first(counts, "first");
    co_yield 1;
    {
        tracked second(counts, "second");
        co_yield 2;
    }
    tracked third(counts, "third");
    co_yield 3;
}

TEST(generator, destroyed_before_it_started_destroys_its_parameters_once) {
    tracked_counts counts;
    {
        auto g = with_objects(counts, tracked(counts, "parameter"));
    }
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(counts.ended.back(), "parameter");
    EXPECT_EQ(std::ranges::count(counts.ended, "first"), 0);
}

TEST(generator, destroyed_midway_runs_destructors_once_last_in_first_out) {
    tracked_counts counts;
    {
        auto g = with_objects(counts, tracked(counts, "parameter"));
        (void)g.next();
        (void)g.next();
        counts.ended.clear();
    }
    EXPECT_EQ(counts.ended, (names{"second", "first", "parameter"}));
    EXPECT_TRUE(counts.balanced());
}

TEST(generator, left_by_a_break_runs_destructors_once) {
    tracked_counts counts;
    for (int n : with_objects(counts, tracked(counts, "parameter"))) {
        if (n == 3) {
            counts.ended.clear();
            break;
        }
    }
    EXPECT_EQ(counts.ended, (names{"third", "first", "parameter"}));
    EXPECT_TRUE(counts.balanced());
}

TEST(generator, left_by_an_exception_of_the_consumer_runs_destructors_once) {
    tracked_counts counts;
    EXPECT_THROW(
        {
            for (int n : with_objects(counts, tracked(counts)))
                if (n == 2) throw std::runtime_error("consumer");
        },
        std::runtime_error);
    EXPECT_TRUE(counts.balanced());
}

TEST(generator, destroyed_while_a_temporary_is_shown_destroys_it_once) {
    tracked_counts counts;
    auto make = [](tracked_counts& c) -> generator<tracked> {
        const tracked constant(c, "constant");
        co_yield constant;
        co_yield tracked(c, "temporary");
    };
    {
        auto g = make(counts);
        (void)g.next();
    }
    EXPECT_TRUE(counts.balanced());
    {
        auto g = make(counts);
        (void)g.next();
        (void)g.next();
    }
    EXPECT_TRUE(counts.balanced());
}

TEST(generator, read_to_the_end_destroys_its_objects_once) {
    tracked_counts counts;
    EXPECT_EQ(std::ranges::distance(with_objects(counts, tracked(counts))), 3);
    EXPECT_TRUE(counts.balanced());
}

// ---- moving

TEST(generator, moved_while_suspended_keeps_its_place_and_leaves_an_empty_one) {
    auto g = naturals();
    (void)g.next();
    auto moved = std::move(g);
    EXPECT_EQ(*moved.next(), 1);
    // NOLINTBEGIN: a moved-from generator is empty
    EXPECT_EQ(g.next(), nullptr);
    EXPECT_EQ(g.begin(), g.end());
    g.close();
    // NOLINTEND
    g = std::move(moved);
    EXPECT_EQ(*g.next(), 2);
}

TEST(generator, moves_out_of_functions_and_into_containers) {
    std::vector<generator<long>> many;
    for (long skip = 0; skip < 20; ++skip) {
        auto g = naturals();
        for (long n = 0; n < skip; ++n) (void)g.next();
        many.push_back(std::move(g));
    }
    for (std::size_t i = 0; i < many.size(); ++i) EXPECT_EQ(*many[i].next(), static_cast<long>(i));
}

TEST(generator, assigned_to_destroys_what_it_had) {
    tracked_counts counts;
    auto g = with_objects(counts, tracked(counts));
    (void)g.next();
    g = with_objects(counts, tracked(counts));
    EXPECT_EQ(counts.alive(), 1);
    EXPECT_EQ(*g.next(), 1);
    auto& same = g;
    g = std::move(same);
    EXPECT_EQ(*g.next(), 2);
    g = {};
    EXPECT_TRUE(counts.balanced());
    using std::swap;
    auto a = up_to(1);
    swap(g, a);
    EXPECT_EQ(*g.next(), 1);
    EXPECT_EQ(a.next(), nullptr);
}

// ---- exceptions

generator<int> failing(tracked_counts& counts, bool at_once) {
    tracked object(counts);
    if (at_once) throw std::runtime_error("at once");
    co_yield 1;
    throw std::runtime_error("later");
}

TEST(generator, lets_an_exception_of_its_body_leave_next_and_is_finished) {
    tracked_counts counts;
    auto g = failing(counts, false);
    EXPECT_EQ(*g.next(), 1);
    EXPECT_THROW((void)g.next(), std::runtime_error);
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(g.next(), nullptr);
    EXPECT_EQ(g.next(), nullptr);
    EXPECT_EQ(g.begin(), g.end());
}

TEST(generator, lets_an_exception_before_its_first_yield_leave_begin) {
    tracked_counts counts;
    auto g = failing(counts, true);
    EXPECT_THROW((void)g.begin(), std::runtime_error);
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator, lets_an_exception_leave_a_loop) {
    tracked_counts counts;
    int seen = 0;
    try {
        for (int n : failing(counts, false)) seen += n;
        FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "later");
    }
    EXPECT_EQ(seen, 1);
    EXPECT_TRUE(counts.balanced());
}

TEST(generator, throws_the_very_exception_object) {
    struct original {
        const original* self = this;
        original() = default;
        original(const original&) = delete;
    };
    auto make = []() -> generator<int> {
        throw original();
        co_return;
    };
    auto g = make();
    try {
        (void)g.next();
        FAIL() << "nothing was thrown";
    } catch (const original& error) {
        EXPECT_EQ(error.self, &error);
    }
}

TEST(generator, may_yield_between_catching_exceptions_of_its_own) {
    auto make = []() -> generator<int> {
        for (int n = 0; n < 3; ++n) {
            bool failed = false;
            try {
                if (n == 1) throw std::runtime_error("one");
            } catch (const std::runtime_error&) {
                failed = true;
            }
            co_yield failed ? -1 : n;
        }
    };
    std::vector<int> seen;
    for (int n : make()) seen.push_back(n);
    EXPECT_EQ(seen, (std::vector<int>{0, -1, 2}));
}

// ---- allocators

// Not inlined: clang leaves out the allocation of a frame whose whole life it sees.
[[gnu::noinline]] generator<int> allocated(std::allocator_arg_t,
                                           const std::pmr::polymorphic_allocator<>&, int last) {
    for (int n = 0; n < last; ++n) co_yield n;
}

struct object_with_generator {
    int factor;
    [[gnu::noinline]] generator<int> multiples(std::allocator_arg_t,
                                               const std::pmr::polymorphic_allocator<>&) const {
        for (int n = 1; n < 4; ++n) co_yield n* factor;
    }
};

TEST(generator, takes_the_memory_of_its_frame_from_the_allocator_it_is_given) {
    counting_resource memory;
    {
        auto g = allocated(std::allocator_arg, &memory, 3);
        EXPECT_GT(memory.allocated, 0u);
        EXPECT_EQ(memory.released, 0u);
        EXPECT_EQ(std::ranges::distance(g), 3);
    }
    EXPECT_EQ(memory.released, memory.allocated);
    const object_with_generator object{5};
    int sum = 0;
    for (int n : object.multiples(std::allocator_arg, &memory)) sum += n;
    EXPECT_EQ(sum, 30);
    EXPECT_EQ(memory.released, memory.allocated);
}

TEST(generator, lets_the_failure_of_its_allocator_out_of_the_call) {
    auto make = [] { return allocated(std::allocator_arg, std::pmr::null_memory_resource(), 3); };
    EXPECT_THROW((void)make(), std::bad_alloc);
}

} // namespace
