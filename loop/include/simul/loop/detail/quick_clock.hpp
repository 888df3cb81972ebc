#pragma once

#include <simul/loop/config.hpp>

#include <chrono>
#include <cstdint>

namespace simul::detail {

/// What the system's monotonic clock says, in nanoseconds.
[[nodiscard]] inline std::int64_t steady_now() noexcept {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

/// The time from which deadlines are counted: never before std::chrono::steady_clock's and hardly
/// after it, and it never goes back. Reading the system's clock is most of what a timer costs; this
/// one goes on from where that was when the loop last looked at it, by the processor's own counter,
/// which takes a third of the time.
///
/// How fast the counter runs is measured all the time. Where there is none that the system itself
/// goes by, when it has jumped, or when too much time has passed, it is the system's clock that is
/// read.
class SIMUL_API quick_clock {
public:
    explicit quick_clock(bool has_counter = system_goes_by_counter()) noexcept
        : has_counter_(has_counter) {}

    [[nodiscard]] std::int64_t now() noexcept {
        std::int64_t time;
        const std::uint64_t passed = counter() - counter_;
        if (passed < trusted_) [[likely]] {
            time = time_ + static_cast<std::int64_t>(passed * rate_ >> rate_bits);
        } else {
            time = steady_now();
        }
        if (time > last_) last_ = time;
        return last_;
    }

    /// Reads the system's clock, for `now` to go on from there; gives its time.
    std::int64_t look() noexcept {
        const std::uint64_t seen = counter(); // first, so that the time is not before it
        const std::int64_t time = steady_now();
        go_on_from(seen, time);
        return time;
    }

    /// What `look` does with what it sees.
    void go_on_from(std::uint64_t counter, std::int64_t time) noexcept {
        counter_ = counter;
        // The processor may read its counter before what stands before it is done.
        time_ = time + slack;
        if (has_counter_ && time - measured_since_ >= shortest_measurement) [[unlikely]]
            measure(counter, time);
    }

    /// Whether it goes by the counter at the moment.
    [[nodiscard]] bool is_quick() const noexcept { return trusted_ != 0; }

private:
    static constexpr unsigned rate_bits = 20;
    static constexpr std::int64_t slack = 100;
    static constexpr std::int64_t longest_step = 1'000'000;
    static constexpr std::int64_t shortest_measurement = 5'000'000;

    static bool system_goes_by_counter() noexcept;
    static std::uint64_t counter() noexcept {
#if defined(__x86_64__)
        return __builtin_ia32_rdtsc();
#else
        return 0;
#endif
    }
    void measure(std::uint64_t counter, std::int64_t time) noexcept;

    std::uint64_t counter_ = 0; // at time_
    std::int64_t time_ = 0;
    std::uint64_t trusted_ = 0; // so far the counter may go on from there
    std::uint64_t rate_ = 0;    // nanoseconds for each of its steps, times 2^rate_bits; a bit more
    std::int64_t last_ = 0;
    std::uint64_t measured_from_ = 0;
    std::int64_t measured_since_ = 0;
    std::uint64_t measured_ = 0; // the last measurement of the rate, or 0
    bool has_counter_;
};

} // namespace simul::detail
