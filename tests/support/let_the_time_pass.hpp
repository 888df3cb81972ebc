#pragma once

#include <simul/loop/detail/loop_core.hpp>

#include <cstdint>
#include <limits>

namespace simul_test {

/// Ends every sleep of the loop that runs here, on the real clock too, however long it is.
inline void let_the_time_pass() {
    simul::detail::loop_core& loop = *simul::detail::loop_core::current();
    loop.timers.date(loop.now());
    loop.timers.expire(std::numeric_limits<std::int64_t>::max());
}

} // namespace simul_test
