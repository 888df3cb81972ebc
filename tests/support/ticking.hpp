#pragma once

#include <simul/coro/shield.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/loop/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>

namespace simul_test {

/// What happens to a source, and to the tasks of a stage.
struct life {
    int begun = 0;
    int ended = 0; // with their clean-up
    int now = 0;
    int most = 0;
};

/// A clean-up that takes `d`. A cancel that comes meanwhile is thrown when it has ended, which is
/// what `failure` is then.
inline simul::task<> clean_up(std::chrono::milliseconds d, std::exception_ptr& failure) {
    try {
        co_await simul::shield(simul::sleep(d));
    } catch (const simul::cancelled&) {
        if (!failure) failure = std::current_exception();
    }
}

/// Counts on, one number every `pause`, and takes its time to clean up.
inline simul::async_generator<int>
ticker(life& log, int n, std::chrono::milliseconds pause = std::chrono::milliseconds(10),
       int fails_at = -1) {
    ++log.begun;
    std::exception_ptr failure;
    bool was_left = false;
    try {
        for (int i = 0; i < n; ++i) {
            co_await simul::sleep(pause);
            if (i == fails_at) throw std::runtime_error("tick " + std::to_string(i));
            co_yield i;
        }
    } catch (const simul::generator_exit&) {
        was_left = true;
    } catch (...) {
        failure = std::current_exception();
    }
    co_await clean_up(std::chrono::milliseconds(7), failure);
    ++log.ended;
    if (failure) std::rethrow_exception(failure);
    if (was_left) throw simul::generator_exit();
}

/// Takes longer for small numbers.
inline simul::task<int> work_on(life& log, int n) {
    ++log.begun;
    log.most = std::max(log.most, ++log.now);
    std::exception_ptr failure;
    try {
        co_await simul::sleep(std::chrono::milliseconds(50 - 5 * std::min(n, 9)));
        if (n == 1000) throw std::runtime_error("work 1000");
    } catch (...) {
        failure = std::current_exception();
    }
    co_await clean_up(std::chrono::milliseconds(1), failure);
    --log.now;
    ++log.ended;
    if (failure) std::rethrow_exception(failure);
    co_return n * 10;
}

} // namespace simul_test
