#pragma once

#include <cerrno>
#include <new>

namespace simul::detail {

/// A start that needs memory and gets none fails like any other.
template <class Start>
int start_request(Start&& start) noexcept {
    try {
        return start();
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    }
}

} // namespace simul::detail
