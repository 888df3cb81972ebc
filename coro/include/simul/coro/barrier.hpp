#pragma once

#include <simul/coro/detail/wait_list.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <cstddef>
#include <string>

namespace simul {

class barrier;

namespace detail {

class SIMUL_API barrier_operation : public waiting_operation {
public:
    void describe(std::string& out) const final;

protected:
    explicit barrier_operation(barrier& awaited) noexcept : barrier_(&awaited) {}
    ~barrier_operation() = default;
    barrier_operation(const barrier_operation&) noexcept = default;

    barrier* barrier_;
    std::size_t place_ = 0;

private:
    friend class simul::barrier;
};

class barrier_awaiter final : public barrier_operation {
public:
    explicit barrier_awaiter(barrier& awaited) noexcept : barrier_operation(awaited) {}

    [[nodiscard]] bool await_ready() noexcept;
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting);
    std::size_t await_resume() {
        if (take_ending() == ending::cancelled) [[unlikely]]
            throw cancelled{};
        return place_;
    }
};

} // namespace detail

/// A point that a number of tasks of one loop pass together, again and again: each waits there
/// until all have come.
///
/// It belongs to the loop whose tasks use it. Tasks that wait at a barrier that is destroyed wait
/// on until they are cancelled.
///
///     simul::barrier b(3);
///     if (co_await b.arrive_and_wait() == 0) std::puts("once per round");
class SIMUL_API barrier {
public:
    /// \throws std::invalid_argument    when `parties` is 0.
    explicit barrier(std::size_t parties);
    barrier(const barrier&) = delete;
    barrier& operator=(const barrier&) = delete;
    ~barrier() = default;

    /// Waits until as many have arrived as there are parties, and gives each of them a number of
    /// its own from 0, in the order of arrival. The last one goes on at once, the others in the
    /// next turn. A cancel takes the arrival back, unless all have come: then it is too late.
    ///
    /// \throws cancelled           at the `co_await`, when the task is cancelled while it waits.
    /// \throws std::logic_error    when tasks of another loop wait here.
    [[nodiscard("arrive_and_wait() does nothing until it is awaited")]] detail::barrier_awaiter
    arrive_and_wait() noexcept {
        return detail::barrier_awaiter(*this);
    }

    /// How many have to come.
    [[nodiscard]] std::size_t parties() const noexcept { return parties_; }
    /// How many wait.
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    friend class detail::barrier_awaiter;
    friend class detail::barrier_operation;

    void wake_all() noexcept;

    detail::wait_list waiting_{"a barrier"};
    std::size_t parties_;
};

namespace detail {

inline bool barrier_awaiter::await_ready() noexcept {
    if (barrier_->waiting_.size() + 1 < barrier_->parties_) return false;
    place_ = barrier_->parties_ - 1;
    barrier_->wake_all();
    return true;
}

template <class Promise>
bool barrier_awaiter::await_suspend(std::coroutine_handle<Promise> awaiting) {
    return wait_in(barrier_->waiting_, line_of(awaiting), awaiting);
}

} // namespace detail
} // namespace simul
