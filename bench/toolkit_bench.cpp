// Five adaptors over a million values, next to the loop that one would write by hand and to
// std::views; with a generator at the source, a container, an async generator, and batches.
#include <simul/simul.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <functional>
#include <numeric>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace {

constexpr long values = 1'000'000;

[[gnu::noinline]] simul::generator<long> sequence() {
    for (long n = 0; n < values; ++n) co_yield n;
}

[[gnu::noinline]] simul::async_generator<long> async_sequence() {
    for (long n = 0; n < values; ++n) co_yield n;
}

[[gnu::noinline]] simul::async_generator<long> async_batches() {
    std::array<long, 1000> batch;
    for (long n = 0; n < values; n += static_cast<long>(batch.size())) {
        std::iota(batch.begin(), batch.end(), n);
        co_yield simul::batch(std::span(batch));
    }
}

std::vector<long> numbers() {
    std::vector<long> all(values);
    std::iota(all.begin(), all.end(), 0);
    return all;
}

bool wanted(long n) { return n % 3 != 0; }
long scaled(long n) { return n * 7 + 1; }
bool odd(long n) { return (n & 1) != 0; }
constexpr std::size_t skipped = 10;
constexpr std::size_t most = 1'000'000;

// What all the others do: filter, transform, filter, drop, take, and then the sum.
class by_hand {
public:
    // False once nothing more is wanted.
    bool add(long n) {
        if (!wanted(n)) return true;
        const long made = scaled(n);
        if (!odd(made)) return true;
        if (skipped_ < skipped) {
            ++skipped_;
            return true;
        }
        if (taken_ == most) return false;
        ++taken_;
        sum_ += made;
        return true;
    }
    [[nodiscard]] long sum() const { return sum_; }

private:
    std::size_t skipped_ = 0;
    std::size_t taken_ = 0;
    long sum_ = 0;
};

template <class Source>
auto five_adaptors(Source&& source) {
    return std::forward<Source>(source) | simul::filter([](long n) { return wanted(n); }) |
           simul::transform([](long n) { return scaled(n); }) |
           simul::filter([](long n) { return odd(n); }) | simul::drop(skipped) | simul::take(most);
}

template <class Source>
auto five_views(Source&& source) {
    return std::forward<Source>(source) | std::views::filter([](long n) { return wanted(n); }) |
           std::views::transform([](long n) { return scaled(n); }) |
           std::views::filter([](long n) { return odd(n); }) | std::views::drop(skipped) |
           std::views::take(most);
}

template <class Work>
void run(benchmark::State& state, Work work) {
    for (auto _ : state) benchmark::DoNotOptimize(work());
    state.SetItemsProcessed(state.iterations() * values);
}

void generator_by_hand(benchmark::State& state) {
    run(state, [] {
        by_hand hand;
        for (long n : sequence()) {
            if (!hand.add(n)) break;
        }
        return hand.sum();
    });
}
BENCHMARK(generator_by_hand);

void generator_five_adaptors(benchmark::State& state) {
    run(state, [] {
        long sum = 0;
        for (long n : five_adaptors(sequence())) sum += n;
        return sum;
    });
}
BENCHMARK(generator_five_adaptors);

void generator_five_adaptors_and_a_sink(benchmark::State& state) {
    run(state, [] { return five_adaptors(sequence()) | simul::sum(); });
}
BENCHMARK(generator_five_adaptors_and_a_sink);

void generator_five_views(benchmark::State& state) {
    run(state, [] {
        long sum = 0;
        for (long n : five_views(sequence())) sum += n;
        return sum;
    });
}
BENCHMARK(generator_five_views);

void vector_by_hand(benchmark::State& state) {
    const std::vector<long> all = numbers();
    run(state, [&] {
        by_hand hand;
        for (long n : all) {
            if (!hand.add(n)) break;
        }
        return hand.sum();
    });
}
BENCHMARK(vector_by_hand);

void vector_five_adaptors(benchmark::State& state) {
    const std::vector<long> all = numbers();
    run(state, [&] { return five_adaptors(all) | simul::sum(); });
}
BENCHMARK(vector_five_adaptors);

void vector_five_views(benchmark::State& state) {
    const std::vector<long> all = numbers();
    run(state, [&] {
        long sum = 0;
        for (long n : five_views(all)) sum += n;
        return sum;
    });
}
BENCHMARK(vector_five_views);

simul::task<> async_by_hand(benchmark::State& state, simul::async_generator<long> (*make)()) {
    for (auto _ : state) {
        by_hand hand;
        auto source = make();
        while (auto n = co_await source.next()) {
            if (!hand.add(*n)) break;
        }
        benchmark::DoNotOptimize(hand.sum());
    }
    state.SetItemsProcessed(state.iterations() * values);
}

simul::task<> async_five_adaptors(benchmark::State& state, simul::async_generator<long> (*make)()) {
    for (auto _ : state) {
        const long sum = co_await (five_adaptors(make()) | simul::sum());
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * values);
}

void async_generator_by_hand(benchmark::State& state) {
    simul::run(async_by_hand(state, async_sequence));
}
BENCHMARK(async_generator_by_hand);

void async_generator_five_adaptors(benchmark::State& state) {
    simul::run(async_five_adaptors(state, async_sequence));
}
BENCHMARK(async_generator_five_adaptors);

void batches_by_hand(benchmark::State& state) { simul::run(async_by_hand(state, async_batches)); }
BENCHMARK(batches_by_hand);

void batches_five_adaptors(benchmark::State& state) {
    simul::run(async_five_adaptors(state, async_batches));
}
BENCHMARK(batches_five_adaptors);

} // namespace

BENCHMARK_MAIN();
