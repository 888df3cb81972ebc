#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace {

using simul::task;
using simul_test::run_with;

std::string order_of(simul::run_options options) {
    std::string order;
    run_with(options, [&]() -> task<> {
        const auto writes = [&](char c) -> task<> {
            for (int i = 0; i < 3; ++i) {
                order += c;
                co_await simul::yield();
            }
        };
        co_await simul::gather(writes('a'), writes('b'), writes('c'), writes('d'), writes('e'));
    });
    return order;
}

TEST(shuffle, gives_the_same_order_for_the_same_seed) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const simul::run_options options{.virtual_time = true, .shuffle_seed = seed};
        EXPECT_EQ(order_of(options), order_of(options));
    }
}

TEST(shuffle, gives_many_orders_for_many_seeds) {
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        orders.insert(order_of({.virtual_time = true, .shuffle_seed = seed}));
    }
    EXPECT_GT(orders.size(), 90U);
}

TEST(shuffle, keeps_to_turns) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        std::string order = order_of({.virtual_time = true, .shuffle_seed = seed});
        ASSERT_EQ(order.size(), 15U);
        for (auto turn = order.begin(); turn != order.end(); turn += 5) {
            std::sort(turn, turn + 5);
            EXPECT_EQ(std::string(turn, turn + 5), "abcde") << "a turn runs each task once";
        }
    }
}

TEST(shuffle, is_off_without_a_seed) {
    EXPECT_EQ(order_of({.virtual_time = true}), "abcdeabcdeabcde");
}

} // namespace
