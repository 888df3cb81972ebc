// What the scenarios share. Those of X.cpp are the same as those of X.py, and print the same
// events.
#pragma once

#include <simul/coro/outcome.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>
#include <simul/coro/timeout.hpp>
#include <simul/loop/error.hpp>

#include <chrono>
#include <exception>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul_parity {

using simul::task;
using namespace std::chrono_literals;

struct scenario {
    const char* name;
    task<> (*run)();
};

#define SIMUL_SCENARIO(name)                                                                       \
    scenario { #name, name }

std::span<const scenario> turns_scenarios();
std::span<const scenario> gather_scenarios();
std::span<const scenario> cancel_scenarios();
std::span<const scenario> timeouts_scenarios();
std::span<const scenario> sharing_scenarios();
std::span<const scenario> completion_scenarios();
std::span<const scenario> generators_scenarios();

/// Prints `scenario: event`.
void log(const std::string& event);
void log(int value);

std::string in_brackets(const std::vector<int>& values);

/// Sleeps, and logs its beginning and its end.
task<int> sleeper(std::string name, std::chrono::milliseconds time, int value = 0);
/// Sleeps, and fails.
task<int> failing(std::string name, std::chrono::milliseconds time);

/// Logs when a cancel or an exception passes, too.
struct at_the_end {
    const char* event;
    ~at_the_end() { log(event); }
};

/// What it is.
template <class T>
std::string in_words(const simul::outcome<T>& result) {
    try {
        return std::to_string(result.value());
    } catch (const std::exception& error) {
        return error.what();
    }
}

template <class Awaitable>
task<std::string> words_for(Awaitable awaited) {
    if constexpr (std::is_void_v<
                      decltype(std::declval<Awaitable>().operator co_await().await_resume())>) {
        co_await std::move(awaited);
        co_return "done";
    } else {
        const int value = co_await std::move(awaited);
        co_return std::to_string(value);
    }
}

/// How it ends, in words.
template <class Awaitable>
task<std::string> ending_of(Awaitable awaited) {
    std::string how;
    try {
        how = co_await words_for(std::move(awaited));
    } catch (const simul::cancelled&) {
        how = "cancelled";
    } catch (const simul::timeout_error&) {
        how = "timeout";
    } catch (const std::exception& error) {
        how = error.what();
    }
    co_return how;
}

template <class Awaitable>
task<std::string> ending_of_but_cancel(Awaitable awaited) {
    std::string how;
    try {
        how = co_await words_for(std::move(awaited));
    } catch (const simul::timeout_error&) {
        how = "timeout";
    }
    co_return how;
}

} // namespace simul_parity
