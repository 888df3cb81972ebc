#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace simul_test {

/// What can be made to fail: operator new, and each function of libuv and of the system that the
/// library calls and that can fail.
std::span<const std::string_view> failing_calls() noexcept;

/// While it lives, the n-th call of one of them fails; those before and after it work.
class injector {
public:
    injector(std::string_view call, std::int64_t nth) noexcept;
    injector(const injector&) = delete;
    injector& operator=(const injector&) = delete;
    ~injector();

    /// There was an n-th call.
    [[nodiscard]] bool has_failed() const noexcept;
};

/// Blocks from operator new that have not been deleted.
std::int64_t live_allocations() noexcept;

} // namespace simul_test
