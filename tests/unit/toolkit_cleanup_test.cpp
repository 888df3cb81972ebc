// How sinks, and pipes that have enough before their source ends, leave that source: as a loop
// written by hand does.
#include <simul/simul.hpp>

#include "log_capture.hpp"
#include "never.hpp"
#include "polite.hpp"
#include "run_virtual.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::task;
using simul_test::ending_of;
using simul_test::polite;
using simul_test::run_over_orders;
using simul_test::run_virtual;
using simul_test::words;

const words in_order{"leaves", "left"};

// Fails in its clean-up.
async_generator<int> rude() {
    bool leaves = false;
    try {
        for (int n = 0;; ++n) co_yield n;
    } catch (const simul::generator_exit&) {
        leaves = true;
    }
    if (leaves) throw std::logic_error("the clean-up");
}

task<> waits(int) { co_await simul::sleep(1h); }
task<int> waits_and_gives(int n) {
    co_await simul::sleep(1h);
    co_return n;
}
void fails(int n) {
    if (n == 2) throw std::runtime_error("the element 2");
}

// Cancels `work` after `wait`, and gives how it ended. Its source has left in order all the same.
template <class Work>
task<std::string> cancelled_after(std::chrono::milliseconds wait, words& log, Work work) {
    log.clear();
    auto owner = simul::spawn(ending_of(std::move(work)));
    co_await simul::sleep(wait);
    owner.cancel();
    std::string how = co_await std::move(owner);
    EXPECT_EQ(log, in_order);
    co_return how;
}

TEST(a_sink, whose_owner_is_cancelled_lets_its_source_clean_up) {
    run_over_orders(10, []() -> task<> {
        words log;
        const auto same = [](int n) { return n; };
        std::string how = co_await cancelled_after(5ms, log, simul::for_each(polite(log), waits));
        EXPECT_EQ(how, "cancelled");
        auto pipe = polite(log) | simul::transform(same) | simul::drop(3);
        how = co_await cancelled_after(5ms, log, simul::for_each(std::move(pipe), waits));
        EXPECT_EQ(how, "cancelled");
        how = co_await cancelled_after(
            5ms, log, polite(log) | simul::transform(waits_and_gives) | simul::collect());
        EXPECT_EQ(how, "cancelled");
    });
}

// Which takes 40 ms here.
TEST(a_sink, that_has_enough_lets_its_source_clean_up_when_its_owner_is_cancelled) {
    run_over_orders(10, []() -> task<> {
        words log;
        std::string how = co_await cancelled_after(20ms, log, simul::first(polite(log)));
        EXPECT_EQ(how, "value");
        const auto late = [](int n) { return n > 2; };
        how =
            co_await cancelled_after(20ms, log, polite(log) | simul::filter(late) | simul::first());
        EXPECT_EQ(how, "value");
        how = co_await cancelled_after(20ms, log, polite(log) | simul::take(3) | simul::collect());
        EXPECT_EQ(how, "value");
    });
}

TEST(a_sink, gives_its_result_and_leaves_the_cancel_to_what_its_owner_waits_for_next) {
    run_virtual([]() -> task<> {
        words log;
        int found = -1;
        const auto owns = [&]() -> task<> {
            found = *co_await simul::first(polite(log));
            co_await simul::sleep(1h);
        };
        const auto began = simul::clock::now();
        const std::string how = co_await cancelled_after(20ms, log, owns());
        EXPECT_EQ(how, "cancelled");
        EXPECT_EQ(found, 0);
        EXPECT_EQ(simul::clock::now() - began, 40ms);
    });
}

TEST(a_sink, that_fails_throws_what_failed_and_logs_what_the_clean_up_of_its_source_throws) {
    run_virtual([]() -> task<> {
        simul_test::log_capture log;
        std::string how = co_await ending_of(simul::for_each(rude(), fails));
        EXPECT_EQ(how, "the element 2");
        EXPECT_EQ(log.count("the clean-up"), 1) << log.text();
        auto pipe = rude() | simul::inspect(fails) | simul::enumerate();
        how = co_await ending_of(simul::count(std::move(pipe)));
        EXPECT_EQ(how, "the element 2");
        EXPECT_EQ(log.count("the clean-up"), 2) << log.text();
    });
}

TEST(a_sink, that_has_enough_throws_what_the_clean_up_of_its_source_throws) {
    run_virtual([]() -> task<> {
        std::string how = co_await ending_of(simul::first(rude()));
        EXPECT_EQ(how, "the clean-up");
        how = co_await ending_of(rude() | simul::take(3) | simul::sum());
        EXPECT_EQ(how, "the clean-up");
    });
}

TEST(a_sink, that_fails_ends_after_the_clean_up_of_its_source) {
    run_over_orders(10, []() -> task<> {
        words log;
        const std::string how = co_await ending_of(simul::for_each(polite(log), fails));
        EXPECT_EQ(how, "the element 2");
        EXPECT_EQ(log, in_order);
    });
}

TEST(a_pipe, that_is_closed_within_a_time_limit_cuts_the_clean_up_short) {
    run_virtual([]() -> task<> {
        words log;
        auto pipe = polite(log) | simul::drop(1);
        (void)co_await pipe.next();
        const std::string how = co_await ending_of(simul::timeout(10ms, pipe.close()));
        EXPECT_NE(how, "value");
        EXPECT_EQ(log, words{"leaves"});
    });
}

} // namespace
