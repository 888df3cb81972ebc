#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/loop/detail/operation.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <string>

namespace simul_test {

/// Waits for what never happens; a cancel ends it.
class never final : public simul::detail::operation {
public:
    never() noexcept {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        return begin(simul::detail::line_of(awaiting), awaiting);
    }
    [[noreturn]] static void await_resume() { throw simul::cancelled{}; }

    void cancel() noexcept override { complete(); }
    void describe(std::string& out) const override { out += "nothing that ever happens"; }
};

/// Waits for what never happens and does not care about a cancel.
class never_ever final : public simul::detail::operation {
public:
    never_ever() noexcept {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        return begin(simul::detail::line_of(awaiting), awaiting);
    }
    static void await_resume() {}

    void cancel() noexcept override {}
    void describe(std::string& out) const override { out += "nothing, whatever is done"; }
};

} // namespace simul_test
