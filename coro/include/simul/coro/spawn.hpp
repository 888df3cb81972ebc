#pragma once

#include <simul/coro/detail/spawned.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/loop.hpp>

#include <concepts>
#include <coroutine>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace simul {

template <class T>
class join_handle;

namespace detail {

/// Waits for the end and gives the result: by const reference, which leaves it to other awaiters
/// too, or, when `Takes`, by value.
template <class T, bool Takes>
class join_awaiter final : public join_operation {
public:
    explicit join_awaiter(spawned<T>& joined) noexcept : join_operation(joined) {}

    [[nodiscard]] bool await_ready() const noexcept { return joined().done(); }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return start(line_of(awaiting), awaiting);
    }

    // Inlined, as that of a task is.
    [[gnu::always_inline]] std::conditional_t<Takes, T,
                                              std::add_lvalue_reference_t<std::add_const_t<T>>>
    await_resume() {
        if (was_cancelled()) throw cancelled{};
        spawned<T>& ended = static_cast<spawned<T>&>(joined());
        ended.observe();
        result<T>& ending = ended.ending();
        ending.rethrow();
        if constexpr (Takes) {
            return ending.take();
        } else if constexpr (!std::is_void_v<T>) {
            return ending.peek();
        }
    }
};

template <class T>
join_handle<T> spawn_task(loop_core& loop, task<T>&& work) {
    return join_handle<T>(new spawned<T>(loop, std::move(work)));
}

template <class Fn>
concept task_function =
    std::invocable<std::decay_t<Fn>&> && is_task<std::invoke_result_t<std::decay_t<Fn>&>>;

template <task_function Fn>
auto spawn_call(loop_core& loop, Fn&& fn) {
    using callable = std::decay_t<Fn>;
    using value = typename std::invoke_result_t<callable&>::value_type;
    auto kept = std::make_unique<callable>(std::forward<Fn>(fn));
    task<value> work = (*kept)();
    return join_handle<value>(
        new spawned_call<value, callable>(loop, std::move(kept), std::move(work)));
}

template <class Work>
auto spawn_on(loop_core& loop, Work&& work) {
    if constexpr (task_function<Work>) {
        return spawn_call(loop, std::forward<Work>(work));
    } else {
        return spawn_task(loop, as_task(std::forward<Work>(work)));
    }
}

/// What stands behind a handle.
struct join_access {
    template <class T>
    static spawned<T>& state(const join_handle<T>& handle) noexcept {
        return *handle.state_;
    }
};

template <class T>
join_handle<T> with_name(join_handle<T> handle, std::string&& name) noexcept {
    join_access::state(handle).rename(std::move(name));
    return handle;
}

[[noreturn]] SIMUL_API void throw_no_loop(const char* wanted_by);

/// The loop that runs here.
/// \throws std::logic_error    when none does.
inline loop_core& running_loop(const char* wanted_by) {
    if (loop_core* const running = loop_core::current()) [[likely]]
        return *running;
    throw_no_loop(wanted_by);
}

} // namespace detail

/// A spawned task seen from outside. Copies refer to the same task. Dropping them lets the task go
/// on: the loop owns it until it ends.
///
/// `co_await handle` waits for the end, gives the result by const reference, which is valid while a
/// handle exists, or throws what the task threw (`cancelled` when it was cancelled); any number of
/// tasks may await one handle. `co_await std::move(handle)` takes the result by value instead. A
/// cancel of the awaiting task ends the waiting alone; the awaited one goes on.
template <class T = void>
class [[nodiscard("to let a task go its own way, write (void)simul::spawn(...)")]] join_handle {
public:
    using value_type = T;

    /// An empty handle; everything but assigning and testing it is undefined.
    join_handle() noexcept = default;
    join_handle(const join_handle& other) noexcept : state_(other.state_) {
        if (state_ != nullptr) state_->retain();
    }
    join_handle(join_handle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    join_handle& operator=(join_handle other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~join_handle() {
        if (state_ != nullptr) state_->release();
    }

    [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

    /// Asks the task to end: `cancelled` is thrown where it waits, now or at its next suspension. A
    /// task that has not begun still begins. Does nothing to one that has ended.
    void cancel() const noexcept {
        if (state_->done()) return;
        state_->loop->check_thread("a task was cancelled");
        state_->cancel();
    }
    /// It has ended, in whatever way.
    [[nodiscard]] bool done() const noexcept {
        if (state_->done()) return true; // its loop may have gone
        state_->loop->check_thread("a task was asked whether it is done");
        return false;
    }
    /// The name given to `spawn`, or an empty one.
    [[nodiscard]] const std::string& name() const noexcept { return state_->name(); }

    [[nodiscard]] detail::join_awaiter<T, false> operator co_await() const& {
        return detail::join_awaiter<T, false>(*state_);
    }
    [[nodiscard]] detail::join_awaiter<T, true> operator co_await() && {
        return detail::join_awaiter<T, true>(*state_);
    }

private:
    friend detail::join_access;
    template <class U>
    friend join_handle<U> detail::spawn_task(detail::loop_core&, task<U>&&);
    template <detail::task_function Fn>
    friend auto detail::spawn_call(detail::loop_core&, Fn&&);

    explicit join_handle(detail::spawned<T>* state) noexcept : state_(state) { state_->start(); }

    detail::spawned<T>* state_ = nullptr;
};

/// Starts a task that runs beside its spawner; it begins in the loop's next turn and the loop owns
/// it. `work` is a task, another awaitable, or a function that returns a task, which is kept alive
/// until the task has ended, so that a coroutine lambda may have captures.
///
/// A spawned task that still runs when the main task ends is cancelled and unwinds before `run`
/// returns. An exception that nobody awaits is logged: when the last handle goes, or when the loop
/// is closed, which `simul::run` does before it returns.
///
/// \throws std::logic_error    when no loop runs on this thread (see `loop::spawn`).
///
///     simul::join_handle<int> h = simul::spawn(compute(), "background");
template <class Work>
    requires(detail::task_function<Work> || detail::awaitable<Work>)
auto spawn(Work&& work) {
    return detail::spawn_on(detail::running_loop("spawn"), std::forward<Work>(work));
}
/// The same, with a name for people who read `dump_tasks` and the like.
template <class Work>
    requires(detail::task_function<Work> || detail::awaitable<Work>)
auto spawn(Work&& work, std::string name) {
    return detail::with_name(simul::spawn(std::forward<Work>(work)), std::move(name));
}

template <class Work>
auto loop::spawn(Work&& work) {
    if (core_->closed()) throw std::logic_error("simul: spawn() on a loop that is closed");
    core_->check_thread("a task was spawned");
    return detail::spawn_on(*core_, std::forward<Work>(work));
}
template <class Work>
auto loop::spawn(Work&& work, std::string name) {
    return detail::with_name(spawn(std::forward<Work>(work)), std::move(name));
}

} // namespace simul
