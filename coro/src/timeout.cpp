#include <simul/coro/timeout.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace simul {

timeout_error::timeout_error()
    : std::system_error(std::make_error_code(std::errc::timed_out), "simul: timeout") {}

timeout_error::~timeout_error() = default;

namespace detail {

deadline_operation::~deadline_operation() {
    if (alarm_.next != nullptr) parked()->loop->timers.erase(alarm_);
}

bool deadline_operation::start(waiter& line, std::coroutine_handle<> at, child_line& child,
                               std::int64_t time, bool is_absolute) noexcept {
    child_ = &child;
    if (!begin(line, at)) {
        caller_cancelled_ = true;
        return false;
    }
    if (time <= (is_absolute ? line.loop->now() : 0)) {
        expired_ = true; // it may still end without waiting for anything
        child.cancel();
    } else if (is_absolute) {
        alarm_.deadline = time;
        line.loop->timers.insert(alarm_);
    } else {
        line.loop->expire_after(alarm_, clock::duration(time));
    }
    child.start(*line.loop);
    return true;
}

// What else is due has come in time, and what others make of that in their next turn: the work gets
// it first.
void deadline_operation::expire() noexcept {
    if (!std::exchange(is_due_, true)) {
        parked()->loop->timers.expire_last(alarm_);
        return;
    }
    expired_ = true;
    parked()->loop->cancel_children_of(*this);
}

void deadline_operation::child_ended(child_line&) noexcept {
    parked()->loop->timers.erase(alarm_);
    caller_cancelled_ = parked()->cancel_requested;
    complete();
}

bool deadline_operation::check_in_time() const {
    if (child_->resume_point) throw cancelled{}; // it never began
    return !child_->ended_by_cancel || !expired_ || caller_cancelled_;
}

void deadline_operation::describe(std::string& out) const {
    const std::int64_t left = parked() != nullptr ? alarm_.left_at(parked()->loop->now()) : 0;
    char text[64];
    std::snprintf(text, sizeof text, "timeout %.3g s left",
                  static_cast<double>(std::max<std::int64_t>(left, 0)) / 1e9);
    out += text;
}

} // namespace detail
} // namespace simul
