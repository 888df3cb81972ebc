// Where the frames of async generators come from, and how deep they may be nested.
#include "allocations.hpp"
#include "build_kind.hpp"
#include "counting_resource.hpp"
#include "polite.hpp"
#include "run_virtual.hpp"
#include "small_stack.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <new>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::task;
using simul_test::counting_resource;
using simul_test::on_a_small_stack;
using simul_test::run_virtual;
using simul_test::words;

// ------------------------------------------------------------------------------------- allocators

async_generator<int> allocated(std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int last) {
    for (int n = 0; n < last; ++n) {
        co_await simul::yield();
        co_yield n;
    }
}

struct object_with_generator {
    int factor;
    async_generator<int> multiples(std::allocator_arg_t, std::pmr::polymorphic_allocator<>) const {
        for (int n = 1; n < 4; ++n) co_yield n* factor;
    }
};

task<int> sum_of(async_generator<int> from) {
    int sum = 0;
    while (const int* n = co_await from.next()) sum += *n;
    co_return sum;
}

TEST(async_generator_frame, is_taken_from_the_allocator_that_it_is_given) {
    counting_resource memory;
    EXPECT_EQ(run_virtual([&] { return sum_of(allocated(std::allocator_arg, &memory, 4)); }), 6);
    EXPECT_GT(memory.allocated, 0U);
    EXPECT_EQ(memory.released, memory.allocated);

    const object_with_generator object{5};
    const std::size_t before = memory.allocated;
    EXPECT_EQ(run_virtual([&] { return sum_of(object.multiples(std::allocator_arg, &memory)); }),
              30);
    EXPECT_GT(memory.allocated, before);
    EXPECT_EQ(memory.released, memory.allocated);

    const auto tens = [factor = 10](std::allocator_arg_t,
                                    std::pmr::polymorphic_allocator<>) -> async_generator<int> {
        co_yield factor;
    };
    const std::size_t before_tens = memory.allocated;
    EXPECT_EQ(run_virtual([&] { return sum_of(tens(std::allocator_arg, &memory)); }), 10);
    EXPECT_GT(memory.allocated, before_tens);
    EXPECT_EQ(memory.released, memory.allocated);
}

TEST(async_generator_frame, in_an_arena_needs_no_other_memory) {
    if (!simul_test::counts_allocations) GTEST_SKIP() << "new is the sanitizer's";
    run_virtual([]() -> task<> {
        std::array<std::byte, 4096> room;
        std::pmr::monotonic_buffer_resource arena(room.data(), room.size(),
                                                  std::pmr::null_memory_resource());
        const auto frames = simul::current_usage().frames;
        const long before = simul_test::allocations;
        auto g = allocated(std::allocator_arg, &arena, 10);
        EXPECT_EQ(simul_test::allocations, before);
        EXPECT_EQ(simul::current_usage().frames, frames);
        int sum = 0;
        while (const int* n = co_await g.next()) sum += *n;
        EXPECT_EQ(sum, 45);
    });
}

TEST(async_generator_frame, is_given_back_when_the_clean_up_of_a_dropped_one_has_ended) {
    const auto careful = [](std::allocator_arg_t, std::pmr::polymorphic_allocator<>,
                            words& log) -> async_generator<int> {
        auto inner = simul_test::polite(log);
        while (const int* n = co_await inner.next()) co_yield *n;
    };
    counting_resource memory;
    run_virtual([&]() -> task<> {
        words log;
        const auto leaves = [&]() -> task<> {
            auto g = careful(std::allocator_arg, &memory, log);
            (void)co_await g.next();
        };
        co_await leaves();
        EXPECT_EQ(log, (words{"leaves", "left"}));
        EXPECT_GT(memory.allocated, 0U);
        EXPECT_EQ(memory.released, memory.allocated);
    });
}

TEST(async_generator_frame, that_its_allocator_refuses_is_an_error_of_the_call) {
    EXPECT_THROW((void)allocated(std::allocator_arg, std::pmr::null_memory_resource(), 3),
                 std::bad_alloc);
}

// ------------------------------------------------------------------------------------------ depth

constexpr int hundred_thousand = 100'000;

struct counted {
    explicit counted(int& to) : alive(&to) { ++to; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --*alive; }
    int* alive;
};

struct nest {
    // Each holds the next one, and stands at a co_yield.
    static async_generator<int> of(int depth, int& alive) {
        const counted local(alive);
        for (int n = 0; depth == 0 && n < 10; ++n) co_yield n;
        if (depth == 0) co_return;
        auto inner = of(depth - 1, alive);
        while (const int* n = co_await inner.next()) co_yield *n;
    }
    // The same with one that is given to the next.
    static async_generator<int> around(async_generator<int> from, int& alive) {
        const counted local(alive);
        while (const int* n = co_await from.next()) co_yield *n;
    }
};

TEST(async_generator_nests, are_read_and_dropped_on_an_ordinary_stack) {
    int alive = 0;
    run_virtual([&]() -> task<> {
        // Each throws in its clean-up, which takes its time under a sanitizer.
        constexpr int depth = simul_test::sanitized ? 20'000 : hundred_thousand;
        auto g = nest::of(depth, alive);
        for (int n = 0; n < 3; ++n) {
            const int* const got = co_await g.next();
            EXPECT_EQ(*got, n);
        }
        EXPECT_EQ(alive, depth + 1);
        g = {};
        co_await simul::yield();
        EXPECT_EQ(alive, 0);
    });
}

TEST(async_generator_nests, that_have_outlived_their_loop_are_destroyed_on_an_ordinary_stack) {
    on_a_small_stack([] {
        int alive = 0;
        async_generator<int> kept;
        run_virtual([&]() -> task<> {
            kept = nest::of(hundred_thousand, alive);
            const int* const got = co_await kept.next();
            EXPECT_EQ(*got, 0);
        });
        EXPECT_EQ(alive, hundred_thousand + 1);
        kept = {};
        EXPECT_EQ(alive, 0);
    });
}

TEST(async_generator_nests, that_have_not_begun_are_destroyed_on_an_ordinary_stack) {
    on_a_small_stack([] {
        int alive = 0;
        async_generator<int> outer = nest::of(0, alive);
        for (int i = 0; i < hundred_thousand; ++i) outer = nest::around(std::move(outer), alive);
        outer = {};
        EXPECT_EQ(alive, 0);
        EXPECT_EQ(simul::current_usage().frames, 0);
    });
}

TEST(async_generator_nests, of_arguments_are_destroyed_on_an_ordinary_stack_when_they_have_ended) {
    on_a_small_stack([] {
        run_virtual([]() -> task<> {
            int alive = 0;
            auto outer = []() -> async_generator<int> { co_return; }();
            for (int i = 0; i < hundred_thousand; ++i) {
                outer = nest::around(std::move(outer), alive);
            }
            EXPECT_EQ(co_await outer.next(), nullptr);
            EXPECT_EQ(alive, 0) << "their bodies have ended, their arguments are alive";
            EXPECT_GT(simul::current_usage().frames, hundred_thousand);
            outer = {};
            EXPECT_EQ(simul::current_usage().frames, 1) << "of the main task";
        });
    });
}

} // namespace
