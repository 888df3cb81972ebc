#include <simul/coro/async_stack.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/shield.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <source_location>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using simul::task;
using simul_test::run_virtual;
using namespace std::chrono_literals;

constexpr unsigned line_now(std::source_location at = std::source_location::current()) {
    return at.line();
}

unsigned innermost_line = 0;
unsigned middle_line = 0;

task<> innermost() {
    innermost_line = line_now() + 1;
    co_await simul::sleep(1ms);
    throw std::runtime_error("deep down");
}
task<> middle() {
    middle_line = line_now() + 1;
    co_await innermost();
}
task<> outer() { co_await middle(); }

// The functions of a stack, each as "name(" so that it is found once.
std::string functions_of(const simul::async_stack& stack) {
    std::string all;
    for (const std::source_location& frame : stack.frames()) {
        all += frame.function_name();
        all += '\n';
    }
    return all;
}

template <class Work>
simul::async_stack stack_of(Work&& work) {
    try {
        run_virtual(std::forward<Work>(work));
    } catch (...) {
        return simul::async_stack_of(std::current_exception());
    }
    ADD_FAILURE() << "no exception";
    return {};
}

TEST(async_stack, names_the_functions_and_lines_that_an_exception_came_through) {
    const simul::async_stack stack = stack_of(outer);
    ASSERT_EQ(stack.frames().size(), 3U) << stack;
    EXPECT_NE(std::string(stack.frames()[0].function_name()).find("innermost"), std::string::npos);
    EXPECT_NE(std::string(stack.frames()[1].function_name()).find("middle"), std::string::npos);
    EXPECT_NE(std::string(stack.frames()[2].function_name()).find("outer"), std::string::npos);
    EXPECT_EQ(stack.frames()[0].line(), innermost_line);
    EXPECT_EQ(stack.frames()[1].line(), middle_line);
    EXPECT_NE(std::string(stack.frames()[0].file_name()).find("async_stack_test.cpp"),
              std::string::npos);
    EXPECT_EQ(stack.omitted(), 0U);

    std::ostringstream printed;
    printed << stack;
    EXPECT_EQ(printed.str(), stack.to_string());
    EXPECT_NE(printed.str().find("  at "), std::string::npos);
    EXPECT_NE(printed.str().find("async_stack_test.cpp:" + std::to_string(innermost_line) + ")"),
              std::string::npos);
}

TEST(async_stack, goes_on_through_gather_and_spawn) {
    const auto gathers = []() -> task<> { co_await simul::gather(simul::sleep(1h), outer()); };
    const simul::async_stack through_gather = stack_of(gathers);
    EXPECT_EQ(through_gather.frames().size(), 4U) << through_gather;

    const auto spawns = []() -> task<> {
        const auto h = simul::spawn(outer());
        co_await h;
    };
    const simul::async_stack through_spawn = stack_of(spawns);
    EXPECT_EQ(through_spawn.frames().size(), 4U) << through_spawn;
}

TEST(async_stack, goes_on_where_an_exception_is_thrown_again) {
    const auto rethrows = []() -> task<> {
        try {
            co_await outer();
        } catch (const std::exception&) {
            throw;
        }
    };
    const simul::async_stack stack = stack_of(rethrows);
    EXPECT_EQ(stack.frames().size(), 4U) << stack;
}

TEST(async_stack, begins_anew_with_a_new_exception) {
    const auto replaces = []() -> task<> {
        try {
            co_await outer();
        } catch (const std::exception&) {
        }
        throw std::runtime_error("another");
    };
    const simul::async_stack stack = stack_of(replaces);
    EXPECT_EQ(stack.frames().size(), 1U) << stack;
}

TEST(async_stack, begins_anew_with_a_new_exception_of_another_task) {
    const auto fails_otherwise = []() -> task<> {
        co_await simul::yield();
        throw std::runtime_error("in another task");
    };
    const auto main = [&]() -> task<> {
        {
            const auto h = simul::spawn(outer());
            try {
                co_await h;
            } catch (const std::exception&) {
            }
        }
        const auto h = simul::spawn(fails_otherwise());
        co_await h;
    };
    const simul::async_stack stack = stack_of(main);
    const std::string functions = functions_of(stack);
    EXPECT_EQ(functions.find("innermost"), std::string::npos) << functions;
}

TEST(async_stack, of_a_nested_exception_is_that_of_the_outer_one) {
    const auto nests = []() -> task<> {
        try {
            co_await outer();
        } catch (const std::exception&) {
            std::throw_with_nested(std::runtime_error("outer"));
        }
    };
    const simul::async_stack stack = stack_of(nests);
    EXPECT_EQ(stack.frames().size(), 1U) << stack;
}

TEST(async_stack, is_empty_for_what_never_left_a_coroutine) {
    EXPECT_TRUE(simul::async_stack_of(nullptr).empty());
    struct of_another_type {};
    const auto other = std::make_exception_ptr(of_another_type{});
    EXPECT_TRUE(simul::async_stack_of(other).empty());
    EXPECT_EQ(simul::async_stack_of(other).to_string(), "");
}

// Its memory, if nothing else has taken it, is that of the next exception.
void fail_and_handle() {
    try {
        run_virtual(outer);
        ADD_FAILURE() << "no exception";
    } catch (const std::exception&) {
        EXPECT_EQ(simul::async_stack_of(std::current_exception()).frames().size(), 3U);
    }
}

TEST(async_stack, is_empty_for_what_is_handled_where_it_was_thrown) {
    fail_and_handle();
    try {
        throw std::runtime_error("elsewhere");
    } catch (const std::exception&) {
        const auto stack = simul::async_stack_of(std::current_exception());
        EXPECT_TRUE(stack.empty()) << stack;
    }
    fail_and_handle();
    run_virtual([]() -> task<> {
        co_await simul::yield();
        try {
            throw std::runtime_error("in a coroutine that it does not leave");
        } catch (const std::exception&) {
            const auto stack = simul::async_stack_of(std::current_exception());
            EXPECT_TRUE(stack.empty()) << stack;
        }
    });
}

TEST(async_stack, is_not_lost_when_others_are_thrown_and_handled_meanwhile) {
    const auto handles_another = []() -> task<> {
        try {
            co_await simul::sleep(1h);
        } catch (const simul::cancelled&) {
        }
        try {
            co_await simul::shield(outer());
        } catch (const std::runtime_error&) {
            const auto stack = simul::async_stack_of(std::current_exception());
            EXPECT_EQ(stack.frames().size(), 3U) << stack;
        }
    };
    const auto fails = []() -> task<> {
        co_await simul::yield();
        throw std::logic_error("the one that counts");
    };
    const auto main = [&]() -> task<> {
        co_await simul::gather(fails(), handles_another(), handles_another());
    };
    const simul::async_stack stack = stack_of(main);
    EXPECT_EQ(stack.frames().size(), 2U) << stack;
    EXPECT_EQ(functions_of(stack).find("innermost"), std::string::npos) << stack;
}

TEST(async_stack, of_each_of_the_last_eight_exceptions_is_known) {
    std::vector<std::exception_ptr> kept;
    for (int i = 0; i < 9; ++i) {
        try {
            run_virtual(outer);
        } catch (...) {
            kept.push_back(std::current_exception());
        }
    }
    ASSERT_EQ(kept.size(), 9U);
    EXPECT_TRUE(simul::async_stack_of(kept.front()).empty());
    for (std::size_t i = 1; i < kept.size(); ++i) {
        EXPECT_EQ(simul::async_stack_of(kept[i]).frames().size(), 3U) << i;
    }
}

TEST(async_stack, of_a_deep_chain_keeps_the_innermost_frames) {
    struct chain {
        static task<> link(int depth) {
            if (depth == 0) {
                co_await innermost();
            } else {
                co_await link(depth - 1);
            }
        }
    };
    const simul::async_stack stack = stack_of(chain::link(999));
    EXPECT_EQ(stack.frames().size(), 64U);
    EXPECT_EQ(stack.omitted(), 1001U - 64U);
    EXPECT_NE(stack.to_string().find("and 937 more"), std::string::npos);
}

} // namespace
