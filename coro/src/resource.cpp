#include <simul/coro/detail/resource.hpp>

#include <simul/loop/error.hpp>

#include "what_of.hpp"

#include <string>

namespace simul::detail {
namespace {

bool is_cancel(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const cancelled&) {
        return true;
    } catch (...) {
        return false;
    }
}

} // namespace

void tear_down_operation::describe(std::string& out) const { out += "tear-down"; }

void settle(bool body_failed, const std::exception_ptr& tear_down_failed) {
    if (tear_down_failed == nullptr) return;
    if (!body_failed) std::rethrow_exception(tear_down_failed);
    if (is_cancel(tear_down_failed)) return;
    log_text(log_level::error, "simul: a tear-down after an exception failed as well",
             [&](std::string& text) {
                 text += "simul: only the first exception can be thrown; a tear-down after it "
                         "failed as well: ";
                 text += what_of(tear_down_failed);
             });
}

} // namespace simul::detail
