#pragma once

#include "run_virtual.hpp"

#include <simul/coro/queue.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/batch.hpp>
#include <simul/gen/generator.hpp>
#include <simul/gen/toolkit/collect.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace simul_test {

/// A vector without braces, of which GCC 12 can make nothing beside a co_await.
template <class First, class... More>
std::vector<First> list_of(First first, More... more) {
    std::vector<First> list;
    list.push_back(std::move(first));
    (list.push_back(std::move(more)), ...);
    return list;
}

/// The same elements from sources of every kind.
template <class T>
simul::generator<T> generated(std::vector<T> values) {
    for (T& value : values) co_yield value;
}

template <class T>
simul::async_generator<T> one_by_one(std::vector<T> values) {
    for (T& value : values) co_yield value;
}

template <class T>
simul::async_generator<T> with_pauses(std::vector<T> values) {
    for (T& value : values) {
        co_await simul::sleep(std::chrono::milliseconds(10));
        co_yield value;
    }
    co_await simul::sleep(std::chrono::milliseconds(10));
}

template <class T>
simul::async_generator<T> in_batches(std::vector<T> values, std::size_t size) {
    std::span<T> left(values);
    while (!left.empty()) {
        const std::size_t n = std::min(size, left.size());
        co_yield simul::batch(left.first(n));
        left = left.subspan(n);
    }
}

/// Apart from expect_from_every_source, for it is of the elements' type alone.
template <class T>
[[gnu::noinline]] void expect_elements(const std::vector<T>& got, const std::vector<T>& expected,
                                       const char* from) {
    EXPECT_EQ(got, expected) << "from " << from;
}
template <class T>
[[gnu::noinline]] void expect_elements(simul::task<std::vector<T>> got,
                                       const std::vector<T>& expected, const char* from) {
    expect_elements(run_virtual(std::move(got)), expected, from);
}

/// Whether `adapt(source)` has the expected elements, for a source of each kind that stages may
/// tell apart. Those of one type take hardly more time, when this is compiled, than one does.
template <class T, class Adapt, class Expected>
void expect_from_every_source(const std::vector<T>& input, Adapt adapt,
                              const std::vector<Expected>& expected) {
    using result = std::vector<Expected>;
    expect_elements(simul::collect<result>(adapt(input)), expected, "a container");
    expect_elements(simul::collect<result>(adapt(generated(input))), expected, "a generator");
    const auto expect_async = [&](simul::async_generator<T> source, const char* name) {
        expect_elements(simul::collect<result>(adapt(std::move(source))), expected, name);
    };
    expect_async(one_by_one(input), "an async generator");
    expect_async(with_pauses(input), "one that waits");
    expect_async(in_batches(input, 2), "batches of 2");
    expect_async(in_batches(input, 100), "a batch");
    simul::queue<T> queue;
    for (const T& value : input) queue.try_put(value);
    queue.close();
    expect_elements(simul::collect<result>(adapt(queue)), expected, "a queue");
}

/// Numbers of which neighbours are often equal; the same ones each time.
inline std::vector<std::vector<int>> random_inputs() {
    std::mt19937 random(12345);
    std::vector<std::vector<int>> all{{}, {7}, {7, 7}};
    for (std::size_t size = 2; size < 40; size += 5) {
        std::vector<int> values(size);
        for (int& value : values) value = static_cast<int>(random() % 6);
        all.push_back(std::move(values));
    }
    return all;
}

} // namespace simul_test
