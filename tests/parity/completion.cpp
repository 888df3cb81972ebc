// Several tasks as they end, and groups of them: see scenarios.hpp.
#include "scenarios.hpp"

#include <simul/simul.hpp>

namespace simul_parity {
namespace {

task<int> value_after(std::chrono::milliseconds time, int value) {
    co_await simul::sleep(time);
    co_return value;
}

task<> as_completed_yields_in_the_order_of_completion() {
    auto done = simul::as_completed(value_after(3ms, 1), value_after(1ms, 2), value_after(2ms, 3));
    while (auto item = co_await done.next()) log(item->result.value());
}

task<> as_completed_with_a_failure() {
    auto done = simul::as_completed(value_after(3ms, 1), failing("b", 1ms));
    while (auto item = co_await done.next()) log(in_words(item->result));
}

std::string sizes_of(const simul::wait_result<int>& sorted) {
    return std::to_string(sorted.finished.size()) + " finished, " +
           std::to_string(sorted.pending.size()) + " pending";
}

task<> wait_for_the_first() {
    const std::vector<simul::join_handle<int>> tasks{simul::spawn(sleeper("a", 3ms)),
                                                     simul::spawn(sleeper("b", 1ms)),
                                                     simul::spawn(sleeper("c", 2ms))};
    const auto sorted = co_await simul::wait(tasks, simul::wait_until::first_completed);
    log(sizes_of(sorted));
    co_await simul::wait(sorted.pending);
}

task<> wait_for_a_failure() {
    const std::vector<simul::join_handle<int>> tasks{simul::spawn(sleeper("a", 3ms)),
                                                     simul::spawn(sleeper("b", 1ms)),
                                                     simul::spawn(failing("c", 2ms))};
    const auto sorted = co_await simul::wait(tasks, simul::wait_until::first_failed);
    log(sizes_of(sorted));
    log(co_await ending_of(tasks[2]));
    co_await simul::wait(sorted.pending);
}

task<> waits_for_a_failure(const std::vector<simul::join_handle<int>>& tasks) {
    log(sizes_of(co_await simul::wait(tasks, simul::wait_until::first_failed)));
}

task<> wait_for_a_failure_while_one_is_cancelled() {
    const std::vector<simul::join_handle<int>> tasks{simul::spawn(sleeper("a", 3ms)),
                                                     simul::spawn(sleeper("b", 2ms))};
    const auto waiting = simul::spawn(waits_for_a_failure(tasks));
    co_await simul::sleep(1ms);
    tasks[1].cancel();
    co_await waiting;
    co_await simul::wait(tasks);
}

task<> wait_for_all() {
    const std::vector<simul::join_handle<int>> tasks{simul::spawn(sleeper("a", 3ms)),
                                                     simul::spawn(failing("b", 1ms))};
    const auto sorted = co_await simul::wait(tasks);
    log(sizes_of(sorted));
    log(co_await ending_of(tasks[1]));
}

task<> task_group_waits_for_its_children() {
    co_await simul::with_task_group([](simul::task_group& group) -> task<> {
        group.spawn(sleeper("a", 2ms));
        group.spawn(sleeper("b", 1ms));
        log("body ends");
        co_return;
    });
    log("group ends");
}

task<> grouped_with_a_failure() {
    co_await simul::with_task_group([](simul::task_group& group) -> task<> {
        group.spawn(sleeper("a", 10ms));
        group.spawn(failing("b", 1ms));
        const at_the_end body{"body is cancelled"};
        co_await simul::sleep(20ms);
    });
}

task<> task_group_with_a_failure() { log(co_await ending_of(grouped_with_a_failure())); }

task<> task_group_with_a_failure_cancels_its_tasks_before_its_body() {
    const std::string how = co_await ending_of(grouped_with_a_failure());
    log(how == "b failed" ? "failed" : how);
}

task<> grouped_for_long_with_a_body() {
    co_await simul::with_task_group([](simul::task_group& group) -> task<> {
        group.spawn(sleeper("a", 10ms));
        const at_the_end body{"body is cancelled"};
        co_await simul::sleep(20ms);
    });
}

task<> task_group_that_is_cancelled_in_its_body() {
    const auto grouping = simul::spawn(grouped_for_long_with_a_body());
    co_await simul::sleep(1ms);
    grouping.cancel();
    log(co_await ending_of(grouping));
}

task<> grouped_with_a_failing_body() {
    co_await simul::with_task_group([](simul::task_group& group) -> task<> {
        group.spawn(sleeper("a", 10ms));
        co_await simul::sleep(1ms);
        log("body fails");
        throw std::runtime_error("body failed");
    });
}

task<> task_group_whose_body_fails() { log(co_await ending_of(grouped_with_a_failing_body())); }

task<> grouped_for_long() {
    co_await simul::with_task_group([](simul::task_group& group) -> task<> {
        group.spawn(sleeper("a", 10ms));
        co_return;
    });
    log("this is not reached");
}

task<> task_group_that_is_cancelled() {
    const auto grouping = simul::spawn(grouped_for_long());
    co_await simul::sleep(1ms);
    grouping.cancel();
    log(co_await ending_of(grouping));
}

task<> adds_a_child(simul::task_group& group) {
    co_await sleeper("parent", 1ms);
    group.spawn(sleeper("child", 1ms));
}

task<> task_group_that_grows_while_it_closes() {
    co_await simul::with_task_group([](simul::task_group& group) -> task<> {
        group.spawn(adds_a_child(group));
        co_return;
    });
    log("group ends");
}

task<> gives_up() {
    log("gives up");
    throw simul::cancelled{};
    co_return;
}

task<> task_group_whose_child_cancels_itself() {
    co_await simul::with_task_group([](simul::task_group& group) -> task<> {
        group.spawn(gives_up());
        group.spawn(sleeper("a", 1ms));
        co_return;
    });
    log("group ends");
}

} // namespace

std::span<const scenario> completion_scenarios() {
    static constexpr scenario all[] = {
        SIMUL_SCENARIO(as_completed_yields_in_the_order_of_completion),
        SIMUL_SCENARIO(as_completed_with_a_failure),
        SIMUL_SCENARIO(wait_for_the_first),
        SIMUL_SCENARIO(wait_for_a_failure),
        SIMUL_SCENARIO(wait_for_a_failure_while_one_is_cancelled),
        SIMUL_SCENARIO(wait_for_all),
        SIMUL_SCENARIO(task_group_waits_for_its_children),
        SIMUL_SCENARIO(task_group_with_a_failure),
        SIMUL_SCENARIO(task_group_with_a_failure_cancels_its_tasks_before_its_body),
        SIMUL_SCENARIO(task_group_whose_body_fails),
        SIMUL_SCENARIO(task_group_that_is_cancelled_in_its_body),
        SIMUL_SCENARIO(task_group_that_is_cancelled),
        SIMUL_SCENARIO(task_group_that_grows_while_it_closes),
        SIMUL_SCENARIO(task_group_whose_child_cancels_itself),
    };
    return all;
}

} // namespace simul_parity
