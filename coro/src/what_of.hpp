#pragma once

#include <simul/loop/detail/log_text.hpp>

#include <exception>
#include <string>

namespace simul::detail {

/// The text of any exception, for the log; empty when there is no memory for it.
inline std::string what_of(const std::exception_ptr& error) noexcept {
    return text_of([&](std::string& text) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            text = e.what();
        } catch (...) {
            text = "an exception that is no std::exception";
        }
    });
}

} // namespace simul::detail
