#pragma once

#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/loop/clock.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace simul_test {

using words = std::vector<std::string>;

/// Counts. When it is left early it notes that it leaves, waits, and notes that it has left.
inline simul::async_generator<int>
polite(words& log, std::string name = "",
       simul::clock::duration takes = std::chrono::milliseconds(40)) {
    bool leaves = false;
    try {
        for (int i = 0;; ++i) co_yield i;
    } catch (const simul::generator_exit&) {
        leaves = true;
    }
    if (!leaves) co_return;
    log.push_back(name + "leaves");
    co_await simul::sleep(takes);
    log.push_back(name + "left");
}

/// Leaves a polite one half way.
inline simul::task<int> leaves_by_break(words& log) {
    int seen = -1;
    auto g = polite(log);
    while (const int* i = co_await g.next()) {
        seen = *i;
        if (seen == 3) break;
    }
    co_return seen;
}

/// Leaves the generator that a function makes behind its first element.
template <class Make>
simul::task<> leaves_half_way(const Make& make) {
    auto g = make();
    (void)co_await g.next();
}

} // namespace simul_test
