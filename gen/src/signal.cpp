#include <simul/gen/detail/toolkit/signal.hpp>

#include <simul/loop/detail/loop_core.hpp>

#include <string>

namespace simul::detail {

bool signal::start(waiter& line, std::coroutine_handle<> at, std::int64_t until) noexcept {
    if (line.cancel_requested) {
        state_ = state::cancelled;
        return false;
    }
    if (until != never && until <= line.loop->now()) {
        state_ = state::expired;
        return false;
    }
    park(line, at);
    if (until != never) {
        deadline = until;
        line.loop->timers.insert(*this);
    }
    return true;
}

void signal::end(state how) noexcept {
    if (next != nullptr) parked()->loop->timers.erase(*this);
    state_ = how;
    complete();
}

void signal::raise() noexcept {
    if (parked() != nullptr) {
        end(state::raised);
    } else if (state_ == state::idle) { // else the one who waited is about to go on
        state_ = state::raised;
    }
}

void signal::cancel() noexcept { end(state::cancelled); }

void signal::expired() noexcept {
    state_ = state::expired;
    complete();
}

void signal::forget() noexcept {
    if (parked() == nullptr) return;
    if (next != nullptr) parked()->loop->timers.erase(*this);
    unpark();
}

void signal::describe(std::string& out) const { out += what_; }

} // namespace simul::detail
