#include <simul/coro/wait.hpp>

#include <algorithm>
#include <string>

namespace simul::detail {

bool wait_operation::ends_wait(const spawned_base& task) const noexcept {
    if (mode_ == wait_until::first_completed) return true;
    return mode_ == wait_until::first_failed && task.error() != nullptr;
}

bool wait_operation::is_over() const noexcept {
    bool all_ended = true;
    for (const hook& each : hooks_) {
        if (!each.joined().done()) {
            all_ended = false;
        } else if (ends_wait(each.joined())) {
            return true;
        }
    }
    return all_ended;
}

bool wait_operation::start(waiter& by, std::coroutine_handle<> at) {
    for (const hook& each : hooks_) {
        if (!each.joined().done()) each.joined().check_joinable(by);
    }
    if (!begin(by, at)) {
        was_cancelled_ = true;
        return false;
    }
    for (hook& each : hooks_) {
        if (each.joined().done()) continue;
        each.link();
        ++running_;
    }
    return true;
}

void wait_operation::one_ended(spawned_base& task) noexcept {
    --running_;
    if (running_ == 0 || ends_wait(task)) end();
}

void wait_operation::end() noexcept {
    for (hook& each : hooks_) each.unlink();
    complete();
}

void wait_operation::cancel() noexcept {
    was_cancelled_ = true;
    end();
}

void wait_operation::describe(std::string& out) const {
    out.append("wait for ").append(std::to_string(running_)).append(" running tasks");
    constexpr int most = 5;
    int shown = 0;
    for (const hook& each : hooks_) {
        if (each.joined().done()) continue;
        out += shown == 0 ? ": " : ", ";
        if (++shown > most) {
            out += "...";
            break;
        }
        each.joined().describe(out);
    }
}

} // namespace simul::detail
