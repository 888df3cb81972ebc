#pragma once

#include <simul/loop/log.hpp>

#include <string>

namespace simul::detail {

/// The text that `compose(text)` writes; what it had written when it failed is dropped, and so is
/// the failure: a text is never worth an error of its own.
template <class Compose>
std::string text_of(Compose&& compose) noexcept {
    try {
        std::string text;
        compose(text);
        return text;
    } catch (...) {
        return {};
    }
}

/// Logs what `compose(text)` writes or, where there is no memory for it, `otherwise`.
template <class Compose>
void log_text(log_level level, const char* otherwise, Compose&& compose) noexcept {
    const std::string text = text_of(compose);
    log(level, text.empty() ? otherwise : std::string_view(text));
}

} // namespace simul::detail
