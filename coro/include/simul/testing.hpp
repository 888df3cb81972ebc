#pragma once

/// For tests of programs that use simul, with any test framework or none. Not part of
/// `<simul/simul.hpp>`.

#include <simul/coro/run.hpp>
#include <simul/loop/accounting.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/run_options.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <utility>

namespace simul {

/// Runs a task on a virtual clock, in no time, and gives its value or rethrows its exception.
/// `work` is a task, another awaitable, or a function that returns one, which is kept until the
/// end, so that it may be a lambda with captures. The other options are as given.
///
///     simul::run_virtual([]() -> simul::task<> { co_await simul::sleep(24h); });
template <class Work>
decltype(auto) run_virtual(Work&& work, run_options options = {}) {
    options.virtual_time = true;
    if constexpr (std::invocable<Work&>) {
        return run(work(), options);
    } else {
        return run(std::forward<Work>(work), options);
    }
}

namespace detail {

SIMUL_API bool for_each_order(std::uint64_t seeds,
                              const std::function<bool(const run_options&)>& passes);

} // namespace detail

/// Calls `body(options)` for the usual order of tasks and then for the shuffle seeds from 0 to
/// `seeds - 1`, each on the virtual clock, until one fails; the body runs something with these
/// options. A body that throws or returns false has failed, and so has one after which
/// `has_failed()` is true: that is for a framework whose checks do not throw. The failing seed is
/// printed to standard error; with the environment variable SIMUL_SEED set to it, that seed alone
/// is run. Rethrows what the body throws; else gives whether all have passed.
///
/// \throws std::invalid_argument    when SIMUL_SEED is no number.
///
///     simul::for_each_seed(500, [](const simul::run_options& options) {
///         simul::run(transactions(), options);
///     }, [] { return testing::Test::HasFailure(); });
template <class Body, class HasFailed>
    requires std::invocable<Body&, const run_options&> && std::predicate<HasFailed&>
bool for_each_seed(std::uint64_t seeds, Body&& body, HasFailed&& has_failed) {
    return detail::for_each_order(seeds, [&](const run_options& options) {
        if constexpr (std::is_void_v<std::invoke_result_t<Body&, const run_options&>>) {
            body(options);
        } else {
            if (!body(options)) return false;
        }
        return !has_failed();
    });
}
template <class Body>
    requires std::invocable<Body&, const run_options&>
bool for_each_seed(std::uint64_t seeds, Body&& body) {
    return for_each_seed(seeds, std::forward<Body>(body), [] { return false; });
}

/// Remembers what is in use when it is made, and finds what has been added to it since: coroutine
/// frames of this thread, libuv handles, requests in flight and open descriptors of the process.
/// For the beginning and the end of each test. No loop runs on this thread then.
class SIMUL_API leak_check {
public:
    leak_check();

    /// What has been added or taken away, a line for each kind; empty when nothing was.
    [[nodiscard]] std::string report() const;

private:
    usage before_;
    std::map<int, std::string> descriptors_; // what each of them is
};

namespace detail {

[[noreturn]] SIMUL_API void throw_leaks(const std::string& report);

} // namespace detail

/// Calls `fn()`, and makes sure that it leaves nothing behind of what `leak_check` counts.
///
/// \throws std::runtime_error    with a list, when it did. What `fn` throws is thrown on.
///
///     simul::expect_no_leaks([] { simul::run_virtual(session()); });
template <std::invocable Fn>
void expect_no_leaks(Fn&& fn) {
    const leak_check check;
    std::forward<Fn>(fn)();
    if (const std::string report = check.report(); !report.empty()) detail::throw_leaks(report);
}

} // namespace simul
