#pragma once

#include <simul/coro/shield.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/error.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace simul_test {

/// What has become of a number of tasks.
struct work_log {
    int begun = 0;
    int cancelled = 0;
    int ended = 0; // with their clean-up
};

inline simul::task<> pause_for(std::chrono::milliseconds delay) { co_await simul::sleep(delay); }

inline simul::task<int> value_after(std::chrono::milliseconds delay, int value) {
    co_await simul::sleep(delay);
    co_return value;
}

inline simul::task<int> fails_after(std::chrono::milliseconds delay, std::string what = "failed") {
    co_await simul::sleep(delay);
    throw std::runtime_error(what);
}

/// Sleeps for `delay`; cancelled, it cleans up for `clean_up` before it ends.
inline simul::task<int> worker(work_log& log, std::chrono::milliseconds delay, int value = 0,
                               std::chrono::milliseconds clean_up = {}) {
    ++log.begun;
    bool was_cancelled = false;
    try {
        co_await simul::sleep(delay);
    } catch (const simul::cancelled&) {
        was_cancelled = true;
    }
    if (was_cancelled) {
        ++log.cancelled;
        if (clean_up.count() != 0) co_await simul::shield(simul::sleep(clean_up));
        ++log.ended;
        throw simul::cancelled{};
    }
    ++log.ended;
    co_return value;
}

/// How awaiting it ends: "value", the message of an exception, or "cancelled".
template <class Awaitable>
simul::task<std::string> ending_of(Awaitable awaited) {
    std::string how = "value";
    try {
        (void)co_await std::move(awaited);
    } catch (const std::exception& e) {
        how = e.what();
    } catch (const simul::cancelled&) {
        how = "cancelled";
    }
    co_return how;
}

} // namespace simul_test
