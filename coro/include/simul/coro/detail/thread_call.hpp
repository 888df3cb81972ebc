#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/coro/detail/result.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/detail/operation.hpp>
#include <simul/loop/detail/worker_job.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace simul::detail {

class thread_operation;

/// A call on its way through a loop's pool of threads.
class SIMUL_API thread_job : public worker_job {
public:
    void run() noexcept final;
    /// Tells the operation that waits; without one, nobody wants the result any more.
    void ended() noexcept final;

protected:
    thread_job() noexcept = default;
    ~thread_job() = default;

    /// On a worker's thread.
    virtual void call() noexcept = 0;
    /// For a job on the heap: deletes it.
    virtual void discard() noexcept {}

private:
    friend class thread_operation;

    thread_operation* waited_for_by_ = nullptr;
    std::unique_ptr<line_context> context_; // what it takes along of the line that makes the call
};

/// Waits for a call in another thread.
class SIMUL_API thread_operation : public operation {
public:
    void cancel() noexcept final;
    void describe(std::string& out) const final;

protected:
    thread_operation() noexcept = default;
    ~thread_operation() = default;

    /// False when the caller is cancelled: then the call does not start.
    /// \throws std::system_error    when no thread can be had.
    bool start(waiter& by, std::coroutine_handle<> at, thread_job& job);
    /// Throws `cancelled` when the job did not start or was left alone.
    void check() const;
    /// For the forced destruction of a coroutine: nothing of the job is in flight afterwards.
    void stop() noexcept;

    /// Lets go of a job that goes on running, which deletes itself then; false when it must be
    /// waited for.
    virtual bool abandon() noexcept { return false; }

private:
    friend class thread_job;
    enum class state : std::uint8_t { none, in_flight, ended, cancelled };

    void job_ended() noexcept;

    thread_job* job_ = nullptr;
    state state_ = state::none;
};

template <class Fn, class... Args>
class thread_call final : public thread_job {
public:
    using value_type = std::invoke_result_t<Fn, Args...>;

    explicit thread_call(std::tuple<Fn, Args...>&& call) : call_(std::move(call)) {}

    void call() noexcept override {
        const auto invoke = [](Fn& fn, Args&... args) -> value_type {
            return std::invoke(std::move(fn), std::move(args)...);
        };
        try {
            if constexpr (std::is_void_v<value_type>) {
                std::apply(invoke, call_);
            } else {
                ending_.set_value(std::apply(invoke, call_));
            }
        } catch (...) {
            ending_.set_error(std::current_exception());
        }
    }

    value_type take() { return ending_.take(); }

private:
    void discard() noexcept override { delete this; }

    std::tuple<Fn, Args...> call_;
    result<value_type> ending_;
};

/// The call lives in the coroutine that waits for it.
template <class Fn, class... Args>
class thread_awaiter final : public thread_operation {
public:
    explicit thread_awaiter(std::tuple<Fn, Args...>&& call) : call_(std::move(call)) {}
    ~thread_awaiter() { stop(); }

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return start(line_of(awaiting), awaiting, call_);
    }
    decltype(auto) await_resume() {
        check();
        return call_.take();
    }

private:
    thread_call<Fn, Args...> call_;
};

/// The call may outlive the coroutine.
template <class Fn, class... Args>
class abandoning_thread_awaiter final : public thread_operation {
public:
    explicit abandoning_thread_awaiter(std::tuple<Fn, Args...>&& call)
        : call_(std::make_unique<thread_call<Fn, Args...>>(std::move(call))) {}
    ~abandoning_thread_awaiter() { stop(); }

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return start(line_of(awaiting), awaiting, *call_);
    }
    decltype(auto) await_resume() {
        check();
        return call_->take();
    }

private:
    bool abandon() noexcept override {
        (void)call_.release();
        return true;
    }

    std::unique_ptr<thread_call<Fn, Args...>> call_;
};

/// What `to_thread` returns.
template <template <class...> class Awaiter, class Fn, class... Args>
class [[nodiscard("to_thread() does nothing until it is awaited")]] thread_task {
public:
    template <class F, class... As>
    explicit thread_task(std::in_place_t, F&& fn, As&&... args)
        : call_(std::forward<F>(fn), std::forward<As>(args)...) {}

    Awaiter<Fn, Args...> operator co_await() && { return Awaiter<Fn, Args...>(std::move(call_)); }

private:
    std::tuple<Fn, Args...> call_;
};

} // namespace simul::detail
