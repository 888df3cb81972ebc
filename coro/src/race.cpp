#include <simul/coro/race.hpp>

#include <simul/loop/error.hpp>
#include <simul/loop/log.hpp>

#include "what_of.hpp"

#include <string>
#include <utility>

namespace simul::detail {

void race_operation::child_ended(child_line& child) noexcept {
    if (std::exception_ptr error = child.error(); error == nullptr) {
        if (winner_ == nullptr) {
            winner_ = &child;
            parked()->loop->cancel_children_of(*this);
        }
    } else if (!child.ended_by_cancel) {
        if (winner_ != nullptr || failure_ != nullptr) {
            log_text(log_level::debug, "simul: race: a loser failed", [&](std::string& text) {
                text += "simul: race: ";
                child.describe(text);
                text.append(" failed: ").append(what_of(error));
            });
        }
        if (failure_ == nullptr) failure_ = std::move(error);
    }
    if (--running_ == 0) complete();
}

child_line& race_operation::winner() const {
    if (winner_ != nullptr) return *winner_;
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    throw cancelled{};
}

void race_operation::describe(std::string& out) const {
    out.append("race of ").append(std::to_string(running_)).append(" running tasks");
}

} // namespace simul::detail
