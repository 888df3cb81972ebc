// What the elementary steps of tasks cost, next to what they would cost by hand.
#include <simul/simul.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <vector>

using namespace std::chrono_literals;

namespace {

// The least that a task with a frame of its own can cost: an allocation, a call to start it, a call
// to go back.
struct hand_made_frame {
    void (*resume)(hand_made_frame*);
    void (*continuation)(hand_made_frame*);
    int value;
    std::byte rest[72];
};

void hand_made_return(hand_made_frame* frame) { benchmark::DoNotOptimize(++frame->value); }
void hand_made_body(hand_made_frame* frame) {
    frame->value = 1;
    frame->continuation(frame);
}

void malloc_free_and_two_indirect_calls(benchmark::State& state) {
    void (*body)(hand_made_frame*) = hand_made_body;
    void (*done)(hand_made_frame*) = hand_made_return;
    for (auto _ : state) {
        benchmark::DoNotOptimize(body);
        benchmark::DoNotOptimize(done);
        auto* frame = static_cast<hand_made_frame*>(std::malloc(sizeof(hand_made_frame)));
        benchmark::DoNotOptimize(frame);
        frame->resume = body;
        frame->continuation = done;
        frame->resume(frame);
        std::free(frame);
    }
}
BENCHMARK(malloc_free_and_two_indirect_calls);

// Runs `body(state)` as the main task of a loop.
template <class Body>
void in_a_loop(benchmark::State& state, Body body) {
    simul::run(body(state));
}

[[gnu::noinline]] simul::task<int> ready_child(int n) { co_return n; }

simul::task<> await_children(benchmark::State& state) {
    int sum = 0;
    for (auto _ : state) {
        sum += co_await ready_child(1);
        benchmark::DoNotOptimize(sum);
    }
}
void await_ready_child(benchmark::State& state) { in_a_loop(state, await_children); }
BENCHMARK(await_ready_child);

simul::task<> yields(benchmark::State& state) {
    for (auto _ : state) co_await simul::yield();
}
void yield(benchmark::State& state) { in_a_loop(state, yields); }
BENCHMARK(yield);

simul::task<> spawns(benchmark::State& state) {
    int sum = 0;
    for (auto _ : state) {
        auto child = simul::spawn(ready_child(1));
        sum += co_await child;
        benchmark::DoNotOptimize(sum);
    }
}
void spawn_and_join(benchmark::State& state) { in_a_loop(state, spawns); }
BENCHMARK(spawn_and_join);

simul::task<> spawn_batches(benchmark::State& state) {
    const auto batch = static_cast<std::size_t>(state.range(0));
    std::vector<simul::join_handle<int>> children;
    children.reserve(batch);
    int sum = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch; ++i) children.push_back(simul::spawn(ready_child(1)));
        for (auto& child : children) sum += co_await child;
        children.clear();
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
void spawn_and_join_many(benchmark::State& state) { in_a_loop(state, spawn_batches); }
BENCHMARK(spawn_and_join_many)->Arg(1000);

simul::task<> gathers(benchmark::State& state) {
    const auto batch = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        std::vector<simul::task<int>> children;
        children.reserve(batch);
        for (std::size_t i = 0; i < batch; ++i) children.push_back(ready_child(1));
        const std::vector<int> results = co_await simul::gather(std::move(children));
        benchmark::DoNotOptimize(results.data());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
void gather_ready_children(benchmark::State& state) { in_a_loop(state, gathers); }
BENCHMARK(gather_ready_children)->Arg(1000);

simul::task<> sleep_for(std::chrono::nanoseconds duration) { co_await simul::sleep(duration); }

// The whole life of a task that is cancelled in its sleep, with the exception that unwinds it.
simul::task<> cancels(benchmark::State& state) {
    for (auto _ : state) {
        auto sleeper = simul::spawn(sleep_for(1h));
        co_await simul::yield();
        sleeper.cancel();
        try {
            co_await sleeper;
        } catch (const simul::cancelled&) {
        }
    }
}
void spawn_a_sleeper_and_cancel_it(benchmark::State& state) { in_a_loop(state, cancels); }
BENCHMARK(spawn_a_sleeper_and_cancel_it);

// A sleep that ends as if it were cancelled, but without a word.
class cut_short final : public simul::detail::sleep_operation {
public:
    explicit cut_short(std::chrono::nanoseconds d) noexcept { deadline = d.count(); }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        simul::detail::waiter& line = simul::detail::line_of(awaiting);
        const simul::clock::duration d(deadline);
        if (!start(line, awaiting)) return false;
        line.loop->expire_after(*this, d);
        cancel();
        return true;
    }
    static void await_resume() noexcept {}
};
simul::task<> sleep_cut_short(std::chrono::nanoseconds d) { co_await cut_short(d); }

// A sleep of an hour under a timeout of an hour: all that starting and cancelling it takes, but for
// the exceptions.
simul::task<> timeouts_without_a_throw(benchmark::State& state) {
    for (auto _ : state) co_await simul::timeout(1h, sleep_cut_short(1h));
}
void timeout_and_sleep_cancelled_silently(benchmark::State& state) {
    in_a_loop(state, timeouts_without_a_throw);
}
BENCHMARK(timeout_and_sleep_cancelled_silently);

// The same with the exceptions: thrown in the sleep, and again in the task that awaits the timeout.
simul::task<> sleeps_under_a_timeout() { co_await simul::timeout(1h, sleep_for(1h)); }
simul::task<> timeouts(benchmark::State& state) {
    for (auto _ : state) {
        auto sleeper = simul::spawn(sleeps_under_a_timeout());
        co_await simul::yield();
        co_await simul::yield();
        sleeper.cancel();
        while (!sleeper.done()) co_await simul::yield();
    }
}
void timeout_and_sleep_cancelled(benchmark::State& state) { in_a_loop(state, timeouts); }
BENCHMARK(timeout_and_sleep_cancelled);

// What an exception costs that is kept and thrown again: the least that two frames can do.
void exception_thrown_and_rethrown(benchmark::State& state) {
    for (auto _ : state) {
        std::exception_ptr kept;
        try {
            throw simul::cancelled{};
        } catch (...) {
            kept = std::current_exception();
        }
        try {
            std::rethrow_exception(kept);
        } catch (...) {
            benchmark::DoNotOptimize(kept);
        }
    }
}
BENCHMARK(exception_thrown_and_rethrown);

simul::task<> short_sleeps(benchmark::State& state) {
    for (auto _ : state) co_await simul::sleep(1ns);
}
void sleep_one_nanosecond(benchmark::State& state) { in_a_loop(state, short_sleeps); }
BENCHMARK(sleep_one_nanosecond);

} // namespace

BENCHMARK_MAIN();
