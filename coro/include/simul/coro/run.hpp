#pragma once

#include <simul/coro/task.hpp>
#include <simul/loop/loop.hpp>

#include <coroutine>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// A main task's coroutine and its line of execution.
class SIMUL_API main_task final : private top_level {
public:
    explicit main_task(loop_core& runs_on, std::coroutine_handle<> coroutine) noexcept;
    main_task(const main_task&) = delete;
    main_task& operator=(const main_task&) = delete;
    ~main_task();

    /// \throws deadlock            see loop_core::run
    /// \throws std::logic_error    when a loop runs on this thread already
    void run();
    /// In debug mode, writes the stack of an exception that is about to leave `run` to the log.
    void report(const std::exception_ptr& error) const noexcept;

private:
    void finished() noexcept override;
    void abandon() noexcept override;
    [[nodiscard]] std::string tree() const override;
    void describe(std::string& out) const override;
    void locate(std::string& out) const override;

    std::coroutine_handle<> coroutine_;
};

} // namespace detail

template <class Awaitable>
decltype(auto) loop::run(Awaitable&& work) {
    auto task = detail::as_task(std::forward<Awaitable>(work));
    auto coroutine = task.release();
    detail::main_task main(*core_, coroutine);
    main.run();
    auto& ending = coroutine.promise().ending;
    if (const std::exception_ptr error = ending.error()) [[unlikely]]
        main.report(error);
    return ending.take();
}

/// Runs a task on a loop of its own, with all that it spawns, and gives its value or rethrows its
/// exception, the very object. What it spawned and left running is cancelled and has unwound by
/// then. `options` are described at `run_options`.
///
/// \throws std::logic_error    inside of a running loop: `co_await` the task instead.
/// \throws deadlock            when every task waits and nothing is left to wake one.
/// \throws cancelled           when the task was cancelled, by Ctrl-C with `handle_sigint`; it
///                             is no std::exception, and main() should catch it.
///
///     int main() { return simul::run(async_main()); }
template <class Awaitable>
decltype(auto) run(Awaitable&& work, run_options options = {}) {
    loop own(options);
    own.core().expect_posts(false);
    return own.run(std::forward<Awaitable>(work));
}

} // namespace simul
