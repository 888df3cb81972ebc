// Turns and tasks: see scenarios.hpp.
#include "scenarios.hpp"

#include <simul/simul.hpp>

namespace simul_parity {
namespace {

task<> three_yields(std::string name) {
    for (int i = 0; i < 3; ++i) {
        log(name + std::to_string(i));
        co_await simul::yield();
    }
}

task<> yields_interleave() {
    co_await simul::gather(three_yields("a"), three_yields("b"), three_yields("c"));
}

task<> a_spawned_task_begins_in_the_next_turn() {
    const auto child = simul::spawn(sleeper("child", 1ms, 7));
    log("spawned");
    co_await simul::yield();
    log("a turn later");
    const int value = co_await child;
    log(value);
}

task<> begins_and_ends(std::string name) {
    log(name + " begins");
    co_await simul::yield();
    log(name + " ends");
}

task<> spawned_tasks_take_turns_with_their_spawner() {
    std::vector<simul::join_handle<>> tasks;
    for (const std::string name : {"a", "b", "c"}) {
        tasks.push_back(simul::spawn(begins_and_ends(name)));
        log("spawned " + name);
        co_await simul::yield();
    }
    for (const auto& each : tasks) co_await each;
}

task<int> seven() { co_return 7; }

task<> other_begins() {
    log("other begins");
    co_return;
}

task<> what_has_ended_is_awaited_without_a_turn() {
    const auto child = simul::spawn(seven());
    co_await simul::yield();
    co_await simul::yield();
    const auto rival = simul::spawn(other_begins());
    for (int i = 0; i < 2; ++i) {
        const int value = co_await child;
        log(value);
    }
    log("and only then the other");
    co_await rival;
}

task<> tasks_left_over_are_cancelled_at_the_end() {
    (void)simul::spawn(sleeper("left over", 1s));
    co_await simul::sleep(1ms);
    log("main ends");
}

task<> sleeps_end_in_the_order_of_their_deadlines() {
    co_await simul::gather(sleeper("c", 3ms), sleeper("a", 1ms), sleeper("b", 2ms));
}

} // namespace

std::span<const scenario> turns_scenarios() {
    static constexpr scenario all[] = {
        SIMUL_SCENARIO(yields_interleave),
        SIMUL_SCENARIO(a_spawned_task_begins_in_the_next_turn),
        SIMUL_SCENARIO(spawned_tasks_take_turns_with_their_spawner),
        SIMUL_SCENARIO(what_has_ended_is_awaited_without_a_turn),
        SIMUL_SCENARIO(tasks_left_over_are_cancelled_at_the_end),
        SIMUL_SCENARIO(sleeps_end_in_the_order_of_their_deadlines),
    };
    return all;
}

} // namespace simul_parity
