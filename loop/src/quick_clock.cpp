#include <simul/loop/detail/quick_clock.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace simul::detail {
namespace {

// The kernel knows whether the counter runs at one rate, and the same on every core.
[[maybe_unused]] bool is_clock_source(const char* name) noexcept {
    const int source = ::open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                              O_RDONLY | O_CLOEXEC);
    if (source < 0) return false;
    char found[16]{};
    const ssize_t size = ::read(source, found, sizeof(found) - 1);
    ::close(source);
    const std::size_t length = std::strlen(name);
    return size > 0 && std::strncmp(found, name, length) == 0 &&
           (found[length] == '\n' || found[length] == '\0');
}

} // namespace

bool quick_clock::system_goes_by_counter() noexcept {
#if defined(__x86_64__)
    static const bool yes = is_clock_source("tsc");
    return yes;
#else
    return false;
#endif
}

// A measurement is wrong when the thread had to wait between its two readings, or when the counter
// stood still or jumped, as it may when a machine sleeps or moves. Two in a row that agree are
// right.
void quick_clock::measure(std::uint64_t counter, std::int64_t time) noexcept {
    constexpr std::int64_t longest_measurement = 2'000'000'000;
    const std::int64_t took = time - std::exchange(measured_since_, time);
    const std::uint64_t steps = counter - std::exchange(measured_from_, counter);
    const std::uint64_t before = std::exchange(measured_, 0);
    if (took > longest_measurement || steps == 0) {
        trusted_ = 0;
        return;
    }
    measured_ = (static_cast<std::uint64_t>(took) << rate_bits) / steps;
    const std::uint64_t least = std::min(before, measured_);
    const std::uint64_t most = std::max(before, measured_);
    if (least == 0 || most - least > most / 4096) {
        trusted_ = 0;
        return;
    }
    rate_ = most + most / 2048 + 1; // deadlines may come late, but not early
    trusted_ = (static_cast<std::uint64_t>(longest_step) << rate_bits) / rate_;
}

} // namespace simul::detail
