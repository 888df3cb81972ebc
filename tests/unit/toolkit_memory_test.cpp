// No stage and no sink asks for memory for an element; those that keep elements use theirs again.
#include "allocations.hpp"
#include "run_virtual.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::async_generator;
using simul::generator;
using simul::task;
using simul_test::run_virtual;
using namespace std::chrono_literals;

generator<int> numbers(int count) {
    for (int n = 0; n < count; ++n) co_yield n;
}

// By ones and by batches, and now and then it waits.
async_generator<int> async_numbers(int count) {
    std::vector<int> four(4);
    for (int n = 0; n + 4 < count; n += 4) {
        if (n % 64 == 0) co_await simul::sleep(1ms);
        co_yield n + 1;
        for (int& each : four) each = n;
        co_yield simul::batch(four);
    }
}

bool is_odd(int n) { return n % 2 != 0; }
int doubled(int n) { return 2 * n; }
bool always(int) { return true; }
task<int> doubled_later(int n) { co_return 2 * n; }
task<bool> always_later(int) { co_return true; }

class memory : public testing::Test {
protected:
    void SetUp() override {
        if (!simul_test::counts_allocations)
            GTEST_SKIP() << "frames are not recycled, and new is the sanitizer's";
    }

    // How often memory is asked for while so many elements go by.
    static long asked_for(const std::function<void(int)>& run, int count) {
        const long before = simul_test::allocations;
        run(count);
        return simul_test::allocations - before;
    }
    static void expect_the_same_for_more(const std::function<void(int)>& run, const char* what) {
        run(2000); // after which there are frames to be used again
        EXPECT_EQ(asked_for(run, 500), asked_for(run, 2000)) << what;
    }

    template <class Adapt>
    static void sync_stage(const char* what, Adapt adapt) {
        expect_the_same_for_more(
            [&](int count) {
                auto pipe = adapt(numbers(count));
                int seen = 0;
                while (seen < count && pipe.next() != nullptr) ++seen;
                EXPECT_GT(seen, 0) << what;
            },
            what);
    }
    template <class Adapt>
    static void async_stage(const char* what, Adapt adapt) {
        expect_the_same_for_more(
            [&](int count) {
                run_virtual([&]() -> task<> {
                    auto pipe = adapt(async_numbers(count));
                    int seen = 0;
                    while (seen < count) {
                        const bool is_there = static_cast<bool>(co_await pipe.next());
                        if (!is_there) break;
                        ++seen;
                    }
                    EXPECT_GT(seen, 0) << what;
                    co_await pipe.close();
                });
            },
            what);
    }
    template <class Adapt>
    static void both(const char* what, Adapt adapt) {
        sync_stage(what, adapt);
        async_stage(what, adapt);
    }
    template <class Sink>
    static void sink(const char* what, Sink sink) {
        expect_the_same_for_more([&](int count) { (void)sink(numbers(count)); }, what);
        expect_the_same_for_more(
            [&](int count) {
                run_virtual([&]() -> task<> { (void)co_await sink(async_numbers(count)); });
            },
            what);
    }
};

TEST_F(memory, is_not_asked_for_per_element_by_stages_of_one_element) {
    both("filter", [](auto s) { return std::move(s) | simul::filter(is_odd); });
    both("transform", [](auto s) { return std::move(s) | simul::transform(doubled); });
    both("filter_map", [](auto s) {
        return std::move(s) | simul::filter_map([](int n) { return std::optional<int>(n); });
    });
    both("take", [](auto s) { return std::move(s) | simul::take(100'000); });
    both("drop", [](auto s) { return std::move(s) | simul::drop(10); });
    both("take_while", [](auto s) { return std::move(s) | simul::take_while(always); });
    both("drop_while", [](auto s) { return std::move(s) | simul::drop_while(is_odd); });
    both("enumerate", [](auto s) { return std::move(s) | simul::enumerate(); });
    both("inspect", [](auto s) { return std::move(s) | simul::inspect(always); });
    both("accumulate", [](auto s) { return std::move(s) | simul::accumulate(); });
    both("distinct_adjacent", [](auto s) { return std::move(s) | simul::distinct_adjacent(); });
}

TEST_F(memory, is_not_asked_for_per_element_by_stages_of_several) {
    both("intersperse", [](auto s) { return std::move(s) | simul::intersperse(-1); });
    both("pairwise", [](auto s) { return std::move(s) | simul::pairwise(); });
    both("window", [](auto s) { return std::move(s) | simul::window(8); });
    both("chunk", [](auto s) { return std::move(s) | simul::chunk(8); });
    both("group_by",
         [](auto s) { return std::move(s) | simul::group_by([](int n) { return n / 8; }); });
    both("flatten", [](auto s) {
        return std::move(s) | simul::chunk(8) |
               simul::transform([](auto& chunk) { return std::span(chunk); }) | simul::flatten();
    });
    both("zip", [](auto s) { return std::move(s) | simul::zip(simul::count()); });
    both("zip_longest",
         [](auto s) { return std::move(s) | simul::zip_longest(simul::repeat(1, 100)); });
    both("chain", [](auto s) { return std::move(s) | simul::chain(simul::repeat(1, 100)); });
    sync_stage("cycle", [cycled = std::vector<int>{1, 2, 3}](auto s) {
        return std::move(s) | simul::zip(cycled | simul::cycle());
    });
}

TEST_F(memory, is_not_asked_for_per_element_by_stages_with_coroutine_functions) {
    async_stage("transform", [](auto s) { return std::move(s) | simul::transform(doubled_later); });
    async_stage("filter", [](auto s) { return std::move(s) | simul::filter(always_later); });
    async_stage("inspect", [](auto s) { return std::move(s) | simul::inspect(doubled_later); });
    async_stage("accumulate", [](auto s) {
        return std::move(s) | simul::accumulate([](int a, int b) { return doubled_later(a + b); });
    });
}

TEST_F(memory, is_not_asked_for_per_element_by_stages_that_run_side_by_side) {
    async_stage("map_concurrent",
                [](auto s) { return std::move(s) | simul::map_concurrent(4, doubled_later); });
    async_stage("map_concurrent_unordered", [](auto s) {
        return std::move(s) | simul::map_concurrent_unordered(4, doubled_later);
    });
    async_stage("buffer", [](auto s) { return std::move(s) | simul::buffer(4); });
    async_stage("merge", [](auto s) { return std::move(s) | simul::merge(async_numbers(100)); });
    async_stage("throttle", [](auto s) { return std::move(s) | simul::throttle(1ms); });
    async_stage("debounce",
                [](auto s) { return std::move(s) | simul::throttle(3ms) | simul::debounce(1ms); });
    async_stage("timeout_each", [](auto s) { return std::move(s) | simul::timeout_each(1s); });
    simul::event never;
    async_stage("take_until", [&](auto s) { return std::move(s) | simul::take_until(never); });
    async_stage("chunk_timeout", [](auto s) { return std::move(s) | simul::chunk_timeout(8, 1s); });
}

TEST_F(memory, is_not_asked_for_per_element_by_sinks) {
    sink("sum", [](auto s) { return simul::sum(std::move(s)); });
    sink("fold", [](auto s) { return simul::fold(std::move(s), 1, std::plus<>()); });
    sink("count", [](auto s) { return simul::count(std::move(s)); });
    sink("count of some", [](auto s) { return simul::count(std::move(s), is_odd); });
    sink("min_max", [](auto s) { return simul::min_max(std::move(s)); });
    sink("first", [](auto s) { return simul::first(std::move(s)); });
    sink("last", [](auto s) { return simul::last(std::move(s)); });
    sink("any_of", [](auto s) { return simul::any_of(std::move(s), [](int n) { return n < 0; }); });
    sink("all_of", [](auto s) { return simul::all_of(std::move(s), always); });
    int seen = 0;
    const auto see = [&](int n) { seen += n; };
    expect_the_same_for_more([&](int count) { simul::for_each(numbers(count), see); }, "for_each");
    expect_the_same_for_more(
        [&](int count) { run_virtual([&] { return simul::for_each(async_numbers(count), see); }); },
        "for_each of an async sequence");
    EXPECT_GT(seen, 0);
}

TEST_F(memory, of_sinks_into_containers_grows_in_ever_larger_steps) {
    constexpr long doublings = 20;
    const auto collected = [](int count) {
        EXPECT_EQ(simul::collect(numbers(count)).size(), static_cast<std::size_t>(count));
    };
    EXPECT_LT(asked_for(collected, 100'000), doublings);
    const auto collected_async = [](int count) {
        run_virtual([&]() -> task<> {
            const auto all = co_await simul::collect(async_numbers(count));
            EXPECT_GT(all.size(), static_cast<std::size_t>(count));
        });
    };
    collected_async(100);
    EXPECT_LT(asked_for(collected_async, 100'000) - asked_for(collected_async, 100), doublings);
}

TEST_F(memory, of_a_tee_is_asked_for_by_many_elements_at_a_time) {
    const auto side_by_side = [](int count) {
        auto [a, b] = simul::tee(numbers(count));
        while (a.next() != nullptr) EXPECT_NE(b.next(), nullptr);
    };
    EXPECT_LT(asked_for(side_by_side, 100'000), 100'000 / 64);
    const auto side_by_side_async = [](int count) {
        run_virtual([&]() -> task<> {
            auto [a, b] = simul::tee(async_numbers(count));
            for (;;) {
                const bool is_there = co_await a.next() != nullptr;
                if (!is_there) break;
                (void)co_await b.next();
            }
        });
    };
    side_by_side_async(1000);
    EXPECT_LT(asked_for(side_by_side_async, 20'000), 20'000 / 64 + 100);
}

TEST_F(memory, is_not_asked_for_per_element_by_a_generator_of_generators) {
    struct nest {
        static generator<int> of(int depth, int count) {
            if (depth == 0) co_yield simul::elements_of(numbers(count));
            if (depth > 0) co_yield simul::elements_of(of(depth - 1, count));
        }
    };
    expect_the_same_for_more(
        [](int count) {
            int seen = 0;
            for (const int n : nest::of(5, count)) seen += n >= 0 ? 1 : 0;
            EXPECT_EQ(seen, count);
        },
        "elements_of");
}

} // namespace
