// What generators and async generators return.
#include "next_of.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::generator;
using simul::task;
using simul_test::run_virtual;
using simul_test::tracked;
using simul_test::tracked_counts;

template <class Generator>
concept has_result = requires(Generator& g) { g.result(); };
static_assert(has_result<generator<int, void, std::string>>);
static_assert(!has_result<generator<int>>);
static_assert(!has_result<async_generator<int, int>>);
static_assert(std::same_as<generator<int>, generator<int, void, void>>);
static_assert(std::same_as<decltype(std::declval<generator<int, int, long>&>().result()), long&>);

generator<int, void, std::string> counted(int n) {
    for (int i = 1; i <= n; ++i) co_yield i;
    co_return std::to_string(n) + " in all";
}

template <class Generator>
std::vector<int> all_of(Generator& g) {
    std::vector<int> all;
    while (auto n = g.next()) all.push_back(*n);
    return all;
}

TEST(generator_result, is_there_when_the_end_has_come_and_not_before) {
    auto g = counted(2);
    EXPECT_THROW((void)g.result(), std::logic_error);
    (void)g.next();
    EXPECT_THROW((void)g.result(), std::logic_error);
    EXPECT_EQ(all_of(g), std::vector<int>{2});
    EXPECT_EQ(g.result(), "2 in all");
    EXPECT_EQ(g.next(), nullptr);
    EXPECT_EQ(g.result(), "2 in all") << "as often as one likes";
    auto moved = std::move(g);
    EXPECT_EQ(moved.result(), "2 in all");
    EXPECT_THROW((void)g.result(), std::logic_error) << "an empty one has none";
}

TEST(generator_result, is_there_after_a_loop_over_the_range) {
    auto g = counted(3);
    int sum = 0;
    for (const int n : g) sum += n;
    EXPECT_EQ(sum, 6);
    EXPECT_EQ(g.result(), "3 in all");
}

TEST(generator_result, may_be_moved_out) {
    const auto makes = []() -> generator<int, void, std::unique_ptr<int>> {
        co_yield 1;
        co_return std::make_unique<int>(42);
    };
    auto g = makes();
    (void)all_of(g);
    const std::unique_ptr<int> taken = std::move(g.result());
    EXPECT_EQ(*taken, 42);
}

TEST(generator_result, is_missing_when_the_body_threw_or_was_closed) {
    const auto fails = [](bool now) -> generator<int, void, int> {
        co_yield 1;
        if (now) throw std::runtime_error("broken");
        co_return 1;
    };
    auto g = fails(true);
    EXPECT_THROW((void)all_of(g), std::runtime_error);
    EXPECT_THROW((void)g.result(), std::logic_error);
    auto closed = fails(false);
    (void)closed.next();
    closed.close();
    EXPECT_THROW((void)closed.result(), std::logic_error);
}

TEST(generator_result, converts_and_is_destroyed_once) {
    tracked_counts counts;
    const auto makes = [&]() -> generator<int, int, tracked> {
        const int sent = (co_yield 1).value_or(0);
        co_return tracked(counts, std::to_string(sent));
    };
    {
        auto g = makes();
        (void)g.next();
        EXPECT_EQ(g.send(7), nullptr);
        EXPECT_EQ(g.result().name(), "7");
        EXPECT_EQ(counts.copied, 0);
    }
    EXPECT_TRUE(counts.balanced());
    const auto converts = []() -> generator<int, void, std::string> {
        co_yield 1;
        co_return "text";
    };
    auto g = converts();
    (void)all_of(g);
    EXPECT_EQ(g.result(), "text");
}

// ------------------------------------------------------------------------------------ elements_of

TEST(generator_result, of_a_child_is_the_value_of_the_co_yield) {
    std::vector<std::string> results;
    const auto parent = [&]() -> generator<int> {
        for (int n = 0; n < 4; ++n) {
            std::string result = co_yield simul::elements_of(counted(n));
            results.push_back(std::move(result));
        }
    };
    auto g = parent();
    EXPECT_EQ(all_of(g), (std::vector<int>{1, 1, 2, 1, 2, 3}));
    EXPECT_EQ(results, (std::vector<std::string>{"0 in all", "1 in all", "2 in all", "3 in all"}));
}

TEST(generator_result, comes_from_a_child_that_has_been_read_in_part_or_to_its_end) {
    std::vector<std::string> results;
    const auto parent = [&](generator<int, void, std::string> child) -> generator<int> {
        std::string result = co_yield simul::elements_of(std::move(child));
        results.push_back(std::move(result));
    };
    for (int read = 0; read < 4; ++read) {
        auto child = counted(3);
        for (int i = 0; i < read; ++i) (void)child.next();
        auto g = parent(std::move(child));
        EXPECT_EQ(all_of(g).size(), static_cast<std::size_t>(3 - read));
    }
    auto over = counted(1);
    while (over.next() != nullptr) {
    }
    auto g = parent(std::move(over));
    EXPECT_EQ(g.next(), nullptr);
    EXPECT_EQ(results, (std::vector<std::string>{"3 in all", "3 in all", "3 in all", "3 in all",
                                                 "1 in all"}));
    auto none = parent({});
    EXPECT_THROW((void)none.next(), std::logic_error) << "an empty generator returns nothing";
}

TEST(generator_result, passes_through_a_hundred_thousand_levels) {
    struct nest {
        static generator<int, void, long> make(long depth) {
            co_yield 0;
            if (depth == 0) co_return 0;
            const long below = co_yield simul::elements_of(make(depth - 1));
            co_return below + 1;
        }
    };
    auto g = nest::make(100'000);
    EXPECT_EQ(all_of(g).size(), 100'001U);
    EXPECT_EQ(g.result(), 100'000);
}

TEST(generator_result, of_a_child_that_throws_is_not_missed) {
    const auto fails = []() -> generator<int, void, std::string> {
        co_yield 1;
        throw std::runtime_error("broken");
    };
    std::string caught;
    const auto parent = [&]() -> generator<int, void, int> {
        try {
            (void)(co_yield simul::elements_of(fails()));
        } catch (const std::runtime_error& e) {
            caught = e.what();
        }
        co_return 5;
    };
    auto g = parent();
    EXPECT_EQ(all_of(g), std::vector<int>{1});
    EXPECT_EQ(caught, "broken");
    EXPECT_EQ(g.result(), 5);
}

TEST(generator_result, what_is_sent_and_raised_goes_to_a_child_with_a_result) {
    const auto echo = []() -> generator<int, int, int> {
        int sum = 0;
        try {
            while (const auto sent = co_yield sum) sum += *sent;
        } catch (const std::runtime_error&) {
            sum = -sum;
        }
        co_return sum;
    };
    int result = 0;
    const auto parent = [&]() -> generator<int, int> {
        result = co_yield simul::elements_of(echo());
        co_yield 100;
    };
    auto g = parent();
    EXPECT_EQ(*g.next(), 0);
    EXPECT_EQ(*g.send(3), 3);
    EXPECT_EQ(*g.send(4), 7);
    EXPECT_EQ(*g.raise(std::runtime_error("enough")), 100);
    EXPECT_EQ(result, -7);
}

// ----------------------------------------------------------------------------- async generators

async_generator<int, void, std::string> ticks(int n) {
    for (int i = 0; i < n; ++i) {
        co_await simul::sleep(10ms);
        co_yield i;
    }
    co_await simul::sleep(10ms);
    co_return std::to_string(n) + " in all";
}

TEST(generator_result, of_an_async_one_is_there_when_the_end_has_come) {
    run_virtual([]() -> task<> {
        auto g = ticks(3);
        EXPECT_THROW((void)g.result(), std::logic_error);
        int count = 0;
        while (const int* i = co_await g.next()) {
            EXPECT_EQ(*i, count++);
            EXPECT_THROW((void)g.result(), std::logic_error);
        }
        EXPECT_EQ(g.result(), "3 in all");
        const auto end = co_await g.next();
        EXPECT_EQ(end, nullptr);
        const std::string taken = std::move(g.result());
        EXPECT_EQ(taken, "3 in all");
        g.result() = "still here";
        co_await g.close();
        const std::string how = co_await simul_test::result_of(g.raise(std::runtime_error("late")));
        EXPECT_EQ(how, "late");
        EXPECT_EQ(g.result(), "still here");
        async_generator<int, void, std::string> none;
        EXPECT_THROW((void)none.result(), std::logic_error);
    });
}

TEST(generator_result, of_an_async_one_is_missing_when_it_threw_or_was_closed) {
    run_virtual([]() -> task<> {
        const auto fails = []() -> async_generator<int, int, int> {
            co_yield 1;
            co_await simul::yield();
            throw std::runtime_error("broken");
        };
        auto g = fails();
        (void)co_await g.next();
        std::string how = co_await simul_test::result_of(g.next());
        EXPECT_EQ(how, "broken");
        EXPECT_THROW((void)g.result(), std::logic_error);
        auto closed = ticks(3);
        (void)co_await closed.next();
        co_await closed.close();
        EXPECT_THROW((void)closed.result(), std::logic_error);
    });
}

TEST(generator_result, of_an_async_one_may_come_while_it_is_closed) {
    run_virtual([]() -> task<> {
        const auto counts = []() -> async_generator<int, void, int> {
            int n = 0;
            try {
                for (;;) co_yield ++n;
            } catch (const simul::generator_exit&) {
            }
            co_await simul::sleep(1ms);
            co_return n;
        };
        auto g = counts();
        (void)co_await g.next();
        (void)co_await g.next();
        co_await g.close();
        EXPECT_EQ(g.result(), 2);
    });
}

} // namespace
