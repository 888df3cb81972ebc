#pragma once

#include <simul/coro/outcome.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/detail/loop_core.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace simul::detail {

class child_line;

/// An operation that runs tasks on lines of execution of their own.
class child_owner : public group_operation {
public:
    /// The child has run to its end; called by the loop, outside of any coroutine.
    virtual void child_ended(child_line& child) noexcept = 0;

protected:
    child_owner() noexcept = default;
    ~child_owner() = default;
};

/// Runs several tasks and ends when all of them have ended. Unless it `keeps_going`, the first of
/// them that fails cancels the others.
class SIMUL_API children_operation : public child_owner {
public:
    void child_ended(child_line& child) noexcept final;
    void describe(std::string& out) const override;

protected:
    children_operation(const char* name, std::size_t count, bool keeps_going) noexcept
        : name_(name), running_(count), keeps_going_(keeps_going) {}
    ~children_operation() = default;

    /// For children that wait for nothing: between these two each of them runs inside the caller's
    /// step, and the caller does not suspend.
    void begin_inside(waiter& line, std::coroutine_handle<> at) noexcept;
    void end_inside(waiter& line) noexcept;
    /// The caller was cancelled before any child began.
    void refuse() noexcept { caller_cancelled_ = child_cancelled_ = true; }
    /// Throws what the children's failures and the caller's cancel amount to, if anything.
    void rethrow_failure();

private:
    const char* name_;
    std::size_t running_;
    std::exception_ptr failure_;
    bool keeps_going_;
    bool is_inside_ = false;
    bool child_cancelled_ = false;
    bool caller_cancelled_ = false;
};

/// A child's line of execution; owns the child's coroutine.
class SIMUL_API child_line : public waiter {
public:
    /// Begins in the loop's next turn.
    void start(loop_core& runs_on) noexcept {
        begin(runs_on);
        runs_on.make_ready(*this);
    }
    /// Runs at once, inside the caller's step.
    void run_inside(loop_core& runs_on) noexcept {
        begin(runs_on);
        runs_on.run_inside_step(*this);
    }

    void finished() noexcept final { owner_->child_ended(*this); }
    void abandon() noexcept final;
    void describe(std::string& out) const override;
    void locate(std::string& out) const final;
    [[nodiscard]] virtual std::exception_ptr error() const noexcept = 0;
    /// Also when it was destroyed before.
    [[nodiscard]] bool has_ended() const noexcept {
        return !coroutine_ || (coroutine_.done() && !resume_point);
    }

protected:
    child_line(child_owner& owner, std::coroutine_handle<> coroutine) noexcept
        : waiter(nullptr), owner_(&owner), coroutine_(coroutine) {
        promise_of(coroutine).line = this;
        resume_point = coroutine;
    }
    ~child_line() {
        if (coroutine_ && has_ended()) [[likely]] {
            coroutine_.destroy();
        } else {
            abandon();
        }
    }

    [[nodiscard]] std::coroutine_handle<> coroutine() const noexcept { return coroutine_; }

private:
    void begin(loop_core& runs_on) noexcept {
        loop = &runs_on;
        inherit_context(runs_on.running != nullptr ? *runs_on.running : *owner_->parked());
    }

    child_owner* owner_;
    std::coroutine_handle<> coroutine_;
};

/// What a child is made from; a single argument, so that a tuple can make children in place.
template <class T>
struct child_seed {
    child_owner& owner;
    task<T>& from;
};

/// A child that ends with a T.
template <class T>
class child final : public child_line {
public:
    /// \throws std::logic_error    when the task is empty.
    explicit child(child_seed<T> seed) : child_line(seed.owner, seed.from.release()) {}

    [[nodiscard]] std::exception_ptr error() const noexcept override { return ending().error(); }

    T take() { return ending().take(); }

    value_of<T> take_value() {
        if constexpr (std::is_void_v<T>) {
            take();
            return {};
        } else {
            return take();
        }
    }

    outcome<T> take_outcome() {
        if (std::exception_ptr failed = error()) {
            return outcome<T>(std::move(failed), ended_by_cancel);
        }
        if constexpr (std::is_void_v<T>) {
            return outcome<T>(std::in_place);
        } else {
            return outcome<T>(std::in_place, ending().take());
        }
    }

private:
    [[nodiscard]] result<T>& ending() const noexcept {
        using handle = std::coroutine_handle<task_promise<T>>;
        return handle::from_address(coroutine().address()).promise().ending;
    }
};

} // namespace simul::detail
