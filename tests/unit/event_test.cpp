#include <simul/coro/event.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "cancel_each.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using simul::task;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::was_cancelled;
using namespace std::chrono_literals;

TEST(event, wakes_everybody_who_waits) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::event e;
            int woken = 0;
            const auto waits = [&]() -> task<> {
                co_await e.wait();
                ++woken;
            };
            const auto sets = [&]() -> task<> {
                co_await simul::sleep(1ms);
                EXPECT_EQ(woken, 0);
                e.set();
            };
            co_await simul::gather(waits(), waits(), waits(), sets());
            EXPECT_EQ(woken, 3);
            EXPECT_TRUE(e.is_set());
        });
    });
}

TEST(event, that_is_set_does_not_suspend) {
    run_virtual([]() -> task<> {
        simul::event e;
        e.set();
        e.set();
        const auto nothing = []() -> task<> { co_return; };
        const auto h = simul::spawn(nothing());
        co_await e.wait();
        EXPECT_FALSE(h.done());
        co_await h;
    });
}

TEST(event, that_is_set_and_cleared_at_once_wakes_those_who_waited_all_the_same) {
    run_virtual([]() -> task<> {
        simul::event e;
        std::string order;
        const auto waits = [&](char name) -> task<> {
            co_await e.wait();
            order += name;
        };
        const auto a = simul::spawn(waits('a'));
        const auto b = simul::spawn(waits('b'));
        co_await simul::yield();
        e.set();
        e.clear();
        EXPECT_FALSE(e.is_set());
        const auto c = simul::spawn(waits('c'));
        co_await a;
        co_await b;
        co_await simul::sleep(1ms);
        EXPECT_EQ(order, "ab");
        e.set();
        co_await c;
        EXPECT_EQ(order, "abc");
    });
}

TEST(event, that_is_destroyed_leaves_those_who_wait_to_their_cancel) {
    run_virtual([]() -> task<> {
        auto e = std::make_unique<simul::event>();
        const auto waits = [&]() -> task<> { co_await e->wait(); };
        const auto a = simul::spawn(waits());
        const auto b = simul::spawn(waits());
        co_await simul::yield();
        e.reset();
        co_await simul::sleep(1ms);
        EXPECT_FALSE(a.done());
        a.cancel();
        const bool cancelled = co_await was_cancelled(a);
        EXPECT_TRUE(cancelled);
        (void)b; // the end of the loop cancels it
    });
}

TEST(event, whose_owner_ends_first_harms_nobody) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            simul::event local;
            const auto waits = [](simul::event& e) -> task<> { co_await e.wait(); };
            for (int i = 0; i < 3; ++i) (void)simul::spawn(waits(local));
            co_await simul::sleep(1ms);
        });
    });
}

struct some_wait {
    simul::event e;
    std::vector<bool> passed = std::vector<bool>(4);

    std::size_t size() const { return passed.size() + 1; }
    task<> worker(std::size_t me) {
        if (me < passed.size()) {
            co_await e.wait();
            passed[me] = true;
        } else {
            co_await set_late();
        }
    }
    // Also when it is cancelled meanwhile.
    task<> set_late() {
        try {
            for (int i = 0; i < 4; ++i) co_await simul::yield();
        } catch (const simul::cancelled&) {
            e.set();
            throw;
        }
        e.set();
    }
    task<> check(std::size_t victim) {
        for (std::size_t i = 0; i < passed.size(); ++i) EXPECT_TRUE(passed[i] || i == victim);
        co_return;
    }
};

TEST(event, loses_nobody_whoever_is_cancelled_whenever) { simul_test::cancel_each<some_wait>(8); }

} // namespace
