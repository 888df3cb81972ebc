#include <simul/coro/run.hpp>

#include <simul/coro/async_stack.hpp>
#include <simul/coro/detail/promise.hpp>
#include <simul/coro/dump_tasks.hpp>
#include <simul/loop/log.hpp>

#include "place.hpp"
#include "what_of.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace simul::detail {

main_task::main_task(loop_core& runs_on, std::coroutine_handle<> coroutine) noexcept
    : top_level(&runs_on), coroutine_(coroutine) {
    promise_of(coroutine).line = this;
    resume_point = coroutine;
}

main_task::~main_task() {
    if (!coroutine_) return;
    if (coroutine_.done()) { // its arguments go now, and may have something to clean up
        loop->destroy_root(destroy_coroutine, coroutine_);
    } else {
        destroy_coroutine(coroutine_);
    }
}

void main_task::run() {
    if (loop_core::current() != nullptr) {
        throw std::logic_error("simul: run() inside of a running loop; co_await the task instead");
    }
    if (loop->is_running()) {
        throw std::logic_error("simul: run() on a loop that runs on another thread: use submit()");
    }
    if (loop->closed()) throw std::logic_error("simul: run() on a loop that is closed");
    loop->add(*this);
    loop->make_ready(*this);
    loop->run(*this);
}

void main_task::report(const std::exception_ptr& error) const noexcept {
    if (!loop->debug() || ended_by_cancel) return;
    log_text(log_level::error, "simul: the main task failed", [&](std::string& text) {
        text.append("simul: the main task failed: ").append(what_of(error)).append("\n");
        text += async_stack_of(error).to_string();
    });
}

void main_task::finished() noexcept { loop->remove(*this); }

void main_task::abandon() noexcept { destroy_coroutine(std::exchange(coroutine_, nullptr)); }

std::string main_task::tree() const { return format_tasks_of(*loop); }

void main_task::describe(std::string& out) const {
    if (coroutine_) out += promise_of(coroutine_).where.function_name();
}

void main_task::locate(std::string& out) const { append_place(resume_point, out); }

} // namespace simul::detail
