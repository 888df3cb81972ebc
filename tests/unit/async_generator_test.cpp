#include "next_of.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
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

// ---------------------------------------------------------------------------------- elements

TEST(async_generator, yields_between_awaits_and_ends_with_null_for_ever) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        auto ticks = ticker(3);
        const numbers all = co_await all_of(ticks);
        EXPECT_EQ(all, (numbers{0, 1, 2}));
        EXPECT_EQ(simul::clock::now() - began, 30ms);
        for (int i = 0; i < 3; ++i) {
            const int* const none = co_await ticks.next();
            EXPECT_EQ(none, nullptr);
        }
    });
}

TEST(async_generator, an_empty_one_and_one_without_elements_end_at_once) {
    run_virtual([]() -> task<> {
        async_generator<int> empty;
        const int* none = co_await empty.next();
        EXPECT_EQ(none, nullptr);
        auto nothing = at_once(0);
        none = co_await nothing.next();
        EXPECT_EQ(none, nullptr);
    });
}

TEST(async_generator, one_that_never_began_frees_what_it_was_given) {
    simul_test::tracked_counts counts;
    const auto keeps = [](simul_test::tracked) -> async_generator<int> { co_yield 1; };
    {
        const auto never = keeps(simul_test::tracked(counts));
        EXPECT_EQ(counts.alive(), 1);
    }
    EXPECT_TRUE(counts.balanced());
}

TEST(async_generator, hands_out_the_yielded_object_itself) {
    const int* yielded = nullptr;
    const auto counts_up = [&]() -> async_generator<int> {
        int value = 1;
        yielded = &value;
        co_yield value;
        EXPECT_EQ(value, 10) << "the consumer changed it";
        co_yield ++value;
    };
    run_virtual([&]() -> task<> {
        auto g = counts_up();
        int* const first = co_await g.next();
        EXPECT_EQ(first, yielded);
        *first = 10;
        const int* const second = co_await g.next();
        EXPECT_EQ(second, yielded);
        EXPECT_EQ(*second, 11);
    });
}

TEST(async_generator, yields_references) {
    numbers values{1, 2, 3};
    const auto each = [&]() -> async_generator<int&> {
        for (int& value : values) co_yield value;
    };
    static_assert(std::is_same_v<async_generator<int&>::value_type, int>);
    run_virtual([&]() -> task<> {
        auto g = each();
        while (int* value = co_await g.next()) *value *= 2;
    });
    EXPECT_EQ(values, (numbers{2, 4, 6}));
}

TEST(async_generator, yields_constants_without_a_copy_when_its_elements_are_constant) {
    simul_test::tracked_counts counts;
    const simul_test::tracked kept(counts, "kept");
    const auto constants = [&]() -> async_generator<const simul_test::tracked&> { co_yield kept; };
    const auto const_values = [&]() -> async_generator<const simul_test::tracked> {
        co_yield kept;
    };
    run_virtual([&]() -> task<> {
        auto g = constants();
        const simul_test::tracked* const first = co_await g.next();
        EXPECT_EQ(first, &kept);
        auto h = const_values();
        const simul_test::tracked* const second = co_await h.next();
        EXPECT_EQ(second, &kept);
    });
    EXPECT_EQ(counts.copied, 0);
}

TEST(async_generator, copies_a_constant_that_its_consumer_may_change) {
    simul_test::tracked_counts counts;
    {
        const simul_test::tracked kept(counts, "");
        const auto copies = [&]() -> async_generator<simul_test::tracked> {
            co_yield kept;
            co_yield kept;
        };
        run_virtual([&]() -> task<> {
            auto g = copies();
            int seen = 0;
            while (simul_test::tracked* copy = co_await g.next()) {
                EXPECT_NE(copy, &kept);
                EXPECT_EQ(counts.alive(), 2);
                ++seen;
            }
            EXPECT_EQ(seen, 2);
        });
        EXPECT_EQ(counts.copied, 2);
    }
    EXPECT_TRUE(counts.balanced());
}

TEST(async_generator, yields_what_can_only_be_moved) {
    const auto boxes = []() -> async_generator<std::unique_ptr<int>> {
        co_yield std::make_unique<int>(1);
        auto second = std::make_unique<int>(2);
        co_yield second;
        EXPECT_EQ(second, nullptr) << "the consumer took it";
        co_yield std::make_unique<int>(3); // nobody takes this one
    };
    run_virtual([&]() -> task<> {
        auto g = boxes();
        numbers all;
        while (auto* box = co_await g.next()) {
            all.push_back(**box);
            if (all.size() < 3) const auto taken = std::move(*box);
        }
        EXPECT_EQ(all, (numbers{1, 2, 3}));
    });
}

TEST(async_generator, a_temporary_lives_until_the_consumer_asks_again) {
    simul_test::tracked_counts counts;
    const auto temporaries = [&]() -> async_generator<simul_test::tracked> {
        co_yield simul_test::tracked(counts, "first");
        co_yield simul_test::tracked(counts, "second");
    };
    run_virtual([&]() -> task<> {
        auto g = temporaries();
        while (auto* element = co_await g.next()) {
            EXPECT_EQ(counts.alive(), 1);
            co_await simul::sleep(1ms);
            EXPECT_FALSE(element->name().empty());
        }
        EXPECT_EQ(counts.alive(), 0);
    });
    EXPECT_EQ(counts.constructed, 2) << "neither copied nor moved";
    EXPECT_EQ(counts.ended, (std::vector<std::string>{"first", "second"}));
}

TEST(async_generator, converts_what_is_yielded) {
    const auto texts = []() -> async_generator<std::string> {
        co_yield "one";
        co_yield std::string_view("two").data();
    };
    run_virtual([&]() -> task<> {
        auto g = texts();
        const std::string* text = co_await g.next();
        EXPECT_EQ(*text, "one");
        text = co_await g.next();
        EXPECT_EQ(*text, "two");
    });
}

// ----------------------------------------------------------------------------------- batches

TEST(async_generator, hands_out_a_batch_for_one_resumption) {
    int resumed = 0;
    const auto batches = [&]() -> async_generator<int> {
        numbers values;
        for (int first : {0, 100, 200}) {
            ++resumed;
            values.resize(100);
            for (int i = 0; i < 100; ++i) values[static_cast<std::size_t>(i)] = first + i;
            co_yield simul::batch(values);
        }
        ++resumed;
    };
    run_virtual([&]() -> task<> {
        auto g = batches();
        int expected = 0;
        while (const int* value = co_await g.next()) {
            EXPECT_EQ(*value, expected);
            EXPECT_EQ(resumed, expected / 100 + 1);
            ++expected;
        }
        EXPECT_EQ(expected, 300);
    });
    EXPECT_EQ(resumed, 4);
}

TEST(async_generator, the_rest_of_a_batch_is_ready_without_a_suspension) {
    const auto one_batch = []() -> async_generator<int> {
        numbers values{1, 2};
        co_yield simul::batch(values);
    };
    run_virtual([&]() -> task<> {
        auto g = one_batch();
        EXPECT_FALSE(g.next().await_ready());
        (void)co_await g.next();
        EXPECT_TRUE(g.next().await_ready());
        (void)co_await g.next();
        EXPECT_FALSE(g.next().await_ready());
    });
}

TEST(async_generator, skips_empty_batches) {
    const auto mostly_empty = []() -> async_generator<int> {
        numbers none;
        numbers one{7};
        co_yield simul::batch(none);
        co_yield simul::batch(std::span<int>());
        co_yield simul::batch(one);
        co_yield simul::batch(none);
    };
    run_virtual([&]() -> task<> {
        auto g = mostly_empty();
        const numbers all = co_await all_of(g);
        EXPECT_EQ(all, numbers{7});
    });
}

TEST(async_generator, batches_of_constants_come_from_either_kind_of_container) {
    const auto constants = []() -> async_generator<const int> {
        numbers values{1, 2};
        const numbers constant_values{3, 4};
        co_yield simul::batch(values);
        co_yield simul::batch(constant_values);
        co_yield 5;
    };
    run_virtual([&]() -> task<> {
        auto g = constants();
        const numbers all = co_await all_of(g);
        EXPECT_EQ(all, (numbers{1, 2, 3, 4, 5}));
    });
}

// -------------------------------------------------------------------------------- exceptions

TEST(async_generator, an_exception_leaves_next_and_ends_the_sequence) {
    const auto fails = []() -> async_generator<int> {
        co_yield 1;
        co_await simul::sleep(1ms);
        throw std::runtime_error("broken");
    };
    run_virtual([&]() -> task<> {
        auto g = fails();
        std::string got = co_await next_of(g);
        EXPECT_EQ(got, "1");
        got = co_await next_of(g);
        EXPECT_EQ(got, "broken");
        for (int i = 0; i < 3; ++i) {
            got = co_await next_of(g);
            EXPECT_EQ(got, "end");
        }
    });
}

TEST(async_generator, an_exception_comes_after_the_batch_before_it) {
    const auto fails = []() -> async_generator<int> {
        numbers values{1, 2, 3};
        co_yield simul::batch(values);
        throw std::runtime_error("broken");
    };
    run_virtual([&]() -> task<> {
        auto g = fails();
        for (const char* const expected : {"1", "2", "3", "broken", "end"}) {
            const std::string got = co_await next_of(g);
            EXPECT_EQ(got, expected);
        }
    });
}

TEST(async_generator, its_locals_are_gone_when_the_exception_arrives) {
    simul_test::tracked_counts counts;
    const auto fails = [&]() -> async_generator<int> {
        const simul_test::tracked local(counts);
        co_await simul::yield();
        throw std::runtime_error("broken");
        co_yield 1;
    };
    run_virtual([&]() -> task<> {
        auto g = fails();
        const std::string got = co_await next_of(g);
        EXPECT_EQ(got, "broken");
        EXPECT_EQ(counts.constructed, 1);
        EXPECT_TRUE(counts.balanced());
    });
}

TEST(async_generator, the_stack_of_an_exception_goes_through_it) {
    const auto fails = []() -> async_generator<int> {
        co_await simul::sleep(1ms);
        throw std::runtime_error("broken");
        co_yield 1;
    };
    run_virtual([&]() -> task<> {
        auto g = fails();
        try {
            (void)co_await g.next();
            ADD_FAILURE() << "nothing thrown";
        } catch (const std::runtime_error&) {
            const auto stack = simul::async_stack_of(std::current_exception());
            EXPECT_FALSE(stack.empty());
            EXPECT_NE(stack.to_string().find("async_generator_test.cpp"), std::string::npos);
        }
    });
}

// ----------------------------------------------------------------------------- who may ask

TEST(async_generator, a_second_next_while_one_is_pending_is_an_error) {
    run_virtual([]() -> task<> {
        auto g = ticker(2);
        auto first = simul::spawn(next_of(g));
        co_await simul::yield();
        const std::string second = co_await next_of(g);
        EXPECT_NE(second.find("somebody waits for already"), std::string::npos) << second;
        const std::string got = co_await first;
        EXPECT_EQ(got, "0") << "the one who waited is not disturbed";
        const std::string next = co_await next_of(g);
        EXPECT_EQ(next, "1");
    });
}

TEST(async_generator, asking_from_inside_its_own_body_is_an_error) {
    async_generator<int> g;
    const auto greedy = [&]() -> async_generator<int> {
        std::string got = co_await next_of(g);
        EXPECT_NE(got.find("or that runs"), std::string::npos) << got;
        co_yield 1;
        (void)co_await g.next(); // without a task in between
        co_yield 2;
    };
    run_virtual([&]() -> task<> {
        g = greedy();
        std::string got = co_await next_of(g);
        EXPECT_EQ(got, "1");
        got = co_await next_of(g);
        EXPECT_NE(got.find("or that runs"), std::string::npos) << got;
        got = co_await next_of(g);
        EXPECT_EQ(got, "end");
        g = {};
    });
}

TEST(async_generator, several_tasks_may_take_turns) {
    simul_test::over_orders(20, [](simul::run_options options) {
        simul_test::run_with(options, []() -> task<> {
            auto g = ticker(40);
            numbers all;
            int asking = 0;
            const auto take_ten = [&]() -> task<> {
                for (int i = 0; i < 10; ++i) {
                    while (asking != 0) co_await simul::sleep(1ms);
                    ++asking;
                    const int* const element = co_await g.next();
                    if (element != nullptr) all.push_back(*element);
                    --asking;
                    co_await simul::yield();
                }
            };
            co_await simul::gather(take_ten(), take_ten(), take_ten(), take_ten());
            EXPECT_EQ(all.size(), 40u);
            for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], static_cast<int>(i));
        });
    });
}

TEST(async_generator, its_next_may_be_gathered) {
    run_virtual([]() -> task<> {
        auto a = ticker(2);
        auto b = ticker(1);
        const auto began = simul::clock::now();
        auto [x, y] = co_await simul::gather(a.next(), b.next());
        EXPECT_EQ(simul::clock::now() - began, 10ms);
        EXPECT_EQ(*x, 0);
        EXPECT_EQ(*y, 0);
        auto [second, none] = co_await simul::gather(a.next(), b.next());
        EXPECT_EQ(*second, 1);
        EXPECT_EQ(none, nullptr);
    });
}

// --------------------------------------------------------------------------- keeping its place

TEST(async_generator, goes_on_after_a_break) {
    run_virtual([]() -> task<> {
        auto g = ticker(6);
        numbers before;
        while (const int* i = co_await g.next()) {
            before.push_back(*i);
            if (*i == 2) break;
        }
        co_await simul::sleep(1s);
        const numbers after = co_await all_of(g);
        EXPECT_EQ(before, (numbers{0, 1, 2}));
        EXPECT_EQ(after, (numbers{3, 4, 5}));
    });
}

TEST(async_generator, goes_on_within_a_batch_after_a_break) {
    const auto one_batch = []() -> async_generator<int> {
        numbers values{1, 2, 3, 4};
        co_yield simul::batch(values);
    };
    run_virtual([&]() -> task<> {
        auto g = one_batch();
        (void)co_await g.next();
        (void)co_await g.next();
        auto moved = std::move(g);
        const numbers rest = co_await all_of(moved);
        EXPECT_EQ(rest, (numbers{3, 4}));
        const std::string left = co_await next_of(g);
        EXPECT_EQ(left, "end");
    });
}

TEST(async_generator, keeps_its_place_when_it_is_moved) {
    run_virtual([]() -> task<> {
        std::vector<async_generator<int>> all;
        for (int i = 0; i < 20; ++i) {
            all.push_back(ticker(3)); // grows, and moves what has begun
            const int* const first = co_await all.back().next();
            EXPECT_EQ(*first, 0);
        }
        std::swap(all.front(), all.back());
        all.erase(all.begin() + 5, all.begin() + 10);
        for (auto& g : all) {
            const numbers rest = co_await all_of(g);
            EXPECT_EQ(rest, (numbers{1, 2}));
        }
    });
}

TEST(async_generator, may_be_moved_while_a_task_waits_for_it) {
    run_virtual([]() -> task<> {
        auto g = ticker(2);
        auto waiting = simul::spawn(next_of(g));
        co_await simul::sleep(5ms);
        auto moved = std::move(g);
        const std::string got = co_await waiting;
        EXPECT_EQ(got, "0");
        const std::string next = co_await next_of(moved);
        EXPECT_EQ(next, "1");
    });
}

TEST(async_generator, is_carried_from_one_run_to_another) {
    auto g = ticker(3);
    for (const char* const expected : {"0", "1", "2", "end"}) {
        EXPECT_EQ(run_virtual([&] { return next_of(g); }), expected);
    }
}

} // namespace
