#pragma once

#include <span>
#include <string_view>

namespace simul_test {

/// A small program that uses one part of the library. It ends, or throws what went wrong.
struct scenario {
    std::string_view name;
    void (*run)();
};

std::span<const scenario> scenarios() noexcept;

} // namespace simul_test
