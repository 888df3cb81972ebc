#pragma once

#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/error.hpp>

#include "run_virtual.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace simul_test {

/// Whether awaiting it throws an E.
template <class E, class Awaitable>
simul::task<bool> throws(Awaitable awaited) {
    bool thrown = false;
    try {
        (void)co_await std::move(awaited);
    } catch (const E&) {
        thrown = true;
    }
    co_return thrown;
}

/// Waits for a task, however it ends; true when it was cancelled.
template <class T>
simul::task<bool> was_cancelled(simul::join_handle<T> handle) {
    return throws<simul::cancelled>(std::move(handle));
}

/// Starts a set of workers that share something, lets `steps` turns pass and cancels one of them;
/// then waits for all. `scenario` has `size()`, `worker(i)` and `check(victim)`, which is a task
/// that looks at what is left. A worker that waits for ever is a deadlock, which fails the test.
template <class Scenario>
simul::task<> cancel_one(std::size_t victim, std::size_t steps) {
    Scenario scenario;
    std::vector<simul::join_handle<>> workers;
    for (std::size_t i = 0; i < scenario.size(); ++i) {
        workers.push_back(simul::spawn(scenario.worker(i), "worker " + std::to_string(i)));
    }
    for (std::size_t i = 0; i < steps; ++i) co_await simul::yield();
    workers[victim].cancel();
    for (std::size_t i = 0; i < workers.size(); ++i) {
        const bool cancelled = co_await was_cancelled(workers[i]);
        if (cancelled && i != victim) ADD_FAILURE() << "worker " << i << " was cancelled";
    }
    co_await scenario.check(victim);
}

/// Does that with each of the workers after each number of steps up to `most_steps`, in the usual
/// order and in 2,000 shuffled ones; in slow builds, such as those with sanitizers, in 300.
template <class Scenario>
void cancel_each(std::size_t most_steps) {
    constexpr std::uint64_t seeds = SIMUL_PLAIN_FRAMES ? 300 : 2000;
    over_orders(seeds, [=](simul::run_options options) {
        run_with(options, [=]() -> simul::task<> {
            const std::size_t size = Scenario().size();
            for (std::size_t victim = 0; victim < size; ++victim) {
                for (std::size_t steps = 0; steps <= most_steps; ++steps) {
                    co_await cancel_one<Scenario>(victim, steps);
                    if (testing::Test::HasFailure()) {
                        ADD_FAILURE() << "worker " << victim << " cancelled after " << steps;
                        co_return;
                    }
                }
            }
        });
    });
}

} // namespace simul_test
