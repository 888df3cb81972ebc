#pragma once

#include <simul/coro/detail/wait_list.hpp>
#include <simul/coro/mutex.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/config.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <utility>

namespace simul {

class condition;

namespace detail {

/// Waits for a notification and then for the lock, which it gave up meanwhile.
class SIMUL_API condition_operation : public waiting_operation {
public:
    /// The wait ends, but only when the lock can be had; who was notified has been served.
    void cancel() noexcept final;

    void notify() noexcept { want_lock(); }
    /// The condition goes: nobody can notify it any more.
    void forsake() noexcept;

protected:
    condition_operation(condition& awaited, mutex_lock& lock) noexcept
        : condition_(&awaited), lock_(&lock) {}
    condition_operation(const condition_operation&) noexcept = default;
    ~condition_operation();

    /// \throws std::logic_error    when the lock holds nothing, or others wait on another loop.
    bool start(waiter& by, std::coroutine_handle<> at);
    /// Puts the lock back in its place, and throws `cancelled` when that is how it ended.
    void finish();

private:
    void want_lock() noexcept;

    condition* condition_;
    mutex_lock* lock_;
    mutex* mutex_ = nullptr;
    bool wants_lock_ = false;
    bool is_cancelled_ = false;
};

class condition_awaiter final : public condition_operation {
public:
    condition_awaiter(condition& awaited, mutex_lock& lock) noexcept
        : condition_operation(awaited, lock) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return start(line_of(awaiting), awaiting);
    }
    void await_resume() { finish(); }
};

template <std::predicate Predicate>
task<> wait_until_true(condition& awaited, mutex_lock& lock, Predicate is_true);

} // namespace detail

/// Lets tasks that hold a mutex wait until another task has changed something. Whoever waits gives
/// up the lock meanwhile and holds it again when the wait is over, in whatever way: also when it
/// throws.
///
/// Within one loop nothing changes between two `co_await`s, so a condition may be notified without
/// the lock. It belongs to the loop whose tasks use it; the mutex should outlive it. Tasks that
/// wait for a condition that is destroyed wait on until they are cancelled, without the lock.
///
///     auto lock = co_await m.lock();
///     co_await changed.wait(lock, [&] { return ready; });
class SIMUL_API condition {
public:
    condition() noexcept = default;
    condition(const condition&) = delete;
    condition& operator=(const condition&) = delete;
    ~condition();

    /// Waits for a notification. Notified, it needs the lock, and has its place among those who
    /// wait for that. A cancel ends the wait, and throws once it has the lock again; it leaves a
    /// wait alone that has been notified: that returns as usual.
    ///
    /// `lock` must stay where it is meanwhile.
    /// \throws cancelled           at the `co_await`, when the task is cancelled while it waits.
    /// \throws std::logic_error    when `lock` holds nothing, or tasks of another loop wait for it.
    [[nodiscard("wait() does nothing until it is awaited")]] detail::condition_awaiter
    wait(mutex_lock& lock) noexcept {
        return detail::condition_awaiter(*this, lock);
    }

    /// Waits until `is_true()`, which is looked at now and after each notification, with the lock
    /// held.
    template <std::predicate Predicate>
    task<> wait(mutex_lock& lock, Predicate is_true) {
        return detail::wait_until_true(*this, lock, std::move(is_true));
    }

    /// Wakes the one who has waited longest, if any, or the `count` who have.
    void notify_one() noexcept { notify(1); }
    void notify(std::size_t count) noexcept;
    /// Wakes everybody who waits now.
    void notify_all() noexcept { notify(waiting_.size()); }

private:
    friend class detail::condition_operation;

    detail::wait_list waiting_{"a condition"};
};

template <std::predicate Predicate>
task<> detail::wait_until_true(condition& awaited, mutex_lock& lock, Predicate is_true) {
    while (!is_true()) co_await awaited.wait(lock);
}

} // namespace simul
