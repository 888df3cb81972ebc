#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/detail/timing_wheel.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using simul::detail::timing_wheel;

// A timer that notes its number when it expires.
class noted final : public simul::detail::timed_operation {
public:
    noted(std::vector<int>& expired, int number, std::int64_t at)
        : expired_(&expired), number_(number) {
        deadline = at;
    }
    void expired() noexcept override { expired_->push_back(number_); }
    void cancel() noexcept override {}
    void describe(std::string&) const override {}

private:
    std::vector<int>* expired_;
    int number_;
};

constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();

TEST(timing_wheel, expires_equal_deadlines_first_in_first_out) {
    for (const std::int64_t now : {std::int64_t{0}, std::int64_t{1} << 40}) {
        timing_wheel wheel(now);
        std::vector<int> expired;
        std::vector<std::unique_ptr<noted>> timers;
        for (int i = 0; i < 300; ++i) {
            timers.push_back(std::make_unique<noted>(expired, i, now + 1'000'000'000));
            wheel.insert(*timers.back());
        }
        EXPECT_FALSE(wheel.expire(now + 999'999'999));
        EXPECT_TRUE(expired.empty());
        EXPECT_TRUE(wheel.expire(now + 1'000'000'000));
        EXPECT_EQ(expired.size(), 300U);
        EXPECT_TRUE(std::is_sorted(expired.begin(), expired.end()));
        EXPECT_TRUE(wheel.empty());
    }
}

TEST(timing_wheel, orders_deadlines_within_one_tick) {
    timing_wheel wheel(0);
    std::vector<int> expired;
    std::vector<std::unique_ptr<noted>> timers;
    for (int i = 0; i < 1000; ++i) {
        const int at = (i * 617) % 1000;
        timers.push_back(std::make_unique<noted>(expired, at, 5'000'000 + at));
        wheel.insert(*timers.back());
    }
    wheel.expire(5'000'499);
    EXPECT_EQ(expired.size(), 500U);
    // Later arrivals in the tick that has begun.
    noted early(expired, 550, 5'000'550);
    wheel.insert(early);
    noted overdue(expired, 1, 1);
    wheel.insert(overdue);
    EXPECT_EQ(wheel.next_wake(), 1);
    wheel.expire(5'000'500);
    EXPECT_EQ(expired[500], 1);
    expired.erase(expired.begin() + 500);
    wheel.expire(6'000'000);
    EXPECT_TRUE(std::is_sorted(expired.begin(), expired.end()));
    EXPECT_EQ(expired.size(), 1001U);
}

TEST(timing_wheel, holds_the_farthest_deadlines_and_those_before_time_began) {
    timing_wheel wheel(1'000);
    std::vector<int> expired;
    noted farthest(expired, 4, last);
    noted far(expired, 3, last - 1);
    noted negative(expired, 1, -5);
    noted zero(expired, 2, 0);
    wheel.insert(farthest);
    wheel.insert(far);
    wheel.insert(zero);
    wheel.insert(negative);
    EXPECT_EQ(wheel.next_wake(), -5);
    wheel.expire(1'000);
    EXPECT_EQ(expired, (std::vector<int>{1, 2}));
    EXPECT_LE(wheel.next_wake(), last - 1);
    wheel.expire(last - 2);
    EXPECT_EQ(expired.size(), 2U);
    EXPECT_EQ(wheel.next_wake(), last - 1);
    wheel.expire(last);
    EXPECT_EQ(expired, (std::vector<int>{1, 2, 3, 4}));
    noted after_the_end(expired, 5, last);
    wheel.insert(after_the_end);
    wheel.expire(last);
    EXPECT_EQ(expired.back(), 5);
}

TEST(timing_wheel, lets_go_of_what_is_erased_and_erasing_twice_does_nothing) {
    timing_wheel wheel(0);
    std::vector<int> expired;
    noted only(expired, 1, 1'000'000);
    wheel.erase(only);
    wheel.insert(only);
    wheel.erase(only);
    wheel.erase(only);
    EXPECT_TRUE(wheel.empty());
    noted later(expired, 2, 2'000'000);
    wheel.insert(later);
    EXPECT_EQ(wheel.next_wake(), 2'000'000);
    wheel.expire(3'000'000);
    EXPECT_EQ(expired, (std::vector<int>{2}));
}

TEST(timing_wheel, dates_what_has_no_deadline_from_the_time_that_it_is_told) {
    timing_wheel wheel(0);
    std::vector<int> expired;
    noted first(expired, 1, -1'000'000);
    noted erased(expired, 2, -1'000'000);
    noted second(expired, 3, -1'000'000);
    noted farthest(expired, 4, -last);
    noted sooner(expired, 5, 1'500'000);
    for (noted* each : {&first, &erased, &second, &farthest}) wheel.insert_undated(*each);
    EXPECT_TRUE(wheel.has_undated());
    EXPECT_FALSE(wheel.empty());
    EXPECT_EQ(first.left_at(77), 1'000'000) << "at any time";
    wheel.erase(erased);
    EXPECT_FALSE(wheel.expire(10'000)) << "they have no deadline";

    wheel.date(600'000);
    EXPECT_FALSE(wheel.has_undated());
    EXPECT_EQ(first.left_at(700'000), 900'000);
    EXPECT_EQ(farthest.deadline, last);
    wheel.insert(sooner);
    EXPECT_EQ(wheel.next_wake(), 1'500'000);
    EXPECT_TRUE(wheel.expire(1'599'999));
    EXPECT_EQ(expired, (std::vector<int>{5}));
    EXPECT_TRUE(wheel.expire(1'600'000));
    EXPECT_EQ(expired, (std::vector<int>{5, 1, 3}));
    wheel.erase(farthest);
    EXPECT_TRUE(wheel.empty());

    wheel.date(2'000'000); // nothing
    noted only(expired, 6, -1);
    wheel.insert_undated(only);
    wheel.erase(only);
    EXPECT_TRUE(wheel.empty());
    EXPECT_FALSE(wheel.has_undated());
}

TEST(timing_wheel, takes_many_deadlines_within_one_tick_in_any_order) {
    timing_wheel wheel(0);
    std::mt19937 random(1);
    std::vector<int> expired;
    std::vector<std::unique_ptr<noted>> timers;
    for (int i = 0; i < 100'000; ++i) {
        const int at = 1 + static_cast<int>(random() % 60'000);
        timers.push_back(std::make_unique<noted>(expired, at, at));
        wheel.insert(*timers.back());
    }
    while (!wheel.empty()) wheel.expire(wheel.next_wake());
    EXPECT_EQ(expired.size(), 100'000U);
    EXPECT_TRUE(std::is_sorted(expired.begin(), expired.end()));
}

// The wheel against a sorted map: what expires, in which order, and when it wants to be woken.
void compare_with_a_map(std::uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
    // Of all magnitudes, and with many equal ones.
    const auto distance = [&] {
        const auto d = static_cast<std::int64_t>(random() >> (2 + below(62)));
        return below(3) == 0 ? d & ~std::int64_t{0xffff} : d;
    };

    std::int64_t now = distance() / 4;
    timing_wheel wheel(now);
    std::vector<int> expired;
    std::vector<std::unique_ptr<noted>> timers;
    std::multimap<std::int64_t, int> expected;
    for (int step = 0; step < 3000; ++step) {
        switch (below(6)) {
        case 0:
        case 1:
        case 2: {
            std::int64_t at = 0;
            if (below(4) == 0 && !expected.empty()) {
                at = expected.begin()->first;
            } else {
                const std::int64_t d = distance();
                at = d > last - now ? last : now + d;
            }
            if (below(50) == 0) at = now - 10;
            const int number = static_cast<int>(timers.size());
            timers.push_back(std::make_unique<noted>(expired, number, at));
            wheel.insert(*timers.back());
            expected.emplace(at, number);
            break;
        }
        case 3:
            if (!expected.empty()) {
                auto victim = expected.begin();
                const auto most = std::min<std::size_t>(expected.size(), 50);
                std::advance(victim, below(most));
                wheel.erase(*timers[static_cast<std::size_t>(victim->second)]);
                expected.erase(victim);
            }
            break;
        default: {
            ASSERT_EQ(wheel.empty(), expected.empty());
            if (expected.empty()) break;
            ASSERT_LE(wheel.next_wake(), expected.begin()->first);
            const std::int64_t d = distance() / 64;
            const std::int64_t jump = d > last - now ? last : now + d;
            now = below(3) == 0 ? std::max(now, wheel.next_wake()) : jump;
            std::vector<int> due;
            while (!expected.empty() && expected.begin()->first <= now) {
                due.push_back(expected.begin()->second);
                expected.erase(expected.begin());
            }
            expired.clear();
            ASSERT_EQ(wheel.expire(now), !due.empty());
            ASSERT_EQ(expired, due);
        }
        }
    }
    // To the end, from wake to wake: each must bring it nearer.
    int wakes = 0;
    while (!expected.empty()) {
        ASSERT_LT(++wakes, 100'000);
        ASSERT_LE(wheel.next_wake(), expected.begin()->first);
        now = std::max(now, wheel.next_wake());
        std::vector<int> due;
        while (!expected.empty() && expected.begin()->first <= now) {
            due.push_back(expected.begin()->second);
            expected.erase(expected.begin());
        }
        expired.clear();
        wheel.expire(now);
        ASSERT_EQ(expired, due);
    }
    ASSERT_TRUE(wheel.empty());
}

TEST(timing_wheel, does_what_a_sorted_map_does) {
    for (std::uint64_t seed = 0; seed < 200 && !HasFatalFailure(); ++seed) compare_with_a_map(seed);
}

} // namespace
