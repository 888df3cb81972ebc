#pragma once

#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/async_generator.hpp>

#include <cstddef>

namespace simul_test {

inline simul::task<> count_turns(std::size_t& turn) {
    for (;;) {
        ++turn;
        co_await simul::yield();
    }
}

/// How often a task that takes all elements has given up its turn for them.
template <class T>
simul::task<std::size_t> suspensions_of(simul::async_generator<T> from) {
    std::size_t turn = 0;
    auto turns = simul::spawn(count_turns(turn), "turns");
    co_await simul::yield();
    std::size_t suspensions = 0;
    for (bool more = true; more;) {
        const std::size_t before = turn;
        const auto* const element = co_await from.next();
        more = element != nullptr;
        if (turn != before) ++suspensions;
    }
    turns.cancel();
    while (!turns.done()) co_await simul::yield();
    co_return suspensions;
}

} // namespace simul_test
