#pragma once

#include <simul/coro/run.hpp>
#include <simul/loop/run_options.hpp>
#include <simul/testing.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>

namespace simul_test {

/// Runs a task, or what a function that returns one makes, on a loop with these options. The
/// function lives until the task has ended, so that it may be a lambda with captures.
template <class Work>
decltype(auto) run_with(simul::run_options options, Work&& work) {
    if constexpr (std::invocable<Work&>) {
        return simul::run(work(), options);
    } else {
        return simul::run(std::forward<Work>(work), options);
    }
}

/// Runs it on the real clock.
template <class Work>
decltype(auto) run_real(Work&& work) {
    return run_with({}, std::forward<Work>(work));
}

using simul::run_virtual;

/// Calls `body(options)` for the usual order of ready tasks and then for `seeds` shuffled ones, all
/// on the virtual clock; the first seed that fails is named, and is the last. SIMUL_SEED=n runs
/// that seed alone.
template <class Body>
void over_orders(std::uint64_t seeds, Body&& body) {
    simul::for_each_seed(
        seeds,
        [&](const simul::run_options& options) {
            const testing::ScopedTrace trace(
                __FILE__, __LINE__,
                options.shuffle_seed ? "shuffle seed " + std::to_string(*options.shuffle_seed)
                                     : "in the usual order");
            body(options);
        },
        [] { return testing::Test::HasFailure(); });
}

/// Runs the task that a function makes, in the same orders.
template <class Work>
void run_over_orders(std::uint64_t seeds, Work work) {
    over_orders(seeds, [&](simul::run_options options) { run_with(options, work); });
}

} // namespace simul_test
