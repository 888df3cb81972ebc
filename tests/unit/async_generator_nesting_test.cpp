#include "next_of.hpp"
#include "run_virtual.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::task;
using simul_test::next_of;
using simul_test::run_virtual;

using numbers = std::vector<int>;

async_generator<int> ticker(int n) {
    for (int i = 0; i < n; ++i) {
        co_await simul::sleep(10ms);
        co_yield i;
    }
}

async_generator<int> at_once(int n) {
    for (int i = 0; i < n; ++i) co_yield i;
}

template <class Generator>
task<numbers> all_of(Generator& from) {
    numbers all;
    while (auto* element = co_await from.next()) all.push_back(*element);
    co_return all;
}

std::string message_of(const std::exception_ptr& error) {
    if (error == nullptr) return "";
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (const simul::cancelled&) {
        return "cancelled";
    }
}

async_generator<int> countdown(int n) {
    if (n == 0) co_return;
    co_await simul::sleep(1ms);
    co_yield n;
    auto rest = countdown(n - 1);
    while (int* i = co_await rest.next()) co_yield *i;
}

TEST(async_generator_nesting, may_be_nested) {
    run_virtual([]() -> task<> {
        auto g = countdown(50);
        const numbers all = co_await all_of(g);
        EXPECT_EQ(all.size(), 50u);
        EXPECT_EQ(all.front(), 50);
        EXPECT_EQ(all.back(), 1);
    });
}

TEST(async_generator_nesting, a_nested_one_that_waits_is_abandoned_from_the_inside_out) {
    std::vector<std::string> ended;
    struct note {
        std::vector<std::string>& into;
        int depth;
        note(std::vector<std::string>& v, int d) : into(v), depth(d) {}
        note(const note&) = delete;
        note& operator=(const note&) = delete;
        ~note() { into.push_back(std::to_string(depth)); }
    };
    struct nest {
        static async_generator<int> make(std::vector<std::string>& ended, int depth) {
            const note here(ended, depth);
            if (depth == 3) co_await simul::sleep(1h);
            if (depth < 3) {
                auto inner = make(ended, depth + 1);
                while (int* i = co_await inner.next()) co_yield *i;
            }
            co_yield depth;
        }
    };
    run_virtual([&]() -> task<> {
        auto g = nest::make(ended, 0);
        auto waiting = simul::spawn(next_of(g));
        co_await simul::sleep(1s);
        g = {};
        EXPECT_EQ(ended, (std::vector<std::string>{"3", "2", "1", "0"}));
        const std::string got = co_await waiting;
        EXPECT_NE(got.find("was destroyed while a task waited"), std::string::npos) << got;
    });
}

TEST(async_generator_nesting, an_exception_passes_through_nested_ones) {
    struct nest {
        static async_generator<int> make(int depth) {
            if (depth == 0) throw std::runtime_error("deep");
            auto inner = make(depth - 1);
            while (int* i = co_await inner.next()) co_yield *i;
        }
    };
    run_virtual([&]() -> task<> {
        auto g = nest::make(100);
        const std::string got = co_await next_of(g);
        EXPECT_EQ(got, "deep");
    });
}

TEST(async_generator_nesting, takes_from_another_and_gives_on_what_it_likes) {
    const auto evens = [](async_generator<int> from) -> async_generator<int> {
        while (int* i = co_await from.next()) {
            if (*i % 2 == 0) co_yield *i;
        }
    };
    run_virtual([&]() -> task<> {
        auto g = evens(evens(ticker(9)));
        const numbers all = co_await all_of(g);
        EXPECT_EQ(all, (numbers{0, 2, 4, 6, 8}));
    });
}

TEST(async_generator_nesting, a_body_may_gather_and_spawn) {
    const auto sums = []() -> async_generator<int> {
        for (int i = 0; i < 3; ++i) {
            const auto later = [](int n) -> task<int> {
                co_await simul::sleep(1ms);
                co_return n;
            };
            auto beside = simul::spawn(later(100));
            auto [a, b] = co_await simul::gather(later(i), later(10));
            const int c = co_await beside;
            co_yield a + b + c;
        }
    };
    run_virtual([&]() -> task<> {
        auto g = sums();
        const numbers all = co_await all_of(g);
        EXPECT_EQ(all, (numbers{110, 111, 112}));
    });
}

TEST(async_generator_nesting, a_million_elements_need_no_stack) {
    run_virtual([]() -> task<> {
        auto g = at_once(1'000'000);
        std::int64_t sum = 0;
        while (const int* i = co_await g.next()) sum += *i;
        EXPECT_EQ(sum, 499'999'500'000);
    });
}

TEST(async_generator_nesting, a_deep_nest_that_waits_is_destroyed_on_an_ordinary_stack) {
    struct nest {
        static async_generator<int> make(int depth) {
            if (depth == 0) co_await simul::sleep(1h);
            if (depth > 0) {
                auto inner = make(depth - 1);
                while (int* i = co_await inner.next()) co_yield *i;
            }
        }
    };
    run_virtual([]() -> task<> {
        auto g = nest::make(200'000);
        auto waiting = simul::spawn(next_of(g));
        co_await simul::sleep(1s);
        g = {};
        const std::string got = co_await waiting;
        EXPECT_NE(got.find("was destroyed"), std::string::npos) << got;
    });
}

TEST(async_generator_nesting, many_at_once_in_any_order) {
    simul_test::over_orders(30, [](simul::run_options options) {
        simul_test::run_with(options, []() -> task<> {
            const auto uneven = [](int seed, int n) -> async_generator<int> {
                numbers pair(2);
                for (int i = 0; i < n; ++i) {
                    if ((i + seed) % 3 == 0) co_await simul::sleep(1ms * ((i + seed) % 5));
                    if ((i + seed) % 3 == 1) co_await simul::yield();
                    if (i + 1 < n && (i + seed) % 4 == 0) {
                        pair = {i, i + 1};
                        ++i;
                        co_yield simul::batch(pair);
                    } else {
                        co_yield i;
                    }
                }
            };
            const auto consume = [&](int seed) -> task<> {
                std::vector<async_generator<int>> mine;
                for (int i = 0; i < 5; ++i) mine.push_back(uneven(seed + i, 30));
                for (int expected = 0; expected < 30; ++expected) {
                    for (std::size_t i = 0; i < mine.size(); ++i) {
                        if (i == 3 && expected == 20) mine[i] = {}; // given up half way
                        const int* const element = co_await mine[i].next();
                        if (i == 3 && expected >= 20) {
                            EXPECT_EQ(element, nullptr);
                        } else if (element == nullptr || *element != expected) {
                            ADD_FAILURE() << seed << " " << i << " " << expected;
                        }
                    }
                }
            };
            std::vector<task<>> consumers;
            for (int i = 0; i < 10; ++i) consumers.push_back(consume(i * 7));
            co_await simul::gather(std::move(consumers));
        });
    });
}

TEST(async_generator_nesting, fails_its_consumer_in_a_gather_and_the_others_are_cancelled) {
    const auto fails = []() -> async_generator<int> {
        co_await simul::sleep(5ms);
        throw std::runtime_error("broken");
        co_yield 1;
    };
    run_virtual([&]() -> task<> {
        auto bad = fails();
        auto good = ticker(100);
        const auto drain = [](async_generator<int>& from) -> task<> {
            while (const int* element = co_await from.next()) EXPECT_GE(*element, 0);
        };
        std::exception_ptr thrown;
        try {
            co_await simul::gather(drain(bad), drain(good));
        } catch (...) {
            thrown = std::current_exception();
        }
        EXPECT_EQ(message_of(thrown), "broken");
        const std::string got = co_await next_of(good);
        EXPECT_EQ(got, "end") << "its body was cancelled, too";
    });
}

} // namespace
