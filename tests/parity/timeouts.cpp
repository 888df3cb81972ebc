// Timeouts: see scenarios.hpp.
#include "scenarios.hpp"

#include <simul/simul.hpp>

namespace simul_parity {
namespace {

task<> timeout_in_time() {
    const int value = co_await simul::timeout(10ms, sleeper("work", 1ms, 3));
    log(value);
}

task<> sleeps_long_and_cleans_up() {
    const at_the_end clean_up{"clean-up"};
    co_await simul::sleep(20ms);
}

task<> timeout_that_expires() {
    log(co_await ending_of(simul::timeout(10ms, sleeps_long_and_cleans_up())));
}

task<> timeout_of_nothing() { log(co_await ending_of(simul::timeout(0ms, sleeper("work", 1ms)))); }

task<> limited_twice(std::chrono::milliseconds limit) {
    log("inner: " + co_await ending_of_but_cancel(simul::timeout(limit, sleeper("work", 30ms))));
}

task<> timeouts_nested_the_outer_first() {
    log("outer: " + co_await ending_of(simul::timeout(10ms, limited_twice(20ms))));
}

task<> timeouts_nested_the_inner_first() {
    log("outer: " + co_await ending_of(simul::timeout(20ms, limited_twice(10ms))));
}

task<> limited() { co_await simul::timeout(10ms, sleeper("work", 20ms)); }

task<> timeout_and_a_cancel_from_outside() {
    const auto working = simul::spawn(limited());
    co_await simul::sleep(1ms);
    working.cancel();
    log(co_await ending_of(working));
}

task<int> gives_nine_nevertheless() {
    try {
        co_await simul::sleep(20ms);
    } catch (const simul::cancelled&) {
        log("caught");
    }
    co_return 9;
}

task<> timeout_and_work_that_comes_to_a_value_nevertheless() {
    log(co_await ending_of(simul::timeout(10ms, gives_nine_nevertheless())));
}

task<> fails_in_its_clean_up() {
    try {
        co_await simul::sleep(20ms);
    } catch (const simul::cancelled&) {
        throw std::runtime_error("clean-up failed");
    }
}

task<> timeout_whose_clean_up_fails() {
    log(co_await ending_of(simul::timeout(10ms, fails_in_its_clean_up())));
}

} // namespace

std::span<const scenario> timeouts_scenarios() {
    static constexpr scenario all[] = {
        SIMUL_SCENARIO(timeout_in_time),
        SIMUL_SCENARIO(timeout_that_expires),
        SIMUL_SCENARIO(timeout_of_nothing),
        SIMUL_SCENARIO(timeouts_nested_the_outer_first),
        SIMUL_SCENARIO(timeouts_nested_the_inner_first),
        SIMUL_SCENARIO(timeout_and_a_cancel_from_outside),
        SIMUL_SCENARIO(timeout_and_work_that_comes_to_a_value_nevertheless),
        SIMUL_SCENARIO(timeout_whose_clean_up_fails),
    };
    return all;
}

} // namespace simul_parity
