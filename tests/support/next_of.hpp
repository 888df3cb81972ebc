#pragma once

#include <simul/coro/task.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/loop/error.hpp>

#include <stdexcept>
#include <string>

namespace simul_test {

/// What an await of an async generator of numbers gives, or throws, in words.
template <class Awaiter>
simul::task<std::string> result_of(Awaiter awaited) {
    try {
        const int* const element = co_await awaited;
        co_return element != nullptr ? std::to_string(*element) : "end";
    } catch (const std::exception& e) {
        co_return e.what();
    } catch (const simul::cancelled&) {
        co_return "cancelled";
    } catch (const simul::generator_exit&) {
        co_return "generator_exit";
    }
}

/// Asks when it runs, not before.
template <class Send>
simul::task<std::string> next_of(simul::async_generator<int, Send>& from) {
    co_return co_await result_of(from.next());
}

} // namespace simul_test
