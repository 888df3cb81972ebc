#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/loop/config.hpp>

#include <coroutine>
#include <exception>
#include <utility>

namespace simul::detail {

/// The part of an asynchronous generator's promise that knows neither its element type nor what is
/// sent to it. While a consumer waits for the generator, `link` leads to it; else it is null.
class async_frame : public promise_base {
public:
    /// Goes back to the consumer; the generator runs again when it asks for more.
    void suspend() noexcept {
        line->loop->running_coroutine = std::exchange(link, nullptr)->caller;
    }

    [[nodiscard]] bool waited_for() const noexcept { return link != nullptr; }

    /// What is wrong, away from the code that every await has.
    [[noreturn, gnu::cold]] SIMUL_API static void throw_waited_for();
    [[noreturn, gnu::cold]] SIMUL_API static void throw_destroyed();
    [[noreturn, gnu::cold]] SIMUL_API static void throw_element_taken();
    [[noreturn, gnu::cold, gnu::noinline]] void throw_error() {
        std::rethrow_exception(std::exchange(error, nullptr));
    }

    std::exception_ptr error; ///< what the body has thrown, or is to be thrown into it
    bool began = false;
    bool has_only_destructors = false;
};

/// `co_await only_destructors();` begins a body of the library's own that has nothing to do when an
/// exception is thrown at a `co_yield`: dropped there, it is destroyed, which costs less.
struct only_destructors {};

/// Ends a generator that has begun, and whose owner is gone, and destroys it.
///
/// One that stands at a `co_yield` gets a generator_exit there; one that waits for something, in a
/// task that wants its next element, is cancelled. It runs on a line of its own from then on, here
/// as far as it gets without waiting, and holds back the line that runs (gate.hpp). The consumer is
/// made ready, and has to be told before.
///
/// Without a loop, and without memory, the body is destroyed where it stands.
SIMUL_API void abandon(std::coroutine_handle<> generator) noexcept;

} // namespace simul::detail
