#pragma once

#include <simul/coro/task.hpp>
#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <exception>
#include <source_location>
#include <string>
#include <utility>

namespace simul::detail {

class join_hook;

/// A spawned task: its line of execution and its result, shared by the loop, while it runs, and by
/// the handles to it.
class SIMUL_API spawned_base : public top_level, public in_frame_memory {
public:
    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ != 0) return;
        if (is_listed_) [[unlikely]]
            forget_failure();
        delete this;
    }

    /// Hands it to the loop: it begins in the next turn.
    void start() noexcept {
        enlist();
        loop->make_ready(*this);
    }
    /// The same, but it is for the caller to let it begin.
    void enlist() noexcept {
        retain();
        if (loop->running != nullptr) inherit_context(*loop->running);
        loop->add(*this);
    }

    void finished() noexcept final;
    void abandon() noexcept final;
    void loop_closes() noexcept final;
    [[nodiscard]] bool is_clean_up() const noexcept final { return is_clean_up_; }
    /// Before it is handed to the loop.
    void be_clean_up() noexcept { is_clean_up_ = true; }
    [[nodiscard]] std::string tree() const final;
    void describe(std::string& out) const final;
    void locate(std::string& out) const final;

    [[nodiscard]] bool done() const noexcept { return done_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    void rename(std::string&& name) noexcept { name_ = std::move(name); }
    [[nodiscard]] virtual std::exception_ptr error() const noexcept = 0;

    /// \throws std::logic_error    when this line must not wait for the task.
    void check_joinable(const waiter& by) const {
        if (&by == this || by.loop != loop) [[unlikely]]
            throw_not_joinable(by);
    }
    void observe() noexcept { observed_ = true; }

protected:
    spawned_base(loop_core& runs_on, std::coroutine_handle<> coroutine) noexcept
        : top_level(&runs_on), coroutine_(coroutine) {
        promise_of(coroutine).line = this;
        resume_point = coroutine;
    }
    virtual ~spawned_base() {
        if (done_ && coroutine_) [[likely]] {
            destroy_ended(coroutine_);
        } else if (coroutine_) {
            destroy_coroutine(coroutine_);
        }
    }

    [[nodiscard]] std::coroutine_handle<> coroutine() const noexcept { return coroutine_; }

private:
    friend class join_hook;

    void forget_failure() noexcept;
    void report_unread() const noexcept;
    void wake_joiners() noexcept;
    [[noreturn]] void throw_not_joinable(const waiter& by) const;

    std::coroutine_handle<> coroutine_;
    ring<join_hook> joiners_;
    std::size_t references_ = 1;
    bool done_ = false;
    bool observed_ = false;
    bool is_listed_ = false; // among the loop's failures
    bool is_clean_up_ = false;
    std::string name_;
};

template <class T>
class spawned : public spawned_base {
public:
    spawned(loop_core& runs_on, task<T>&& from) : spawned_base(runs_on, from.release()) {}

    [[nodiscard]] std::exception_ptr error() const noexcept override {
        if (!done()) return nullptr;
        return coroutine() ? typed_ending().error() : std::make_exception_ptr(cancelled{});
    }
    /// Of a task that is done.
    /// \throws cancelled    when it had to be destroyed.
    [[nodiscard]] result<T>& ending() const {
        if (!coroutine()) [[unlikely]]
            throw cancelled{};
        return typed_ending();
    }

private:
    [[nodiscard]] result<T>& typed_ending() const noexcept {
        using handle = std::coroutine_handle<task_promise<T>>;
        return handle::from_address(coroutine().address()).promise().ending;
    }
};

/// A spawned coroutine lambda: the callable lives as long as its coroutine, which refers to it.
template <class T, class Fn>
class spawned_call final : public spawned<T> {
public:
    spawned_call(loop_core& runs_on, std::unique_ptr<Fn> fn, task<T>&& from)
        : spawned<T>(runs_on, std::move(from)), fn_(std::move(fn)) {}

private:
    std::unique_ptr<Fn> fn_;
};

/// Hears of a spawned task's end, and keeps its result alive until then.
class SIMUL_API join_hook : private ring_link {
public:
    join_hook(const join_hook&) = delete;
    join_hook& operator=(const join_hook&) = delete;

    /// The task has ended; the hook is out of its list.
    virtual void joined_ended() noexcept = 0;

    [[nodiscard]] spawned_base& joined() const noexcept { return *joined_; }

protected:
    explicit join_hook(spawned_base& joined) noexcept : joined_(&joined) {
        ring_next = nullptr; // it is not linked
        joined.retain();
    }
    ~join_hook() {
        unlink();
        joined_->release();
    }

    /// Not for a task that is done.
    void link() noexcept { joined_->joiners_.push_back(*this); }
    /// Harmless when it is not linked.
    void unlink() noexcept {
        if (ring_next == nullptr) return;
        ring<join_hook>::remove(*this);
        ring_next = nullptr;
    }

private:
    friend class spawned_base;
    friend ring<join_hook>;

    spawned_base* joined_;
};

/// Waits for a spawned task's end.
class SIMUL_API join_operation : public operation, public join_hook {
public:
    void cancel() noexcept final;
    void describe(std::string& out) const final;
    void joined_ended() noexcept final { complete(); }

protected:
    explicit join_operation(spawned_base& joined) noexcept : join_hook(joined) {}
    ~join_operation() = default;

    /// False when the caller is cancelled.
    /// \throws std::logic_error    when the caller must not wait for the task.
    bool start(waiter& by, std::coroutine_handle<> at) {
        joined().check_joinable(by);
        if (!begin(by, at)) [[unlikely]] {
            was_cancelled_ = true;
            return false;
        }
        link();
        return true;
    }
    [[nodiscard]] bool was_cancelled() const noexcept { return was_cancelled_; }

private:
    bool was_cancelled_ = false;
};

} // namespace simul::detail
