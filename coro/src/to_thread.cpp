#include <simul/coro/to_thread.hpp>

#include <simul/coro/spawn.hpp>
#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/error.hpp>

#include "call_context.hpp"

#include <utility>

namespace simul {
namespace detail {

void thread_job::run() noexcept {
    const context_of_call here(context_);
    call();
}

void thread_job::ended() noexcept {
    if (waited_for_by_ != nullptr) {
        std::exchange(waited_for_by_, nullptr)->job_ended();
    } else {
        discard();
    }
}

bool thread_operation::start(waiter& by, std::coroutine_handle<> at, thread_job& job) {
    if (by.cancel_requested) {
        state_ = state::cancelled;
        return false;
    }
    job.context_ = copy_context(by);
    // Its end is only heard of between two turns, so it may start before the waiter is parked.
    by.loop->start_job(job);
    job.waited_for_by_ = this;
    job_ = &job;
    state_ = state::in_flight;
    by.loop->io_begins();
    begin(by, at);
    return true;
}

void thread_operation::job_ended() noexcept {
    state_ = state::ended;
    parked()->loop->io_ends();
    complete();
}

void thread_operation::cancel() noexcept {
    loop_core& loop = *parked()->loop;
    if (!loop.withdraw_job(*job_)) {
        if (!abandon()) return;
        job_->waited_for_by_ = nullptr;
    }
    state_ = state::cancelled;
    loop.io_ends();
    complete();
}

void thread_operation::stop() noexcept {
    if (state_ != state::in_flight) return;
    loop_core& loop = *parked()->loop;
    state_ = state::cancelled;
    loop.io_ends();
    if (loop.withdraw_job(*job_)) return;
    if (abandon()) {
        job_->waited_for_by_ = nullptr;
    } else {
        loop.reclaim_job(*job_);
    }
}

void thread_operation::check() const {
    if (state_ == state::cancelled) throw cancelled{};
}

void thread_operation::describe(std::string& out) const { out += "a call in another thread"; }

} // namespace detail

void limit_threads(std::size_t threads) {
    detail::running_loop("limit_threads").limit_workers(threads);
}

} // namespace simul
