#include <simul/coro/detail/spawned.hpp>

#include <simul/coro/async_stack.hpp>
#include <simul/coro/dump_tasks.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/loop/log.hpp>

#include "place.hpp"
#include "what_of.hpp"

#include <stdexcept>

namespace simul::detail {

void spawned_base::finished() noexcept {
    done_ = true;
    loop->remove(*this);
    if (ended_by_failure) [[unlikely]] {
        loop->add_failure(*this);
        is_listed_ = true;
    }
    wake_joiners();
    release();
}

// To those who hold a handle it looks cancelled.
void spawned_base::abandon() noexcept {
    destroy_coroutine(std::exchange(coroutine_, nullptr));
    done_ = true;
    ended_by_cancel = true;
    wake_joiners();
    release();
}

std::string spawned_base::tree() const { return format_tasks_of(*loop); }

void spawned_base::wake_joiners() noexcept {
    while (!joiners_.empty()) {
        join_hook& joiner = joiners_.front();
        joiner.unlink();
        joiner.joined_ended();
    }
}

void spawned_base::describe(std::string& out) const {
    if (!name_.empty()) {
        out.append("\"").append(name_).append("\"");
    } else if (coroutine_) {
        out += promise_of(coroutine_).where.function_name();
    }
}

void spawned_base::locate(std::string& out) const { append_place(resume_point, out); }

void spawned_base::throw_not_joinable(const waiter& by) const {
    if (&by == this) throw std::logic_error("simul: a task cannot await itself");
    loop->check_thread("a task was awaited");
    throw std::logic_error("simul: a join_handle belongs to the loop that runs its task; to wait "
                           "for it on another thread use loop::submit, which gives a future");
}

void spawned_base::forget_failure() noexcept {
    loop->remove_failure(*this);
    if (!observed_) report_unread();
}

// Those who still hold it may do so for ever.
void spawned_base::loop_closes() noexcept {
    is_listed_ = false;
    if (!observed_) report_unread();
}

void spawned_base::report_unread() const noexcept {
    if (ended_by_cancel) return;
    const std::exception_ptr failed = error();
    if (failed == nullptr) return;
    log_text(log_level::error, "simul: nobody awaited a task that failed", [&](std::string& text) {
        text += "simul: nobody awaited task ";
        describe(text);
        text.append(", which failed: ").append(what_of(failed));
        const async_stack stack = async_stack_of(failed);
        if (!stack.empty()) text.append("\n").append(stack.to_string());
    });
}

void join_operation::cancel() noexcept {
    unlink();
    was_cancelled_ = true;
    complete();
}

void join_operation::describe(std::string& out) const {
    out += "task ";
    joined().describe(out);
}

void throw_no_loop(const char* wanted_by) {
    throw std::logic_error(std::string("simul: ") + wanted_by + "() outside of a running loop");
}

} // namespace simul::detail
