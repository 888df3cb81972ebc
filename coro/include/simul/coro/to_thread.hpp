#pragma once

#include <simul/coro/detail/thread_call.hpp>
#include <simul/loop/config.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace simul {

/// `to_thread(abandon_on_cancel, ...)`: a cancel does not wait for a call that is running.
struct abandon_on_cancel_t {
    explicit abandon_on_cancel_t() = default;
};
inline constexpr abandon_on_cancel_t abandon_on_cancel{};

/// Calls `fn(args...)` on another thread, so that what blocks or computes for long does not hold up
/// the loop; gives what it returns or throws what it throws. The function and its arguments are
/// kept as `std::thread` keeps them: moved or copied, `std::ref` for a reference.
///
/// The threads belong to the running loop, one for each core or as many as
/// `run_options::worker_threads` says; a call waits for a free one. They have nothing to do with
/// those that read files, start with the first call, and are joined when the loop closes. `fn` must
/// not touch what belongs to the loop but through `loop::post` and `loop::submit`; it sees the
/// task's values of each `context_var`.
///
/// A cancel ends a call that no thread has begun, which then never starts. One that runs is
/// waited for: nothing can stop a thread from outside. Its result is delivered, and the next
/// suspension throws.
///
/// \throws cancelled            at the `co_await`, when the task is cancelled before the call
///                              begins.
/// \throws std::system_error    at the `co_await`, when the system has no thread for the
///                              first call.
///
///     double d = co_await simul::to_thread(crunch, 42);
template <class Fn, class... Args>
    requires std::invocable<std::decay_t<Fn>, std::decay_t<Args>...>
auto to_thread(Fn&& fn, Args&&... args) {
    return detail::thread_task<detail::thread_awaiter, std::decay_t<Fn>, std::decay_t<Args>...>(
        std::in_place, std::forward<Fn>(fn), std::forward<Args>(args)...);
}

/// The same for a call that may be left to itself: a cancel while it runs is thrown at once, and
/// what the call returns or throws later is dropped. It must not use anything that may be gone by
/// then. The loop waits for it when it closes.
///
///     co_await simul::to_thread(simul::abandon_on_cancel, look_up, host);
template <class Fn, class... Args>
    requires std::invocable<std::decay_t<Fn>, std::decay_t<Args>...>
auto to_thread(abandon_on_cancel_t, Fn&& fn, Args&&... args) {
    return detail::thread_task<detail::abandoning_thread_awaiter, std::decay_t<Fn>,
                               std::decay_t<Args>...>(std::in_place, std::forward<Fn>(fn),
                                                      std::forward<Args>(args)...);
}

/// Changes `run_options::worker_threads` of the running loop: how many threads it may have for
/// `to_thread`, 0 for one per core. Threads that run already stay.
///
/// \throws std::logic_error    when no loop runs on this thread.
SIMUL_API void limit_threads(std::size_t threads);

} // namespace simul
