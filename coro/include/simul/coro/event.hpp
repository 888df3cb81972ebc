#pragma once

#include <simul/coro/detail/wait_list.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>

namespace simul {

class event;

namespace detail {

class event_awaiter final : public waiting_operation {
public:
    explicit event_awaiter(event& awaited) noexcept : event_(&awaited) {}

    [[nodiscard]] bool await_ready() const noexcept;
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting);
    void await_resume() {
        if (take_ending() == ending::cancelled) [[unlikely]]
            throw cancelled{};
    }

private:
    event* event_;
};

} // namespace detail

/// A flag that tasks of one loop can wait for.
///
/// It belongs to the loop whose tasks use it. Tasks that wait for an event that is destroyed wait
/// on until they are cancelled.
///
///     simul::event ready;
///     ready.set();              // in one task
///     co_await ready.wait();    // in others
class SIMUL_API event {
public:
    event() noexcept = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;
    ~event() = default;

    /// Sets the flag and wakes everybody who waits. They go on even if it is cleared again before
    /// their turn comes.
    void set() noexcept {
        set_ = true;
        waiting_.wake_all();
    }
    /// Takes the flag back: who comes from now on waits for the next `set`.
    void clear() noexcept { set_ = false; }
    [[nodiscard]] bool is_set() const noexcept { return set_; }

    /// Waits until the flag is set; does not suspend when it is. A cancel ends the wait.
    ///
    /// \throws cancelled           at the `co_await`, when the task is cancelled while it waits.
    /// \throws std::logic_error    when tasks of another loop wait for it.
    [[nodiscard("wait() does nothing until it is awaited")]] detail::event_awaiter wait() noexcept {
        return detail::event_awaiter(*this);
    }

private:
    friend class detail::event_awaiter;

    detail::wait_list waiting_{"an event"};
    bool set_ = false;
};

namespace detail {

inline bool event_awaiter::await_ready() const noexcept { return event_->set_; }

template <class Promise>
bool event_awaiter::await_suspend(std::coroutine_handle<Promise> awaiting) {
    return wait_in(event_->waiting_, line_of(awaiting), awaiting);
}

} // namespace detail
} // namespace simul
