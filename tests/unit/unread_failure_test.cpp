#include <simul/coro/event.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/wait.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::join_handle;
using simul::task;
using simul_test::log_capture;
using simul_test::run_virtual;
using namespace std::chrono_literals;

constexpr simul::run_options virtually{.virtual_time = true};

task<> fails(const char* what = "deep down") {
    co_await simul::yield();
    throw std::runtime_error(what);
}
task<> is_cancelled() {
    co_await simul::yield();
    throw simul::cancelled{};
}

TEST(unread_failure, is_reported_once_when_the_loop_ends_before_the_handle) {
    log_capture log;
    join_handle<> kept;
    run_virtual([&]() -> task<> {
        kept = simul::spawn(fails(), "kept");
        co_await simul::sleep(1ms);
    });
    EXPECT_EQ(log.count("nobody awaited task \"kept\", which failed: deep down"), 1);
    EXPECT_EQ(log.count("unread_failure_test.cpp:"), 1) << "its stack";
    const join_handle<> copy = kept;
    kept = {};
    EXPECT_EQ(log.count("nobody awaited"), 1);
}

TEST(unread_failure, is_reported_when_the_last_handle_goes_before_the_loop) {
    log_capture log;
    simul::loop loop(virtually);
    join_handle<> kept = loop.spawn(fails());
    loop.run(simul::sleep(1ms));
    EXPECT_EQ(log.text(), "") << "it may still be read, by a task of the next run";
    kept = {};
    EXPECT_EQ(log.count("nobody awaited"), 1);
    loop.close();
    EXPECT_EQ(log.count("nobody awaited"), 1);
}

TEST(unread_failure, may_be_read_in_the_next_run_of_its_loop) {
    simul::loop loop(virtually);
    const join_handle<> kept = loop.spawn(fails());
    loop.run(simul::sleep(1ms));
    const auto read = [&]() -> task<> { co_await kept; };
    EXPECT_THROW(loop.run(read()), std::runtime_error);
    loop.close();
}

TEST(unread_failure, is_no_report_when_it_was_read_or_was_a_cancel) {
    std::vector<join_handle<>> kept;
    run_virtual([&]() -> task<> {
        kept.push_back(simul::spawn(fails()));
        kept.push_back(simul::spawn(is_cancelled()));
        kept.push_back(simul::spawn(simul::sleep(1h)));
        kept.push_back(simul::spawn(simul::yield()));
        try {
            co_await kept[0];
            ADD_FAILURE() << "no exception";
        } catch (const std::runtime_error&) {
        }
    });
    for (const join_handle<>& each : kept) EXPECT_TRUE(each.done());
}

TEST(unread_failure, of_many_is_reported_in_the_order_of_failing) {
    log_capture log;
    std::vector<join_handle<>> kept;
    run_virtual([&]() -> task<> {
        for (const char* name : {"a", "b", "c", "d", "e"}) {
            kept.push_back(simul::spawn(fails(name), name));
        }
        co_await simul::sleep(1ms);
        kept.erase(kept.begin() + 2); // reported at once
        try {
            co_await kept.front();
        } catch (const std::runtime_error&) {
        }
        kept.erase(kept.begin()); // read
        kept.pop_back();
    });
    std::string order;
    const std::string& text = log.text();
    const std::string before = "which failed: ";
    for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
        order += text[at + before.size()];
    }
    EXPECT_EQ(order, "cebd");
}

TEST(unread_failure, that_was_only_waited_for_is_reported) {
    log_capture log;
    join_handle<> kept;
    run_virtual([&]() -> task<> {
        kept = simul::spawn(fails());
        const std::vector<join_handle<>> handles{kept};
        const auto ended = co_await simul::wait(handles);
        EXPECT_EQ(ended.finished.size(), 1U);
    });
    EXPECT_EQ(log.count("nobody awaited"), 1);
}

TEST(unread_failure, that_comes_when_the_loop_cancels_what_is_left_is_reported) {
    log_capture log;
    join_handle<> kept;
    run_virtual([&]() -> task<> {
        kept = simul::spawn([]() -> task<> {
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) {
            }
            throw std::runtime_error("in its clean-up");
        });
        co_await simul::sleep(1ms);
    });
    EXPECT_EQ(log.count("which failed: in its clean-up"), 1);
}

} // namespace
