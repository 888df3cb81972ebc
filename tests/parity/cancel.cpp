// Cancels and shields: see scenarios.hpp.
#include "scenarios.hpp"

#include <simul/simul.hpp>

namespace simul_parity {
namespace {

task<> works_and_cleans_up() {
    const at_the_end clean_up{"clean-up"};
    co_await sleeper("inner", 10ms);
}

task<> a_cancel_arrives_where_the_task_waits() {
    const auto working = simul::spawn(works_and_cleans_up());
    co_await simul::sleep(1ms);
    working.cancel();
    log("cancel requested");
    log(co_await ending_of(working));
}

task<> waits_for(simul::join_handle<int> awaited) { co_await awaited; }

task<> a_cancel_of_a_waiting_task_leaves_what_it_awaits() {
    const auto awaited = simul::spawn(sleeper("awaited", 10ms, 5));
    const auto waiting = simul::spawn(waits_for(awaited));
    co_await simul::sleep(1ms);
    waiting.cancel();
    log(co_await ending_of(waiting));
    const int value = co_await awaited;
    log(value);
}

task<> a_cancel_before_the_first_step() {
    const auto child = simul::spawn(sleeper("child", 1ms));
    child.cancel();
    log(co_await ending_of(child));
}

task<> sleeps(std::chrono::milliseconds time) { co_await simul::sleep(time); }

task<> catches_a_cancel() {
    try {
        co_await simul::sleep(10ms);
    } catch (const simul::cancelled&) {
        log("caught");
    }
    log("waits again: " + co_await ending_of(sleeps(1ms)));
}

task<> a_cancel_that_is_caught() {
    const auto stubborn = simul::spawn(catches_a_cancel());
    co_await simul::sleep(1ms);
    stubborn.cancel();
    const std::vector<simul::join_handle<>> one{stubborn};
    co_await simul::wait(one);
}

task<> gets_one(simul::queue<int>& from) {
    const int item = co_await from.get();
    log("got " + std::to_string(item));
}

task<> a_cancel_after_the_item_was_handed_over() {
    simul::queue<int> queue;
    const auto getting = simul::spawn(gets_one(queue));
    co_await simul::sleep(1ms);
    queue.try_put(1);
    getting.cancel();
    log(co_await ending_of(getting));
    log(std::to_string(queue.size()) + " left");
}

task<> sleeps_and_cleans_up() {
    const at_the_end clean_up{"clean-up"};
    co_await simul::sleep(10ms);
}

task<> a_cancel_of_a_cancelled_task() {
    const auto sleeping = simul::spawn(sleeps_and_cleans_up());
    co_await simul::sleep(1ms);
    sleeping.cancel();
    log(co_await ending_of(sleeping));
    sleeping.cancel();
    log(co_await ending_of(sleeping));
}

task<> shields() { co_await simul::shield(sleeper("shielded", 10ms)); }

task<> shield_under_a_cancel() {
    const auto shielding = simul::spawn(shields());
    co_await simul::sleep(1ms);
    shielding.cancel();
    log(co_await ending_of(shielding));
    co_await simul::sleep(20ms);
    log("much later");
}

task<> shield_without_a_cancel() {
    const int value = co_await simul::shield(sleeper("shielded", 1ms, 4));
    log(value);
}

} // namespace

std::span<const scenario> cancel_scenarios() {
    static constexpr scenario all[] = {
        SIMUL_SCENARIO(a_cancel_arrives_where_the_task_waits),
        SIMUL_SCENARIO(a_cancel_of_a_waiting_task_leaves_what_it_awaits),
        SIMUL_SCENARIO(a_cancel_before_the_first_step),
        SIMUL_SCENARIO(a_cancel_that_is_caught),
        SIMUL_SCENARIO(a_cancel_after_the_item_was_handed_over),
        SIMUL_SCENARIO(a_cancel_of_a_cancelled_task),
        SIMUL_SCENARIO(shield_under_a_cancel),
        SIMUL_SCENARIO(shield_without_a_cancel),
    };
    return all;
}

} // namespace simul_parity
