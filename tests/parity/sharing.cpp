// Queues, locks and signals: see scenarios.hpp.
#include "scenarios.hpp"

#include <simul/simul.hpp>

namespace simul_parity {
namespace {

task<> gets_as(std::string name, simul::queue<int>& from) {
    const int item = co_await from.get();
    log(name + " got " + std::to_string(item));
}

task<> queue_gives_out_first_in_first_out() {
    simul::queue<int> queue;
    std::vector<simul::join_handle<>> tasks;
    for (const std::string name : {"a", "b", "c"})
        tasks.push_back(simul::spawn(gets_as(name, queue)));
    co_await simul::sleep(1ms);
    for (int i = 0; i < 3; ++i) queue.try_put(i);
    co_await simul::gather(tasks);
}

task<> produces(simul::queue<int>& queue) {
    for (int i = 0; i < 5; ++i) {
        co_await queue.put(i);
        log("put " + std::to_string(i) + ", size " + std::to_string(queue.size()));
    }
}

task<> queue_with_a_bound() {
    simul::queue<int> queue(2);
    const auto producer = simul::spawn(produces(queue));
    co_await simul::sleep(1ms);
    for (int i = 0; i < 5; ++i) {
        const int item = co_await queue.get();
        log("got " + std::to_string(item));
        co_await simul::sleep(1ms);
    }
    co_await producer;
}

task<> queue_whose_getter_is_cancelled() {
    simul::queue<int> queue;
    std::vector<simul::join_handle<>> tasks;
    for (const std::string name : {"a", "b", "c"}) {
        tasks.push_back(simul::spawn(gets_as(name, queue)));
    }
    co_await simul::sleep(1ms);
    tasks[0].cancel();
    co_await simul::sleep(1ms);
    queue.try_put(1);
    queue.try_put(2);
    for (const auto& each : tasks) log(co_await ending_of(each));
}

task<> consumes(std::string name, simul::queue<int>& queue) {
    for (;;) {
        const int item = co_await queue.get();
        co_await simul::sleep(item * 1ms);
        log(name + " did " + std::to_string(item));
        queue.task_done();
    }
}

task<> queue_join() {
    simul::queue<int> queue;
    std::vector<simul::join_handle<>> workers;
    for (const std::string name : {"a", "b"})
        workers.push_back(simul::spawn(consumes(name, queue)));
    for (const int item : {3, 1, 5, 2}) co_await queue.put(item);
    co_await queue.join();
    log("all done");
    for (const auto& each : workers) each.cancel();
    for (const auto& each : workers) log(co_await ending_of(each));
}

task<> queue_task_done_too_often() {
    simul::queue<int> queue;
    co_await queue.put(1);
    (void)co_await queue.get();
    queue.task_done();
    try {
        queue.task_done();
    } catch (const std::logic_error&) {
        log("too often");
    }
}

template <class Queue>
task<> order_of() {
    Queue queue;
    for (const int i : {2, 3, 1}) queue.try_put(i);
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) order.push_back(co_await queue.get());
    log(in_brackets(order));
}

task<> queues_of_other_orders() {
    co_await order_of<simul::lifo_queue<int>>();
    co_await order_of<simul::priority_queue<int>>();
}

task<> locks_twice(std::string name, simul::mutex& mutex) {
    for (int i = 0; i < 2; ++i) {
        const auto lock = co_await mutex.lock();
        log(name + std::to_string(i));
        co_await simul::sleep(1ms);
    }
}

task<> lock_is_fair() {
    simul::mutex mutex;
    co_await simul::gather(locks_twice("a", mutex), locks_twice("b", mutex),
                           locks_twice("c", mutex));
}

task<> locks(std::string name, simul::mutex& mutex) {
    const auto lock = co_await mutex.lock();
    log(name + " holds it");
    co_await simul::sleep(10ms);
}

task<> lock_whose_waiter_is_cancelled() {
    simul::mutex mutex;
    std::vector<simul::join_handle<>> tasks;
    for (const std::string name : {"a", "b", "c"})
        tasks.push_back(simul::spawn(locks(name, mutex)));
    co_await simul::sleep(1ms);
    tasks[1].cancel();
    for (const auto& each : tasks) log(co_await ending_of(each));
}

task<> enters(std::string name, std::chrono::milliseconds time, simul::semaphore& semaphore) {
    const auto permit = co_await semaphore.acquire();
    log(name + " in");
    co_await simul::sleep(time);
    log(name + " out");
}

task<> semaphore_lets_two_in() {
    simul::semaphore semaphore(2);
    co_await simul::gather(enters("a", 5ms, semaphore), enters("b", 3ms, semaphore),
                           enters("c", 4ms, semaphore), enters("d", 7ms, semaphore));
}

task<> waits_for_event(std::string name, simul::event& event) {
    co_await event.wait();
    log(name + " woke");
}

task<> event_wakes_all() {
    simul::event event;
    std::vector<simul::join_handle<>> tasks;
    for (const std::string name : {"a", "b"}) {
        tasks.push_back(simul::spawn(waits_for_event(name, event)));
    }
    co_await simul::sleep(1ms);
    event.set();
    event.clear();
    log("set and cleared");
    co_await simul::gather(tasks);
    const auto late = simul::spawn(waits_for_event("late", event));
    co_await simul::sleep(1ms);
    log(!late.done() ? "still waiting" : "went through");
    event.set();
    co_await late;
}

task<> is_notified(std::string name, simul::mutex& mutex, simul::condition& condition) {
    auto lock = co_await mutex.lock();
    co_await condition.wait(lock);
    log(name + " notified");
}

task<> condition_notifies_in_order() {
    simul::mutex mutex;
    simul::condition condition;
    std::vector<simul::join_handle<>> tasks;
    for (const std::string name : {"a", "b", "c", "d"}) {
        tasks.push_back(simul::spawn(is_notified(name, mutex, condition)));
    }
    co_await simul::sleep(1ms);
    {
        const auto lock = co_await mutex.lock();
        condition.notify_one();
    }
    co_await simul::sleep(1ms);
    log("one");
    {
        const auto lock = co_await mutex.lock();
        condition.notify(2);
    }
    co_await simul::sleep(1ms);
    log("two more");
    {
        const auto lock = co_await mutex.lock();
        condition.notify_all();
    }
    co_await simul::gather(tasks);
}

task<> waits_for_level(std::string name, int wanted, const int& level, simul::mutex& mutex,
                       simul::condition& condition) {
    auto lock = co_await mutex.lock();
    co_await condition.wait(lock, [&] { return level >= wanted; });
    log(name + " sees " + std::to_string(level));
}

task<> condition_with_a_predicate() {
    simul::mutex mutex;
    simul::condition condition;
    int level = 0;
    const auto a = simul::spawn(waits_for_level("a", 2, level, mutex, condition));
    const auto b = simul::spawn(waits_for_level("b", 1, level, mutex, condition));
    for (int i = 0; i < 2; ++i) {
        co_await simul::sleep(1ms);
        const auto lock = co_await mutex.lock();
        ++level;
        condition.notify_all();
    }
    co_await simul::gather(a, b);
}

task<> waits_with_the_lock(simul::mutex& mutex, simul::condition& condition) {
    struct farewell {
        const simul::mutex& mutex;
        ~farewell() { log(std::string("has the lock: ") + (mutex.is_locked() ? "True" : "False")); }
    };
    auto lock = co_await mutex.lock();
    const farewell at_end{mutex};
    co_await condition.wait(lock);
}

task<> condition_whose_waiter_is_cancelled() {
    simul::mutex mutex;
    simul::condition condition;
    const auto waiting = simul::spawn(waits_with_the_lock(mutex, condition));
    co_await simul::sleep(1ms);
    {
        const auto lock = co_await mutex.lock();
        waiting.cancel();
        co_await simul::sleep(1ms);
        log("the lock goes");
    }
    log(co_await ending_of(waiting));
}

task<> meets(std::string name, std::chrono::milliseconds time, simul::barrier& barrier) {
    for (int i = 0; i < 2; ++i) {
        co_await simul::sleep(time);
        log(name + " arrives");
        const std::size_t place = co_await barrier.arrive_and_wait();
        log(name + " passes as " + std::to_string(place));
    }
}

task<> barrier_of_three() {
    simul::barrier barrier(3);
    co_await simul::gather(meets("a", 1ms, barrier), meets("b", 3ms, barrier),
                           meets("c", 2ms, barrier));
}

} // namespace

std::span<const scenario> sharing_scenarios() {
    static constexpr scenario all[] = {
        SIMUL_SCENARIO(queue_gives_out_first_in_first_out),
        SIMUL_SCENARIO(queue_with_a_bound),
        SIMUL_SCENARIO(queue_whose_getter_is_cancelled),
        SIMUL_SCENARIO(queue_join),
        SIMUL_SCENARIO(queue_task_done_too_often),
        SIMUL_SCENARIO(queues_of_other_orders),
        SIMUL_SCENARIO(lock_is_fair),
        SIMUL_SCENARIO(lock_whose_waiter_is_cancelled),
        SIMUL_SCENARIO(semaphore_lets_two_in),
        SIMUL_SCENARIO(event_wakes_all),
        SIMUL_SCENARIO(condition_notifies_in_order),
        SIMUL_SCENARIO(condition_with_a_predicate),
        SIMUL_SCENARIO(condition_whose_waiter_is_cancelled),
        SIMUL_SCENARIO(barrier_of_three),
    };
    return all;
}

} // namespace simul_parity
