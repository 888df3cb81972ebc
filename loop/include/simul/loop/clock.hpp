#pragma once

#include <simul/loop/config.hpp>

#include <chrono>

namespace simul {

/// The running loop's clock: a standard Clock of nanoseconds. Inside a loop with virtual time it is
/// that loop's virtual time, everywhere else `std::chrono::steady_clock`; neither goes back, but
/// the times of the one mean nothing to the other.
struct clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<clock>;
    static constexpr bool is_steady = true;

    [[nodiscard]] SIMUL_API static time_point now() noexcept;
};

namespace detail {

/// Any duration as nanoseconds, rounded up so that nothing ends early, and held at the ends of the
/// range where it would overflow. What is no number counts as the shortest.
template <class Rep, class Period>
constexpr clock::duration to_nanoseconds(std::chrono::duration<Rep, Period> d) noexcept {
    using seconds = std::chrono::duration<long double>;
    if (seconds(d) >= seconds(clock::duration::max())) return clock::duration::max();
    if (!(seconds(d) > seconds(clock::duration::min()))) return clock::duration::min();
    return std::chrono::ceil<clock::duration>(d);
}

/// The standard durations skip the floating-point test of the range.
constexpr clock::duration to_nanoseconds(std::chrono::nanoseconds d) noexcept { return d; }

/// `now + d` without overflow; `d` may be negative.
constexpr clock::time_point later(clock::time_point now, clock::duration d) noexcept {
    if (d > clock::time_point::max() - now) return clock::time_point::max();
    return now + d;
}

} // namespace detail
} // namespace simul
