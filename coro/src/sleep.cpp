#include <simul/coro/sleep.hpp>

#include <algorithm>
#include <cstdio>

namespace simul::detail {

void sleep_operation::cancel() noexcept {
    parked()->loop->timers.erase(*this);
    deadline = was_cancelled;
    complete();
}

void sleep_operation::describe(std::string& out) const {
    const std::int64_t left = parked() != nullptr ? left_at(parked()->loop->now()) : 0;
    char text[64];
    std::snprintf(text, sizeof text, "sleep %.3g s left",
                  static_cast<double>(std::max<std::int64_t>(left, 0)) / 1e9);
    out += text;
}

} // namespace simul::detail
