#pragma once

#include <simul/coro/detail/wait_list.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <cstddef>
#include <utility>

namespace simul {

class semaphore;

namespace detail {
class semaphore_awaiter;
} // namespace detail

/// One of a semaphore's permits; goes back when this is destroyed. Move-only. The semaphore must
/// outlive it.
class [[nodiscard("a permit that is dropped at once permits nothing")]] semaphore_permit {
public:
    /// Holds nothing.
    semaphore_permit() noexcept = default;
    semaphore_permit(semaphore_permit&& other) noexcept
        : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    semaphore_permit& operator=(semaphore_permit&& other) noexcept {
        semaphore_permit(std::move(other)).swap(*this);
        return *this;
    }
    ~semaphore_permit() { release(); }

    void swap(semaphore_permit& other) noexcept { std::swap(semaphore_, other.semaphore_); }

    /// Whether it holds a permit.
    [[nodiscard]] explicit operator bool() const noexcept { return semaphore_ != nullptr; }

    /// Gives the permit back early; does nothing when it holds none.
    void release() noexcept;
    /// Uses the permit up: it never goes back. For a semaphore that counts what one task signals
    /// with `semaphore::release` and another takes.
    void consume() noexcept;

private:
    friend class semaphore;
    friend class detail::semaphore_awaiter;

    explicit semaphore_permit(semaphore& from) noexcept : semaphore_(&from) {}

    semaphore* semaphore_ = nullptr;
};

/// A number of permits for tasks of one loop, as to bound how many of them do something at once.
///
/// Whoever comes first is served first: a permit that comes back goes to the one who has waited
/// longest, and nobody can snatch it in between.
///
/// It belongs to the loop whose tasks use it. Destroying it while permits are held ends the process
/// with a message; tasks that wait for one wait on until they are cancelled.
///
///     simul::semaphore connections(10);
///     auto permit = co_await connections.acquire();
class SIMUL_API semaphore {
public:
    /// Starts with so many permits; none is allowed.
    explicit semaphore(std::size_t permits) noexcept : available_(permits) {}
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;
    ~semaphore() {
        if (held_ != 0) [[unlikely]]
            detail::destroyed_in_use("simul: a semaphore was destroyed while tasks held permits of "
                                     "it; it must outlive them");
    }

    /// Waits for a permit; does not suspend when there is one. A cancel ends the wait, unless the
    /// permit has been handed over already: then it is delivered.
    ///
    /// \throws cancelled           at the `co_await`, when the task is cancelled while it waits.
    /// \throws std::logic_error    when tasks of another loop wait for it.
    [[nodiscard("acquire() does nothing until it is awaited")]] detail::semaphore_awaiter
    acquire() noexcept;

    /// A permit, or an empty one when there is none.
    semaphore_permit try_acquire() noexcept {
        return try_take() ? semaphore_permit(*this) : semaphore_permit();
    }

    /// Adds permits, beyond those that it began with if need be.
    void release(std::size_t permits = 1) noexcept {
        for (; permits > 0 && !waiting_.empty(); --permits) {
            ++held_;
            waiting_.pop().wake();
        }
        available_ += permits;
    }

    /// How many permits can be had without waiting.
    [[nodiscard]] std::size_t available() const noexcept { return available_; }

private:
    friend class semaphore_permit;
    friend class detail::semaphore_awaiter;

    bool try_take() noexcept {
        if (available_ == 0) return false;
        --available_;
        ++held_;
        return true;
    }
    void give_back() noexcept {
        --held_;
        release();
    }

    detail::wait_list waiting_{"a permit of a semaphore"};
    std::size_t available_;
    std::size_t held_ = 0; // permits in the hands of tasks, or on their way there
};

namespace detail {

class semaphore_awaiter final : public waiting_operation {
public:
    explicit semaphore_awaiter(semaphore& from) noexcept : semaphore_(&from) {}
    semaphore_awaiter(const semaphore_awaiter&) noexcept = default;
    semaphore_awaiter& operator=(const semaphore_awaiter&) = delete;
    ~semaphore_awaiter() {
        if (is_served()) [[unlikely]]
            semaphore_->give_back();
    }

    [[nodiscard]] bool await_ready() const noexcept { return semaphore_->try_take(); }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return wait_in(semaphore_->waiting_, line_of(awaiting), awaiting);
    }
    semaphore_permit await_resume() {
        if (take_ending() == ending::cancelled) [[unlikely]]
            throw cancelled{};
        return semaphore_permit(*semaphore_);
    }

private:
    semaphore* semaphore_;
};

} // namespace detail

inline detail::semaphore_awaiter semaphore::acquire() noexcept {
    return detail::semaphore_awaiter(*this);
}

inline void semaphore_permit::release() noexcept {
    if (semaphore_ != nullptr) std::exchange(semaphore_, nullptr)->give_back();
}

inline void semaphore_permit::consume() noexcept {
    if (semaphore_ != nullptr) --std::exchange(semaphore_, nullptr)->held_;
}

} // namespace simul
