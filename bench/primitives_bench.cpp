// What tasks that share something pay for it: queues, locks, and calls in other threads.
#include <simul/simul.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace {

// Runs `body(state)` as the main task of a loop.
template <class Body>
void in_a_loop(benchmark::State& state, Body body) {
    simul::run(body(state));
}

template <class Queue>
simul::task<> produce(Queue& to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) co_await to.put(static_cast<int>(i));
    to.close();
}

// One producer, one consumer; an item is one iteration.
template <class Queue>
simul::task<> consume(benchmark::State& state, Queue& from) {
    std::int64_t sum = 0;
    auto producer = simul::spawn(produce(from, static_cast<std::int64_t>(state.max_iterations)));
    for (auto _ : state) {
        const int item = co_await from.get();
        sum += item;
    }
    benchmark::DoNotOptimize(sum);
    co_await producer;
    state.SetItemsProcessed(state.iterations());
}

void queue_of_100(benchmark::State& state) {
    simul::queue<int> q(100);
    in_a_loop(state, [&](benchmark::State& s) { return consume(s, q); });
}
BENCHMARK(queue_of_100);

void queue_of_1(benchmark::State& state) {
    simul::queue<int> q(1);
    in_a_loop(state, [&](benchmark::State& s) { return consume(s, q); });
}
BENCHMARK(queue_of_1);

void priority_queue_of_100(benchmark::State& state) {
    simul::priority_queue<int> q(100);
    in_a_loop(state, [&](benchmark::State& s) { return consume(s, q); });
}
BENCHMARK(priority_queue_of_100);

simul::task<> by_next(benchmark::State& state, simul::queue<int>& from) {
    std::int64_t sum = 0;
    auto producer = simul::spawn(produce(from, static_cast<std::int64_t>(state.max_iterations)));
    for (auto _ : state) {
        const auto item = co_await from.next();
        sum += *item;
    }
    benchmark::DoNotOptimize(sum);
    co_await producer;
    state.SetItemsProcessed(state.iterations());
}
void queue_of_100_by_next(benchmark::State& state) {
    simul::queue<int> q(100);
    in_a_loop(state, [&](benchmark::State& s) { return by_next(s, q); });
}
BENCHMARK(queue_of_100_by_next);

// A free lock, next to a std::mutex that nobody wants either.
simul::task<> locks(benchmark::State& state) {
    simul::mutex m;
    for (auto _ : state) {
        const auto lock = co_await m.lock();
        benchmark::DoNotOptimize(&m);
    }
}
void mutex_uncontended(benchmark::State& state) { in_a_loop(state, locks); }
BENCHMARK(mutex_uncontended);

void std_mutex_uncontended(benchmark::State& state) {
    std::mutex m;
    for (auto _ : state) {
        const std::lock_guard lock(m);
        benchmark::DoNotOptimize(&m);
    }
}
BENCHMARK(std_mutex_uncontended);

// Every unlock hands the lock to another task, which takes its turn and stands in line again.
simul::task<> contend(simul::mutex& m, std::int64_t times) {
    for (std::int64_t i = 0; i < times; ++i) {
        auto lock = co_await m.lock();
        co_await simul::yield();
    }
}
simul::task<> contends(benchmark::State& state) {
    simul::mutex m;
    auto other = simul::spawn(contend(m, static_cast<std::int64_t>(state.max_iterations)));
    for (auto _ : state) {
        auto lock = co_await m.lock();
        co_await simul::yield();
    }
    co_await other;
}
void mutex_two_hand_overs_and_yields(benchmark::State& state) { in_a_loop(state, contends); }
BENCHMARK(mutex_two_hand_overs_and_yields);

// The lock goes round among tasks that never let it go free.
simul::task<> pass_on(simul::mutex& m, std::int64_t times) {
    for (std::int64_t i = 0; i < times; ++i) (void)co_await m.lock();
}
simul::task<> passes(benchmark::State& state) {
    simul::mutex m;
    const auto tasks = state.range(0);
    constexpr std::int64_t rounds = 1000;
    for (auto _ : state) {
        std::vector<simul::join_handle<>> members;
        {
            auto lock = co_await m.lock();
            for (std::int64_t i = 0; i < tasks; ++i)
                members.push_back(simul::spawn(pass_on(m, rounds)));
            co_await simul::yield();
            co_await simul::yield();
        }
        for (auto& member : members) co_await member;
    }
    state.SetItemsProcessed(state.iterations() * tasks * rounds);
}
void mutex_hand_over(benchmark::State& state) { in_a_loop(state, passes); }
BENCHMARK(mutex_hand_over)->Arg(2)->Arg(10);

simul::task<> acquires(benchmark::State& state) {
    simul::semaphore s(10);
    for (auto _ : state) {
        const auto permit = co_await s.acquire();
        benchmark::DoNotOptimize(&s);
    }
}
void semaphore_uncontended(benchmark::State& state) { in_a_loop(state, acquires); }
BENCHMARK(semaphore_uncontended);

// Two tasks meet; an iteration is a round.
simul::task<> meet(simul::barrier& b, std::int64_t times) {
    for (std::int64_t i = 0; i < times; ++i) (void)co_await b.arrive_and_wait();
}
simul::task<> meets(benchmark::State& state) {
    simul::barrier b(2);
    auto other = simul::spawn(meet(b, static_cast<std::int64_t>(state.max_iterations)));
    for (auto _ : state) (void)co_await b.arrive_and_wait();
    co_await other;
}
void barrier_of_two(benchmark::State& state) { in_a_loop(state, meets); }
BENCHMARK(barrier_of_two);

// There and back: two switches between threads of the system.
simul::task<> calls(benchmark::State& state) {
    for (auto _ : state) {
        const int n = co_await simul::to_thread([](int i) { return i + 1; }, 1);
        benchmark::DoNotOptimize(n);
    }
}
void to_thread_and_back(benchmark::State& state) { in_a_loop(state, calls); }
BENCHMARK(to_thread_and_back)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
