#pragma once

#include <simul/loop/config.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// The value in the task or the call that runs on this thread, or null.
[[nodiscard]] SIMUL_API const void* context_value(const void* key) noexcept;
/// Null takes the value away.
/// \throws std::logic_error    when neither runs.
SIMUL_API void set_context_value(const void* key, std::shared_ptr<const void> value);

} // namespace detail

/// A variable of which every task has a value of its own, such as the number of the request that it
/// serves, for a log. A task inherits the values that its creator has when it starts it: by
/// `spawn`, in a group, or as a child of `gather`, `race`, `timeout` and their like. From then on
/// each sets its own: what a child sets, its parent never sees.
///
/// A coroutine that is simply awaited is part of the task that awaits it: what it sets stays set.
/// A function called by `to_thread` sees the values that the calling task had then, the very
/// objects, and sets its own as a child does.
///
/// Values stay on their loop: what comes to a loop by `post` or `submit`, and a loop that is run in
/// a call by `to_thread`, begin with the initial value.
///
/// Usually a global; it must outlive the tasks and calls that use it. Several loops may share one,
/// as long as each only reads and sets the values of its own tasks.
///
///     simul::context_var<std::string> request("none");
///     request.set("42");
///     log(request.get());
template <class T>
class context_var {
    static_assert(std::is_object_v<T>, "a context_var holds values");

public:
    /// `initial` is its value in tasks that have not set or inherited one, and outside of tasks.
    explicit context_var(T initial = T()) : initial_(std::move(initial)) {}
    context_var(const context_var&) = delete;
    context_var& operator=(const context_var&) = delete;
    ~context_var() = default;

    /// The running task's or call's value. Valid until that sets another, or ends.
    [[nodiscard]] const T& get() const noexcept {
        const void* const value = detail::context_value(this);
        return value != nullptr ? *static_cast<const T*>(value) : initial_;
    }

    /// Sets the running task's value, for itself and for the tasks that it starts from now on.
    ///
    /// \throws std::logic_error    when neither a task runs nor a call by `to_thread`.
    void set(T value) {
        detail::set_context_value(this, std::make_shared<const T>(std::move(value)));
    }

    /// Goes back to the initial value.
    ///
    /// \throws std::logic_error    when neither a task runs nor a call by `to_thread`.
    void reset() { detail::set_context_value(this, nullptr); }

private:
    T initial_;
};

} // namespace simul
