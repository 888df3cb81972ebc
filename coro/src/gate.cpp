#include <simul/coro/detail/gate.hpp>

#include <simul/coro/detail/promise.hpp>
#include <simul/coro/detail/spawned.hpp>
#include <simul/loop/detail/loop_core.hpp>

#include <coroutine>
#include <exception>
#include <new>
#include <string>
#include <utility>

namespace simul::detail {
namespace {

struct until_ended {};

// Waits for the end of a task, whatever happens to the waiting line.
class ending_of final : public operation, public join_hook {
public:
    explicit ending_of(spawned_base& task) noexcept : join_hook(task) { link(); }
    ~ending_of() = default;

    void cancel() noexcept override {} // the line remembers it
    void joined_ended() noexcept override {
        if (parked() != nullptr) complete();
    }
    void describe(std::string& out) const override {
        out += "clean-up of task ";
        joined().describe(out);
    }
    using operation::park;
};

// A coroutine that is slipped under the one that must not go on: it is what the line resumes
// instead, or what it returns to, and passes on when the task has ended. The paths that every
// other coroutine takes know nothing of it.
struct gate {
    class promise_type;

    promise_type* promise;
};

struct closing_awaiter {
    [[nodiscard]] static bool await_ready() noexcept { return false; }
    static void await_suspend(std::coroutine_handle<gate::promise_type> ended) noexcept;
    static void await_resume() noexcept {}
};

class gate::promise_type final : public promise_base {
public:
    explicit promise_type(spawned_base& task) noexcept : ending_(task) {}
    ~promise_type() {
        if (is_hooked_) line->loop->remove(hook_);
        let_go();
    }

    [[nodiscard]] gate get_return_object() noexcept { return {this}; }
    [[nodiscard]] static std::suspend_always initial_suspend() noexcept { return {}; }
    [[nodiscard]] static closing_awaiter final_suspend() noexcept { return {}; }
    static void return_void() noexcept {}
    [[noreturn]] static void unhandled_exception() noexcept { std::terminate(); }

    class awaiter {
    public:
        explicit awaiter(promise_type& promise) noexcept : promise_(promise) {}
        [[nodiscard]] bool await_ready() const noexcept {
            promise_.entered_ = true;
            return promise_.ending_.joined().done();
        }
        void await_suspend(std::coroutine_handle<> gate) const noexcept {
            promise_.ending_.park(*promise_.line, gate);
            promise_.keep_busy();
        }
        void await_resume() const noexcept { promise_.pass(); }

    private:
        promise_type& promise_;
    };
    awaiter await_transform(until_ended) noexcept { return awaiter(*this); }

    // Stands between the running coroutine and its caller for the rest of the step.
    void hold_running(waiter& running) noexcept {
        line = &running;
        own_.callee = handle(); // it is no borrowed one
        held_ = &promise_of(running.loop->running_coroutine);
        below_ = held_->link;
        if (below_ != nullptr) slip_under(below_->caller);
        running.loop->at_end_of_step(hook_);
        is_hooked_ = true;
    }

    // It is what the line resumes first.
    void hold_suspended(waiter& held) noexcept {
        line = &held;
        own_.callee = handle();
        slip_under(held.resume_point);
    }

private:
    class hook final : public step_hook {
    public:
        explicit hook(promise_type& owner) noexcept : owner_(owner) {}
        void step_ended(waiter& line) noexcept override { owner_.stay(line); }

    private:
        promise_type& owner_;
    };

    // Where the coroutine has not returned, the gate is from now on what the line resumes first.
    void stay(waiter& held) noexcept {
        is_hooked_ = false;
        if (entered_) return;
        if (below_ != nullptr) {
            // It has returned, into a gate before this one.
            if (below_->caller != handle()) return;
            std::exchange(below_, nullptr)->caller = own_.caller;
        }
        if (held.resume_point) {
            slip_under(held.resume_point);
        } else { // it has ended, and nobody may hear of that yet
            link = nullptr;
            held.resume_point = handle();
            held.loop->make_ready(held);
        }
    }

    void pass() noexcept {
        if (below_ != nullptr) below_->caller = own_.caller;
        let_go();
    }

    // A generator that has yielded looks free; but its consumer, which has not gone on yet, still
    // has to find it as it is.
    void keep_busy() noexcept {
        if (below_ == nullptr || below_->callee) return;
        if (static_cast<borrowing_link*>(below_)->callee_goes == nullptr) return; // it has gone
        held_->link = below_;
        is_busy_ = true;
    }
    void let_go() noexcept {
        if (!std::exchange(is_busy_, false)) return;
        if (static_cast<borrowing_link*>(below_)->callee_goes != nullptr) held_->link = nullptr;
    }

    [[nodiscard]] std::coroutine_handle<> handle() noexcept {
        return std::coroutine_handle<promise_type>::from_promise(*this);
    }
    void slip_under(std::coroutine_handle<>& next) noexcept {
        own_.caller = next;
        link = &own_;
        next = handle();
    }

    ending_of ending_;
    hook hook_{*this};
    call_link own_; // to the coroutine that goes on after the gate
    promise_base* held_ = nullptr;
    call_link* below_ = nullptr; // of the held coroutine to its caller
    bool is_busy_ = false;
    bool entered_ = false;
    bool is_hooked_ = false;
};

void closing_awaiter::await_suspend(std::coroutine_handle<gate::promise_type> ended) noexcept {
    leave(ended.promise());
    ended.destroy();
}

gate wait_for(spawned_base&) { co_await until_ended(); }

} // namespace

void hold_back_for(spawned_base& task) noexcept {
    if (task.done()) return;
    waiter* const running = task.loop->running;
    waiter* const suspended = task.loop->destroying_for;
    if (running == nullptr && suspended == nullptr) return;
    try {
        gate::promise_type& promise = *wait_for(task).promise;
        if (running != nullptr) {
            promise.hold_running(*running);
        } else {
            promise.hold_suspended(*suspended);
        }
    } catch (const std::bad_alloc&) { // the loop owns the task and waits for it, if nobody else
    }
}

void leave_behind(spawned_base& task) noexcept {
    if (task.done()) return;
    task.cancel();
    hold_back_for(task);
}

} // namespace simul::detail
