#pragma once

#include <simul/loop/config.hpp>

#include <cstdint>

namespace simul {

/// What the library holds at this moment. After the last loop has ended and every task and
/// generator is gone, all of it is zero; the test suite checks that after each test.
///
/// Frames are counted per thread and added up when a thread ends, so while frames travel between
/// running threads the number is that of the calling thread and of the threads that have ended.
struct usage {
    std::int64_t frames = 0;   ///< coroutine frames and task control blocks
    std::int64_t handles = 0;  ///< libuv handles that are not closed
    std::int64_t requests = 0; ///< file requests and pool jobs in flight

    friend bool operator==(const usage&, const usage&) = default;
};

/// The library's present usage. Never throws.
[[nodiscard]] SIMUL_API usage current_usage() noexcept;

} // namespace simul
