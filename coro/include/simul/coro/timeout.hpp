#pragma once

#include <simul/coro/detail/children.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/clock.hpp>
#include <simul/loop/error.hpp>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace simul {

/// Thrown by `timeout` when the time has passed first; `code()` is `std::errc::timed_out`.
class SIMUL_API timeout_error : public std::system_error {
public:
    timeout_error();
    ~timeout_error() override;
};

namespace detail {

/// Runs one task, and cancels it at a deadline.
class SIMUL_API deadline_operation : public child_owner {
public:
    void child_ended(child_line& child) noexcept final;
    void cancel_children() noexcept final { child_->cancel(); }
    void visit_children(visitor& to) const final { to.visit(*child_); }
    void describe(std::string& out) const final;

protected:
    deadline_operation() noexcept = default;
    ~deadline_operation();

    /// `time` is a point in time, or how long there is from now on.
    bool start(waiter& line, std::coroutine_handle<> at, child_line& child, std::int64_t time,
               bool is_absolute) noexcept;

    /// False when the child was cancelled because its time was over. Throws `cancelled` when it
    /// never began; what it threw itself is for the caller to throw.
    [[nodiscard]] bool check_in_time() const;

private:
    class alarm final : public timed_operation {
    public:
        explicit alarm(deadline_operation& owner) noexcept : owner_(owner) {}
        void expired() noexcept override { owner_.expire(); }
        void cancel() noexcept override {}
        void describe(std::string&) const override {}

    private:
        deadline_operation& owner_;
    };

    void expire() noexcept;

    child_line* child_ = nullptr;
    alarm alarm_{*this};
    bool is_due_ = false;
    bool expired_ = false;
    bool caller_cancelled_ = false;
};

enum class at_deadline { throws, moves_on };

template <class T, at_deadline Then>
class deadline_awaiter final : public deadline_operation {
public:
    deadline_awaiter(task<T>&& work, std::int64_t time, bool is_absolute)
        : child_(child_seed<T>{*this, work}), time_(time), is_absolute_(is_absolute) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        return start(line_of(awaiting), awaiting, child_, time_, is_absolute_);
    }

    // Inlined, as that of a task is.
    [[gnu::always_inline]] T await_resume()
        requires(Then == at_deadline::throws)
    {
        if (!check_in_time()) throw timeout_error();
        return child_.take();
    }

    [[gnu::always_inline]] std::optional<kept_value<T>> await_resume()
        requires(Then == at_deadline::moves_on)
    {
        if (!check_in_time()) return std::nullopt;
        return std::optional<kept_value<T>>(child_.take_value());
    }

private:
    child<T> child_;
    std::int64_t time_;
    bool is_absolute_;
};

template <class T, at_deadline Then>
class [[nodiscard("a timeout does nothing until it is awaited")]] deadline_task {
public:
    deadline_task(task<T>&& work, std::int64_t time, bool is_absolute) noexcept
        : work_(std::move(work)), time_(time), is_absolute_(is_absolute) {}

    deadline_awaiter<T, Then> operator co_await() && {
        return deadline_awaiter<T, Then>(std::move(work_), time_, is_absolute_);
    }

private:
    task<T> work_;
    std::int64_t time_;
    bool is_absolute_;
};

template <at_deadline Then, class T>
deadline_task<T, Then> until(task<T> work, std::int64_t time, bool is_absolute) {
    return deadline_task<T, Then>(std::move(work), time, is_absolute);
}

} // namespace detail

/// Runs `work`, and cancels it when it takes longer than `limit`; gives its result, or throws
/// `timeout_error` once its clean-up has ended. Work that comes to a value nevertheless delivers
/// it, also when what it waits for comes in the very turn in which the time runs out. With a limit
/// of nothing the work still runs to its first suspension. A minute or more counts as for `sleep`.
///
/// A cancel from outside cancels the work and is thrown as `cancelled`, never as `timeout_error`;
/// of nested timeouts only the one that ran out reports.
///
///     int n = co_await simul::timeout(250ms, compute());
template <class Rep, class Period, detail::awaitable Awaitable>
auto timeout(std::chrono::duration<Rep, Period> limit, Awaitable&& work) {
    return detail::until<detail::at_deadline::throws>(
        detail::as_task(std::forward<Awaitable>(work)), detail::to_nanoseconds(limit).count(),
        false);
}

/// The same with a point in time.
template <detail::awaitable Awaitable>
auto timeout_at(clock::time_point deadline, Awaitable&& work) {
    return detail::until<detail::at_deadline::throws>(
        detail::as_task(std::forward<Awaitable>(work)), deadline.time_since_epoch().count(), true);
}

/// As `timeout`, but gives an empty optional instead of throwing when the time runs out;
/// `std::optional<std::monostate>` for void.
///
///     if (std::optional<int> n = co_await simul::move_on_after(250ms, compute())) use(*n);
template <class Rep, class Period, detail::awaitable Awaitable>
auto move_on_after(std::chrono::duration<Rep, Period> limit, Awaitable&& work) {
    return detail::until<detail::at_deadline::moves_on>(
        detail::as_task(std::forward<Awaitable>(work)), detail::to_nanoseconds(limit).count(),
        false);
}

} // namespace simul
