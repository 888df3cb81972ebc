#pragma once

#include <simul/coro/detail/wait_list.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <utility>

namespace simul {

class mutex;

namespace detail {
class condition_operation;
class mutex_awaiter;
} // namespace detail

/// A lock that is held: releases its mutex when it is destroyed. Move-only. The mutex must outlive
/// it.
class [[nodiscard("a lock that is dropped at once protects nothing")]] mutex_lock {
public:
    /// Holds nothing.
    mutex_lock() noexcept = default;
    mutex_lock(mutex_lock&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    mutex_lock& operator=(mutex_lock&& other) noexcept {
        mutex_lock(std::move(other)).swap(*this);
        return *this;
    }
    ~mutex_lock() { unlock(); }

    void swap(mutex_lock& other) noexcept { std::swap(mutex_, other.mutex_); }

    /// Whether it holds a mutex.
    [[nodiscard]] explicit operator bool() const noexcept { return mutex_ != nullptr; }

    /// Releases the mutex early; does nothing when it holds none.
    void unlock() noexcept;

private:
    friend class mutex;
    friend class detail::mutex_awaiter;
    friend class detail::condition_operation;

    explicit mutex_lock(mutex& held) noexcept : mutex_(&held) {}

    mutex* mutex_ = nullptr;
};

/// Mutual exclusion between tasks of one loop. Code between two `co_await`s is never interrupted,
/// so a mutex is only needed around a section that awaits something.
///
/// Whoever comes first is served first: an unlock hands the lock to the one who has waited longest,
/// and nobody can snatch it in between. It is not recursive.
///
/// It belongs to the loop whose tasks use it. Destroying it while it is locked ends the process
/// with a message.
///
///     simul::mutex m;
///     auto lock = co_await m.lock();
class SIMUL_API mutex {
public:
    mutex() noexcept = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;
    ~mutex() {
        if (locked_ || borrowers_ != 0) [[unlikely]]
            detail::destroyed_in_use("simul: a mutex was destroyed while a task held its lock, or "
                                     "waited on a condition to get it back; it must outlive them");
    }

    /// Waits until the mutex is free and gives a lock that holds it; free, it does not suspend. A
    /// cancel ends the wait, unless the lock has been handed over already: then it is delivered.
    ///
    /// \throws cancelled           at the `co_await`, when the task is cancelled while it waits.
    /// \throws std::logic_error    when tasks of another loop wait for it.
    [[nodiscard("lock() does nothing until it is awaited")]] detail::mutex_awaiter lock() noexcept;

    /// A lock that is empty when the mutex is taken.
    ///
    ///     if (auto lock = m.try_lock()) ...
    mutex_lock try_lock() noexcept { return try_acquire() ? mutex_lock(*this) : mutex_lock(); }

    [[nodiscard]] bool is_locked() const noexcept { return locked_; }

private:
    friend class mutex_lock;
    friend class detail::mutex_awaiter;
    friend class detail::condition_operation;

    bool try_acquire() noexcept { return !std::exchange(locked_, true); }
    void release() noexcept {
        if (waiting_.empty()) {
            locked_ = false;
        } else {
            waiting_.pop().wake();
        }
    }

    detail::wait_list waiting_{"the lock of a mutex"};
    std::size_t borrowers_ = 0; // who wait on a condition and will want the lock back
    bool locked_ = false;
};

namespace detail {

class mutex_awaiter final : public waiting_operation {
public:
    explicit mutex_awaiter(mutex& wanted) noexcept : mutex_(&wanted) {}
    mutex_awaiter(const mutex_awaiter&) noexcept = default;
    mutex_awaiter& operator=(const mutex_awaiter&) = delete;
    ~mutex_awaiter() {
        if (is_served()) [[unlikely]]
            mutex_->release();
    }

    [[nodiscard]] bool await_ready() const noexcept { return mutex_->try_acquire(); }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return wait_in(mutex_->waiting_, line_of(awaiting), awaiting);
    }
    mutex_lock await_resume() {
        if (take_ending() == ending::cancelled) [[unlikely]]
            throw cancelled{};
        return mutex_lock(*mutex_);
    }

private:
    mutex* mutex_;
};

} // namespace detail

inline detail::mutex_awaiter mutex::lock() noexcept { return detail::mutex_awaiter(*this); }

inline void mutex_lock::unlock() noexcept {
    if (mutex_ != nullptr) std::exchange(mutex_, nullptr)->release();
}

} // namespace simul
