#include <simul/loop/detail/quick_clock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <thread>

namespace {

using simul::detail::quick_clock;

std::int64_t steady() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

TEST(quick_clock, is_never_before_the_steady_clock_and_never_goes_back) {
    quick_clock clock;
    std::int64_t last = 0;
    int early = 0;
    int backwards = 0;
    const std::int64_t end = steady() + 50'000'000;
    for (int i = 0; steady() < end; ++i) {
        if (i % 100 == 0) clock.look();
        const std::int64_t real = steady();
        const std::int64_t quick = clock.now();
        early += quick < real;
        backwards += quick < last;
        last = quick;
    }
    EXPECT_EQ(early, 0);
    EXPECT_EQ(backwards, 0);
}

TEST(quick_clock, reads_the_steady_clock_when_it_has_not_looked_at_it_for_long) {
    quick_clock clock;
    for (int i = 0; i < 5; ++i) {
        clock.look();
        std::this_thread::sleep_for(std::chrono::milliseconds(6));
    }
    const std::int64_t before = steady();
    const std::int64_t quick = clock.now();
    EXPECT_GE(quick, before);
    EXPECT_LE(quick, steady());
}

// Three ticks take a nanosecond.
constexpr std::uint64_t ticks = 3;
constexpr std::int64_t window = 10'000'000;

TEST(quick_clock, goes_by_the_counter_when_two_measurements_in_a_row_agree) {
    quick_clock clock(true);
    std::uint64_t counter = 1'000'000;
    std::int64_t time = 7'000'000'000;
    const auto passes = [&](std::int64_t nanoseconds, std::uint64_t counts) {
        time += nanoseconds;
        counter += counts;
        clock.go_on_from(counter, time);
    };
    EXPECT_FALSE(clock.is_quick());
    passes(window, window * ticks); // of which the beginning is not known
    passes(window, window * ticks);
    EXPECT_FALSE(clock.is_quick());
    passes(window, window * ticks);
    EXPECT_TRUE(clock.is_quick());
    passes(window / 100, window * ticks); // too short to say anything
    EXPECT_TRUE(clock.is_quick());
    passes(window, 0);
    EXPECT_FALSE(clock.is_quick()) << "that measurement was another";
    passes(window, window * ticks);
    EXPECT_FALSE(clock.is_quick());
    passes(window, window * ticks);
    EXPECT_TRUE(clock.is_quick());
    passes(window * 1000, window * 1000 * ticks);
    EXPECT_FALSE(clock.is_quick()) << "much may have happened in so long a time";
}

TEST(quick_clock, does_without_a_counter_that_the_system_does_not_go_by) {
    quick_clock clock(false);
    std::uint64_t counter = 0;
    for (std::int64_t time = 1; time < 10 * window; time += window) {
        clock.go_on_from(counter += window * ticks, time);
    }
    EXPECT_FALSE(clock.is_quick());
    const std::int64_t before = steady();
    const std::int64_t quick = clock.now();
    EXPECT_GE(quick, before);
    EXPECT_LE(quick, steady());
}

} // namespace
