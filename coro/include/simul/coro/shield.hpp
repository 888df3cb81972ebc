#pragma once

#include <simul/coro/detail/children.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <string>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// Runs one task that its caller's cancel does not reach.
class SIMUL_API shield_operation : public child_owner {
public:
    void child_ended(child_line& child) noexcept final;
    void cancel() noexcept final {} // the caller remembers it
    void cancel_children() noexcept final {}
    void visit_children(visitor& to) const final { to.visit(*child_); }
    void describe(std::string& out) const override { out += "shield"; }

protected:
    shield_operation() noexcept = default;
    ~shield_operation() = default;

    void start(waiter& line, std::coroutine_handle<> at, child_line& child) noexcept;
    /// Throws what the child threw, and a cancel that came while it ran.
    void check() const;

private:
    child_line* child_ = nullptr;
    bool was_cancelled_before_ = false;
    bool is_cancelled_now_ = false;
};

template <class T>
class shield_awaiter final : public shield_operation {
public:
    explicit shield_awaiter(task<T>&& work) : child_(child_seed<T>{*this, work}) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        start(line_of(awaiting), awaiting, child_);
    }

    T await_resume() {
        check();
        return child_.take();
    }

private:
    child<T> child_;
};

template <class T>
class [[nodiscard("shield() does nothing until it is awaited")]] shield_task {
public:
    explicit shield_task(task<T>&& work) noexcept : work_(std::move(work)) {}

    shield_awaiter<T> operator co_await() && { return shield_awaiter<T>(std::move(work_)); }

private:
    task<T> work_;
};

template <class T>
shield_task<T> shielded(task<T> work) {
    return shield_task<T>(std::move(work));
}

} // namespace detail

/// Runs `work` to its end whatever happens to the caller. A cancel that comes meanwhile is
/// remembered and thrown when the work has ended. In a task that was cancelled before, the work
/// runs all the same and its result is given: that is how a clean-up may await.
///
///     co_await simul::shield(commit());
template <detail::awaitable Awaitable>
auto shield(Awaitable&& work) {
    return detail::shielded(detail::as_task(std::forward<Awaitable>(work)));
}

} // namespace simul
