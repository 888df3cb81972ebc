#pragma once

#include <simul/loop/config.hpp>

#include <exception>
#include <source_location>
#include <string>
#include <vector>

namespace simul {

/// The coroutines that an exception came through, innermost first: each with its function and the
/// line of the `co_await` or, for the first, the `co_await` it had passed last. It needs no debug
/// information. Long stacks keep their innermost 64 frames.
///
/// Known for the last eight exceptions that left coroutines on this thread. Any other that is
/// handled where it was thrown has none. Exceptions are told apart by address and type: one that
/// comes out of an `exception_ptr` and never left a coroutine here may be taken for one that is
/// gone.
///
///     try { simul::run(main_task()); }
///     catch (const std::exception& e) {
///         std::cerr << e.what() << '\n' << simul::async_stack_of(std::current_exception());
///     }
class SIMUL_API async_stack {
public:
    [[nodiscard]] const std::vector<std::source_location>& frames() const noexcept {
        return frames_;
    }
    [[nodiscard]] bool empty() const noexcept { return frames_.empty(); }
    /// How many outer frames were left out.
    [[nodiscard]] std::size_t omitted() const noexcept { return omitted_; }

    /// One line for each frame: "  at int parse(...) (file.cpp:12)".
    [[nodiscard]] std::string to_string() const;

    template <class Stream>
    friend Stream& operator<<(Stream& out, const async_stack& stack) {
        out << stack.to_string();
        return out;
    }

private:
    friend class async_stack_recorder;

    std::vector<std::source_location> frames_;
    std::size_t omitted_ = 0;
};

/// The stack of coroutines that this exception left.
[[nodiscard]] SIMUL_API async_stack async_stack_of(const std::exception_ptr& error);

} // namespace simul
