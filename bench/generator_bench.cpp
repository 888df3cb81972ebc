// The next value of a generator, next to the smallest generator that one could write by hand.
#include <simul/simul.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <numeric>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace {

// No recursion, no send, no resumption after a break: a pointer to the value, and an exception.
class minimal_generator {
public:
    struct promise_type {
        const long* value = nullptr;
        std::exception_ptr error;

        minimal_generator get_return_object() {
            return minimal_generator(handle::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(const long& yielded) noexcept {
            value = std::addressof(yielded);
            return {};
        }
        void return_void() noexcept {}
        void unhandled_exception() { error = std::current_exception(); }
    };

    minimal_generator(minimal_generator&& other) noexcept
        : coroutine_(std::exchange(other.coroutine_, {})) {}
    minimal_generator& operator=(minimal_generator&&) = delete;
    ~minimal_generator() {
        if (coroutine_) coroutine_.destroy();
    }

    const long* next() {
        coroutine_.resume();
        if (!coroutine_.done()) return coroutine_.promise().value;
        if (coroutine_.promise().error) std::rethrow_exception(coroutine_.promise().error);
        return nullptr;
    }

private:
    using handle = std::coroutine_handle<promise_type>;
    explicit minimal_generator(handle coroutine) : coroutine_(coroutine) {}
    handle coroutine_;
};

[[gnu::noinline]] minimal_generator minimal_sequence(long count) {
    for (long n = 0; n < count; ++n) co_yield n;
}

[[gnu::noinline]] simul::generator<long> sequence(long count) {
    for (long n = 0; n < count; ++n) co_yield n;
}

[[gnu::noinline]] simul::async_generator<long> async_sequence(long count) {
    for (long n = 0; n < count; ++n) co_yield n;
}

[[gnu::noinline]] simul::async_generator<long> async_batches(long count) {
    std::array<long, 1000> values;
    for (long n = 0; n < count; n += static_cast<long>(values.size())) {
        std::iota(values.begin(), values.end(), n);
        co_yield simul::batch(std::span(values));
    }
}

// A binary tree of generators, `depth` deep: each value crosses all the levels above it.
simul::generator<long> nested(int depth) {
    if (depth > 0) co_yield simul::elements_of(nested(depth - 1));
    co_yield depth;
    if (depth > 0) co_yield simul::elements_of(nested(depth - 1));
}

constexpr long values = 1'000'000;

// A sum that is kept itself would live in memory from the beginning, and its way there and back is
// longer than that of a value.
void keep(long sum) {
    const long total = sum;
    benchmark::DoNotOptimize(total);
}

// A number that the compiler knows nothing of.
long opaque(long n) {
    asm("" : "+r"(n));
    return n;
}

template <class Generator>
void pull(benchmark::State& state, Generator (*make)(long)) {
    for (auto _ : state) {
        auto numbers = make(values);
        long sum = 0;
        while (auto n = numbers.next()) sum += *n;
        keep(sum);
    }
    state.SetItemsProcessed(state.iterations() * values);
}

void minimal_generator_next(benchmark::State& state) { pull(state, minimal_sequence); }
BENCHMARK(minimal_generator_next);

void generator_next(benchmark::State& state) { pull(state, sequence); }
BENCHMARK(generator_next);

void generator_range_for(benchmark::State& state) {
    for (auto _ : state) {
        long sum = 0;
        for (long n : sequence(values)) sum += n;
        keep(sum);
    }
    state.SetItemsProcessed(state.iterations() * values);
}
BENCHMARK(generator_range_for);

// Of both the compiler sees everything; clang then needs no frame and no call for the generator.
void generator_in_sight(benchmark::State& state) {
    const auto numbers = [](long count) -> simul::generator<long> {
        for (long n = 0; n < count; ++n) co_yield n;
    };
    for (auto _ : state) {
        long sum = 0;
        for (long n : numbers(values)) sum += opaque(n);
        keep(sum);
    }
    state.SetItemsProcessed(state.iterations() * values);
}
BENCHMARK(generator_in_sight);

void views_iota(benchmark::State& state) {
    for (auto _ : state) {
        long sum = 0;
        for (long n : std::views::iota(0L, values)) sum += opaque(n);
        keep(sum);
    }
    state.SetItemsProcessed(state.iterations() * values);
}
BENCHMARK(views_iota);

void generator_elements_of(benchmark::State& state) {
    const int depth = static_cast<int>(state.range(0));
    for (auto _ : state) {
        auto numbers = nested(depth);
        long sum = 0;
        while (auto n = numbers.next()) sum += *n;
        keep(sum);
    }
    state.SetItemsProcessed(state.iterations() * ((2L << depth) - 1));
}
BENCHMARK(generator_elements_of)->Arg(4)->Arg(16);

simul::task<> pull_async(benchmark::State& state, simul::async_generator<long> (*make)(long)) {
    for (auto _ : state) {
        auto numbers = make(values);
        long sum = 0;
        while (auto n = co_await numbers.next()) sum += *n;
        keep(sum);
    }
    state.SetItemsProcessed(state.iterations() * values);
}

void async_generator_next(benchmark::State& state) {
    simul::run(pull_async(state, async_sequence));
}
BENCHMARK(async_generator_next);

void async_generator_next_in_a_batch(benchmark::State& state) {
    simul::run(pull_async(state, async_batches));
}
BENCHMARK(async_generator_next_in_a_batch);

// Made, begun and left half way: what the exception costs that unwinds it.
simul::task<> leave_async(benchmark::State& state) {
    for (auto _ : state) {
        auto numbers = async_sequence(values);
        auto n = co_await numbers.next();
        benchmark::DoNotOptimize(n);
    }
    state.SetItemsProcessed(state.iterations());
}

void async_generator_left_half_way(benchmark::State& state) { simul::run(leave_async(state)); }
BENCHMARK(async_generator_left_half_way);

} // namespace

BENCHMARK_MAIN();
