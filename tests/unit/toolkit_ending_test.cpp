// Pipes that are ended early: every source, and every task of a stage, has ended its clean-up
// before the owner of the pipe goes on.
#include <simul/simul.hpp>

#include "cancel_each.hpp"
#include "run_virtual.hpp"
#include "ticking.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using simul::task;
using simul_test::ending_of;
using simul_test::life;
using simul_test::over_orders;
using simul_test::run_with;
using simul_test::ticker;
using simul_test::work_on;
using namespace std::chrono_literals;

TEST(map_concurrent, hands_out_what_came_before_a_failure_and_then_ends_all) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            life log;
            life source;
            const auto work = [&](int n) { return work_on(log, n == 2 ? 1000 : n); };
            auto pipe = ticker(source, 1000, 1ms) | simul::map_concurrent(5, work);
            const int* result = co_await pipe.next();
            EXPECT_EQ(*result, 0);
            result = co_await pipe.next();
            EXPECT_EQ(*result, 10);
            EXPECT_EQ(co_await ending_of(pipe.next()), "work 1000");
            EXPECT_EQ(log.begun, log.ended);
            EXPECT_EQ(source.ended, 1);
            EXPECT_EQ(co_await pipe.next(), nullptr);
        });
    });
}

TEST(merge, ends_all_when_one_fails) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            life log;
            auto pipe = simul::merge(ticker(log, 100, 10ms), ticker(log, 100, 25ms, 0));
            co_await pipe.next();
            co_await pipe.next();
            EXPECT_EQ(co_await ending_of(simul::count(pipe)), "tick 0");
            EXPECT_EQ(log.ended, 2);
        });
    });
}

// Notes how many exceptions are under way at its end.
struct last_words {
    explicit last_words(int& to) : exceptions(to) {}
    last_words(const last_words&) = delete;
    last_words& operator=(const last_words&) = delete;
    ~last_words() { exceptions = std::uncaught_exceptions(); }
    int& exceptions;
};

TEST(merge, throws_a_failure_although_the_others_never_rest) {
    const auto endless = [](int n) -> simul::async_generator<int> {
        for (;;) co_yield n;
    };
    const auto fails = []() -> simul::async_generator<int> {
        co_await simul::sleep(5ms);
        throw std::runtime_error("broken");
        co_yield 0;
    };
    simul_test::run_virtual([&]() -> task<> {
        auto all = simul::merge(endless(1), endless(2), fails());
        int seen = 0;
        std::string how;
        try {
            while (co_await all.next()) {
                co_await simul::sleep(1ms);
                if (++seen == 1000) break;
            }
        } catch (const std::runtime_error& e) {
            how = e.what();
        }
        EXPECT_EQ(how, "broken");
        EXPECT_LT(seen, 10);
    });
}

TEST(a_pipe, that_is_dropped_between_two_elements_is_destroyed_without_an_exception) {
    simul_test::run_virtual([]() -> task<> {
        life log;
        int exceptions = -1;
        auto words = std::make_unique<last_words>(exceptions);
        {
            auto later = [owned = std::move(words)](int n) -> task<int> { co_return n; };
            auto pipe = ticker(log, 100) | simul::transform(std::move(later));
            (void)co_await pipe.next();
        }
        EXPECT_EQ(exceptions, 0) << "which would cost more than all the rest";
        co_await simul::yield();
        EXPECT_EQ(log.begun, log.ended) << "one of the program's own sees it nevertheless";
    });
}

template <class Pipe>
task<> read_some(Pipe from, int n) {
    Pipe pipe(std::move(from)); // which ends before this returns, as a parameter does not
    for (int i = 0; i < n; ++i) {
        if (!co_await pipe.next()) break;
    }
}

// Calls `each(pipe)` with a pipe of every kind.
template <class Each>
task<> with_every_stage(life& log, Each each) {
    const auto work = [&](int n) { return work_on(log, n); };
    simul::event never;
    co_await each("map_concurrent", ticker(log, 100) | simul::map_concurrent(3, work));
    co_await each("unordered", ticker(log, 100) | simul::map_concurrent_unordered(3, work));
    co_await each("buffer", ticker(log, 100) | simul::buffer(3));
    co_await each("merge", simul::merge(ticker(log, 100), ticker(log, 100, 15ms)));
    co_await each("debounce", ticker(log, 100) | simul::debounce(1ms));
    co_await each("chunk_timeout", ticker(log, 100) | simul::chunk_timeout(3, 15ms));
    co_await each("throttle", ticker(log, 100) | simul::throttle(30ms));
    co_await each("timeout_each", ticker(log, 100) | simul::timeout_each(1s));
    co_await each("take_until", ticker(log, 100) | simul::take_until(never));
    auto branches = simul::tee(ticker(log, 100));
    co_await each("tee", simul::chain(std::move(branches[0]), std::move(branches[1])));
    co_await each("transform", ticker(log, 100) | simul::transform(work));
    co_await each("zip", simul::zip(ticker(log, 100), ticker(log, 100)));
    const auto inner = [&](int) { return ticker(log, 3); };
    co_await each("flatten", ticker(log, 3) | simul::transform(inner) | simul::flatten());
    co_await each("all", ticker(log, 100) | simul::buffer(2) | simul::map_concurrent(3, work) |
                             simul::transform(work) | simul::buffer(2) | simul::take(50));
}

TEST(a_pipe, that_is_dropped_has_ended_before_its_owner_goes_on) {
    over_orders(10, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            life log;
            const auto each = [&](const char* name, auto pipe) -> task<> {
                co_await read_some(std::move(pipe), 3);
                EXPECT_EQ(log.begun, log.ended) << name;
            };
            co_await with_every_stage(log, each);
        });
    });
}

TEST(a_pipe, that_is_closed_has_ended_when_the_close_has) {
    over_orders(10, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            life log;
            const auto each = [&](const char* name, auto pipe) -> task<> {
                co_await pipe.next();
                co_await pipe.close();
                EXPECT_EQ(log.begun, log.ended) << name;
                EXPECT_FALSE(co_await pipe.next()) << name;
            };
            co_await with_every_stage(log, each);
        });
    });
}

TEST(a_pipe, whose_owner_is_cancelled_has_ended_when_the_owner_has) {
    over_orders(10, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            for (const auto after : {0ms, 5ms, 10ms, 35ms, 60ms, 111ms}) {
                life log;
                const auto each = [&](const char* name, auto pipe) -> task<> {
                    auto owner = simul::spawn(read_some(std::move(pipe), 1000));
                    co_await simul::sleep(after);
                    owner.cancel();
                    (void)co_await simul_test::was_cancelled(owner);
                    EXPECT_EQ(log.begun, log.ended) << name << " after " << after.count() << " ms";
                };
                co_await with_every_stage(log, each);
            }
        });
    });
}

} // namespace
