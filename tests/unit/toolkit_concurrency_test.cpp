// Adaptors that read their sources, or run their functions, on lines of their own, and those that
// have to do with time.
#include <simul/simul.hpp>

#include "cancel_each.hpp"
#include "run_virtual.hpp"
#include "sources.hpp"
#include "ticking.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::async_generator;
using simul::task;
using simul_test::ending_of;
using simul_test::generated;
using simul_test::life;
using simul_test::list_of;
using simul_test::one_by_one;
using simul_test::over_orders;
using simul_test::random_inputs;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::ticker;
using simul_test::with_pauses;
using simul_test::work_on;
using namespace std::chrono_literals;

using numbers = std::vector<int>;
using times = std::vector<std::pair<int, std::chrono::milliseconds>>;

std::pair<int, std::chrono::milliseconds> at(int element, std::chrono::milliseconds time) {
    return {element, time};
}

template <class Pipe>
task<times> timed(Pipe pipe) {
    const auto began = simul::clock::now();
    times all;
    while (auto element = co_await pipe.next()) {
        all.emplace_back(
            static_cast<int>(*element),
            std::chrono::duration_cast<std::chrono::milliseconds>(simul::clock::now() - began));
    }
    co_return all;
}

TEST(map_concurrent, gives_results_in_the_order_of_the_elements_under_its_limit) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            for (const int limit : {1, 3, 100}) {
                life log;
                const auto work = [&](int n) { return work_on(log, n); };
                numbers expected;
                for (int n = 0; n < 20; ++n) expected.push_back(n * 10);
                EXPECT_EQ(co_await (simul::count(0) | simul::take(20) |
                                    simul::map_concurrent(limit, work) | simul::collect()),
                          expected);
                EXPECT_EQ(log.most, std::min(limit, 20));
                EXPECT_EQ(log.ended, 20);
            }
        });
    });
}

TEST(map_concurrent, unordered_gives_them_as_they_come) {
    run_virtual([]() -> task<> {
        life log;
        const auto work = [&](int n) { return work_on(log, n); };
        EXPECT_EQ(co_await (list_of(1, 5, 3) | simul::map_concurrent_unordered(3, work) |
                            simul::collect()),
                  (list_of(50, 30, 10)));
        const numbers input{4, 1, 7, 7, 2, 9};
        for (const int limit : {1, 2, 10}) {
            numbers all =
                co_await (with_pauses(input) | simul::map_concurrent_unordered(limit, work) |
                          simul::collect());
            std::sort(all.begin(), all.end());
            EXPECT_EQ(all, (list_of(10, 20, 40, 70, 70, 90)));
        }
    });
}

TEST(map_concurrent, asks_for_no_more_than_there_is_room_for) {
    run_virtual([]() -> task<> {
        int asked = 0;
        const auto at_once = [](int n) -> task<int> { co_return n; };
        const auto see = [&](int) { ++asked; };
        auto pipe = simul::count(0) | simul::inspect(see) | simul::map_concurrent(4, at_once);
        co_await pipe.next();
        co_await simul::sleep(1s);
        EXPECT_EQ(asked, 5);
        co_await pipe.close();
    });
}

TEST(map_concurrent, throws_what_its_source_throws_after_the_results) {
    run_virtual([]() -> task<> {
        life log;
        life source;
        const auto work = [&](int n) { return work_on(log, n); };
        auto pipe = ticker(source, 10, 10ms, 2) | simul::map_concurrent(5, work);
        co_await pipe.next();
        const int* const second = co_await pipe.next();
        EXPECT_EQ(*second, 10);
        EXPECT_EQ(co_await ending_of(pipe.next()), "tick 2");
    });
}

TEST(map_concurrent, gives_its_function_the_elements_of_a_container) {
    run_virtual([]() -> task<> {
        std::vector<std::unique_ptr<int>> owners;
        owners.push_back(std::make_unique<int>(1));
        owners.push_back(std::make_unique<int>(2));
        const auto change = [](std::unique_ptr<int>& owner) -> task<int> {
            co_await simul::sleep(1ms);
            co_return * owner += 10;
        };
        EXPECT_EQ(co_await (owners | simul::map_concurrent(2, change) | simul::collect()),
                  (list_of(11, 12)));
        EXPECT_EQ(*owners[1], 12);
    });
}

TEST(buffer, reads_ahead_as_far_as_it_is_told) {
    run_virtual([]() -> task<> {
        int asked = 0;
        const auto see = [&](int) { ++asked; };
        auto pipe = simul::count(0) | simul::inspect(see) | simul::buffer(3);
        const int* const first = co_await pipe.next();
        EXPECT_EQ(*first, 0);
        co_await simul::sleep(1s);
        EXPECT_EQ(asked, 4);
        co_await pipe.close();
    });
}

TEST(buffer, overlaps_its_source_and_its_consumer) {
    run_virtual([]() -> task<> {
        life log;
        const auto began = simul::clock::now();
        auto pipe = ticker(log, 5) | simul::buffer(2);
        while (co_await pipe.next()) co_await simul::sleep(10ms);
        EXPECT_EQ(simul::clock::now() - began, 60ms);
    });
}

TEST(merge, gives_the_elements_of_all_sources_as_they_come) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            life log;
            const times all = co_await timed(
                simul::merge(ticker(log, 3, 10ms), ticker(log, 2, 25ms), ticker(log, 1, 100ms)));
            EXPECT_EQ(all, list_of(at(0, 10ms), at(1, 20ms), at(0, 25ms), at(2, 30ms), at(1, 50ms),
                                   at(0, 100ms)));
            EXPECT_EQ(log.ended, 3);
        });
    });
}

TEST(merge, gives_every_element_once) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            numbers all = co_await simul::collect(
                one_by_one(list_of(1, 2, 3)) |
                simul::merge(with_pauses(list_of(4, 5)) | simul::merge(generated(list_of(6)))));
            std::sort(all.begin(), all.end());
            EXPECT_EQ(all, (list_of(1, 2, 3, 4, 5, 6)));
        });
    });
}

TEST(merge, copies_nothing) {
    run_virtual([]() -> task<> {
        const auto owners = [](int n) -> async_generator<std::unique_ptr<int>> {
            co_await simul::sleep(1ms);
            co_yield std::make_unique<int>(n);
        };
        const auto all = co_await simul::collect(simul::merge(owners(1), owners(2)));
        EXPECT_EQ(all.size(), 2U);
    });
}

TEST(throttle, spaces_its_elements) {
    run_virtual([]() -> task<> {
        life log;
        EXPECT_EQ(co_await timed(ticker(log, 3) | simul::throttle(30ms)),
                  list_of(at(0, 10ms), at(1, 40ms), at(2, 70ms)));
        EXPECT_EQ(co_await timed(ticker(log, 2) | simul::throttle(3ms)),
                  list_of(at(0, 10ms), at(1, 20ms)));
        EXPECT_EQ(co_await timed(list_of(5, 6) | simul::throttle(10ms)),
                  list_of(at(5, 0ms), at(6, 10ms)));
    });
}

TEST(debounce, throttle_and_chunk_timeout_may_wait_for_ever) {
    run_virtual([]() -> task<> {
        const auto all_at_once = list_of(list_of(0, 1, 2));
        const auto waits = list_of(std::chrono::nanoseconds::max(), std::chrono::nanoseconds(1h));
        life log;
        for (const auto d : waits) {
            EXPECT_EQ(co_await simul::collect(ticker(log, 3) | simul::debounce(d)), list_of(2));
            EXPECT_EQ(co_await simul::collect(ticker(log, 3) | simul::chunk_timeout(100, d)),
                      all_at_once);
            auto slowly = ticker(log, 3) | simul::throttle(d);
            EXPECT_EQ(*co_await slowly.next(), 0);
            const auto second = co_await simul::move_on_after(1min, slowly.next());
            EXPECT_FALSE(second);
        }
    });
}

TEST(debounce, gives_what_nothing_follows_for_a_while) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            life log;
            auto source = simul::chain(ticker(log, 3, 10ms), ticker(log, 2, 60ms));
            EXPECT_EQ(co_await timed(std::move(source) | simul::debounce(50ms)),
                      list_of(at(2, 80ms), at(0, 147ms), at(1, 164ms)));
            EXPECT_EQ(co_await timed(ticker(log, 3) | simul::debounce(11ms)), list_of(at(2, 37ms)));
        });
    });
}

TEST(timeout_each, throws_when_an_element_takes_too_long) {
    run_virtual([]() -> task<> {
        life log;
        EXPECT_EQ(co_await simul::count(ticker(log, 3) | simul::timeout_each(20ms)), 3U);
        auto slow = simul::chain(ticker(log, 1), ticker(log, 1, 50ms)) | simul::timeout_each(20ms);
        co_await slow.next();
        bool late = false;
        try {
            co_await slow.next();
        } catch (const simul::timeout_error&) {
            late = true;
        }
        EXPECT_TRUE(late);
        EXPECT_EQ(log.ended, log.begun);
        EXPECT_EQ(list_of(1) | simul::count(), 1U);
    });
}

TEST(take_until, ends_with_the_event) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            life log;
            simul::event end;
            const auto handle = simul::spawn([&]() -> task<> {
                co_await simul::sleep(35ms);
                end.set();
            });
            EXPECT_EQ(co_await simul::collect(ticker(log, 100) | simul::take_until(end)),
                      (list_of(0, 1, 2)));
            EXPECT_EQ(log.ended, 1);
            EXPECT_EQ(co_await simul::collect(simul::take_until(one_by_one(list_of(1)), end)),
                      numbers());
            end.clear();
            EXPECT_EQ(co_await simul::collect(simul::take_until(one_by_one(list_of(1)), end)),
                      list_of(1));
            co_await handle;
        });
    });
}

TEST(chunk_timeout, hands_out_what_has_come_in_time) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            life log;
            const auto size = [](const numbers& chunk) { return static_cast<int>(chunk.size()); };
            EXPECT_EQ(co_await timed(ticker(log, 4) | simul::chunk_timeout(3, 1s) |
                                     simul::transform(size)),
                      list_of(at(3, 30ms), at(1, 47ms)));
            EXPECT_EQ(co_await timed(ticker(log, 3) | simul::chunk_timeout(3, 15ms) |
                                     simul::transform(size)),
                      list_of(at(2, 25ms), at(1, 37ms)));
            EXPECT_EQ(co_await (ticker(log, 5) | simul::chunk_timeout(2, 1s) | simul::flatten() |
                                simul::collect()),
                      (list_of(0, 1, 2, 3, 4)));
        });
    });
}

TEST(tee, gives_every_branch_all_elements) {
    for (const numbers& input : random_inputs()) {
        auto [a, b] = simul::tee(generated(input));
        const auto some = a | simul::take(2) | simul::collect();
        EXPECT_EQ(simul::collect(b), input);
        auto whole = some;
        for (int n : a) whole.push_back(n);
        EXPECT_EQ(whole, input);
        over_orders(5, [&](simul::run_options options) {
            run_with(options, [&]() -> task<> {
                auto branches = with_pauses(input) | simul::tee<3>();
                auto third = simul::spawn(simul::collect(std::move(branches[2])));
                auto [first, second] = co_await simul::gather(
                    simul::collect(std::move(branches[0]) | simul::throttle(25ms)),
                    simul::collect(std::move(branches[1])));
                EXPECT_EQ(first, input);
                EXPECT_EQ(second, input);
                EXPECT_EQ(co_await third, input);
            });
        });
    }
}

TEST(tee, reads_on_for_the_others_when_a_branch_goes) {
    run_virtual([]() -> task<> {
        life log;
        {
            auto branches = simul::tee(ticker(log, 3));
            const auto a = simul::spawn(simul::collect(std::move(branches[0])));
            co_await simul::sleep(15ms);
            a.cancel();
            EXPECT_EQ(co_await simul::collect(branches[1]), (list_of(0, 1, 2)));
            EXPECT_TRUE(co_await simul_test::was_cancelled(a));
        }
        {
            auto branches = simul::tee(ticker(log, 3, 10ms, 1));
            EXPECT_EQ(co_await ending_of(simul::count(branches[0])), "tick 1");
            EXPECT_EQ(co_await ending_of(simul::count(branches[1])), "tick 1");
        }
        EXPECT_EQ(log.ended, log.begun);
    });
}

} // namespace
