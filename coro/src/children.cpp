#include <simul/coro/detail/children.hpp>

#include <simul/loop/log.hpp>

#include "place.hpp"
#include "what_of.hpp"

#include <string>

namespace simul::detail {

void children_operation::child_ended(child_line& child) noexcept {
    std::exception_ptr error;
    if (child.ended_by_cancel) {
        const bool first = !std::exchange(child_cancelled_, true);
        if (first && !keeps_going_ && !failure_) parked()->loop->cancel_children_of(*this);
    } else if (!keeps_going_ && (error = child.error()) != nullptr) {
        if (!failure_) {
            failure_ = std::move(error);
            parked()->loop->cancel_children_of(*this);
        } else {
            // Only one exception can be thrown; the others must not vanish.
            log_text(log_level::error, "simul: a second task failed as well",
                     [&](std::string& text) {
                         text.append("simul: ").append(name_);
                         text += " throws the first failure only; ";
                         child.describe(text);
                         text.append(" failed as well: ").append(what_of(error));
                     });
        }
    }
    if (--running_ == 0) {
        caller_cancelled_ = parked()->cancel_requested;
        if (!is_inside_) complete();
    }
}

void children_operation::begin_inside(waiter& line, std::coroutine_handle<> at) noexcept {
    park(line, at);
    is_inside_ = true;
}

void children_operation::end_inside(waiter& line) noexcept {
    unpark();
    line.resume_point = nullptr;
}

void children_operation::rethrow_failure() {
    if (failure_) std::rethrow_exception(std::move(failure_));
    if (child_cancelled_ && (!keeps_going_ || caller_cancelled_)) throw cancelled{};
}

void children_operation::describe(std::string& out) const {
    out.append(name_).append(" of ").append(std::to_string(running_));
    out.append(running_ == 1 ? " running task" : " running tasks");
}

void child_line::describe(std::string& out) const {
    if (coroutine_) out += promise_of(coroutine_).where.function_name();
}

void child_line::locate(std::string& out) const { append_place(resume_point, out); }

void child_line::abandon() noexcept {
    if (!coroutine_) return;
    if (loop != nullptr) loop->remove_ready(*this);
    destroy_coroutine(std::exchange(coroutine_, nullptr));
}

} // namespace simul::detail
