#include <simul/coro/shield.hpp>

namespace simul::detail {

void shield_operation::start(waiter& line, std::coroutine_handle<> at, child_line& child) noexcept {
    child_ = &child;
    was_cancelled_before_ = line.cancel_requested;
    park(line, at);
    child.start(*line.loop);
}

void shield_operation::child_ended(child_line&) noexcept {
    is_cancelled_now_ = parked()->cancel_requested;
    complete();
}

void shield_operation::check() const {
    if (const std::exception_ptr error = child_->error()) std::rethrow_exception(error);
    if (is_cancelled_now_ && !was_cancelled_before_) throw cancelled{};
}

} // namespace simul::detail
