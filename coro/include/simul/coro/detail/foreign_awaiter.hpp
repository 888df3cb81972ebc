#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/coro/detail/promise.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/detail/operation.hpp>
#include <simul/loop/error.hpp>

#include <concepts>
#include <coroutine>
#include <string>
#include <type_traits>
#include <utility>

namespace simul::detail {

/// Waits for an awaiter that knows nothing of loops. That one gets a stand-in for the handle of the
/// coroutine: to resume it makes the line of execution ready, and returns at once.
class SIMUL_API foreign_operation : public operation {
public:
    /// Nobody knows how to end it: it is let run to its end.
    void cancel() noexcept final {}
    void describe(std::string& out) const final;

protected:
    foreign_operation() noexcept : stand_in_{resume, destroy, this} {}
    ~foreign_operation() = default;

    [[nodiscard]] std::coroutine_handle<> stand_in() noexcept {
        return std::coroutine_handle<>::from_address(&stand_in_);
    }

    /// False when the caller is cancelled.
    bool start(waiter& by, std::coroutine_handle<> at) noexcept {
        was_refused_ = !begin(by, at);
        return !was_refused_;
    }
    /// The caller goes on at once. False when it was made ready in the meantime: then it must
    /// suspend.
    bool go_on() noexcept;
    /// The same for one that goes on with an exception.
    void fail() noexcept;

    [[nodiscard]] bool was_refused() const noexcept { return was_refused_; }

private:
    // How a coroutine's frame begins with GCC, clang and MSVC.
    struct frame {
        void (*resume)(frame*);
        void (*destroy)(frame*);
        foreign_operation* self;
    };

    static void resume(frame* of);
    [[noreturn]] static void destroy(frame* of);

    frame stand_in_;
    bool was_refused_ = false;
};

template <class Awaitable>
class foreign_awaiter final : public foreign_operation {
    using awaiter_type = decltype(get_awaiter(std::declval<Awaitable>()));

public:
    explicit foreign_awaiter(Awaitable&& awaited)
        : awaiter_(get_awaiter(static_cast<Awaitable&&>(awaited))) {}

    bool await_ready() { return static_cast<bool>(awaiter_.await_ready()); }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        static_assert(
            requires { awaiter_.await_suspend(std::coroutine_handle<>()); },
            "the await_suspend of this awaiter must take a std::coroutine_handle<>");
        if (!start(line_of(awaiting), awaiting)) return false;
        using returned = decltype(awaiter_.await_suspend(stand_in()));
        try {
            if constexpr (std::is_void_v<returned>) {
                awaiter_.await_suspend(stand_in());
            } else if constexpr (std::same_as<returned, bool>) {
                if (!awaiter_.await_suspend(stand_in())) return !go_on();
            } else {
                const std::coroutine_handle<> next = awaiter_.await_suspend(stand_in());
                if (next == stand_in()) return !go_on();
                next.resume();
            }
        } catch (...) {
            fail();
            throw;
        }
        return true;
    }

    decltype(auto) await_resume() {
        if (was_refused()) throw cancelled{};
        return awaiter_.await_resume();
    }

private:
    awaiter_type awaiter_;
};

/// \throws std::logic_error    when an awaiter has suspended the line and nothing of the library
///                             knows where.
SIMUL_API void check_suspended(const waiter& line, std::coroutine_handle<> at);

/// An awaiter that may or may not know of loops: it is given the coroutine itself, and has to hand
/// it on to an awaiter of simul's.
template <class Awaitable>
class checked_awaiter {
    using awaiter_type = decltype(get_awaiter(std::declval<Awaitable>()));

public:
    explicit checked_awaiter(Awaitable&& awaited)
        : awaiter_(get_awaiter(static_cast<Awaitable&&>(awaited))) {}

    bool await_ready() { return static_cast<bool>(awaiter_.await_ready()); }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        using returned = decltype(awaiter_.await_suspend(awaiting));
        if constexpr (std::same_as<returned, bool>) {
            if (!awaiter_.await_suspend(awaiting)) return false;
        } else {
            static_assert(std::is_void_v<returned>,
                          "the await_suspend of this awaiter must take a std::coroutine_handle<>, "
                          "not be a template, to return a coroutine");
            awaiter_.await_suspend(awaiting);
        }
        check_suspended(line_of(awaiting), awaiting);
        return true;
    }

    decltype(auto) await_resume() { return awaiter_.await_resume(); }

private:
    awaiter_type awaiter_;
};

} // namespace simul::detail
