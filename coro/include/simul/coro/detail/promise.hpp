#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/loop/detail/frames.hpp>
#include <simul/loop/detail/loop_core.hpp>

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

namespace simul {

template <class T>
class task;

namespace detail {

/// Leaves a link as it is until there is a bond: most awaiters of a generator never have one.
struct no_bond_yet {};

/// The bond between a coroutine and the one that it waits for; lives in the caller's awaiter.
struct call_link {
    call_link() noexcept : caller(), callee() {}
    explicit call_link(no_bond_yet) noexcept {}

    union {
        std::coroutine_handle<> caller;
    };
    union {
        std::coroutine_handle<> callee; ///< null in a borrowing_link
    };
};

/// The bond with a callee that the caller does not own. When the line of execution on which the
/// callee runs is destroyed, the callee goes with it, and its owner hears of it here.
struct borrowing_link : call_link {
    borrowing_link() noexcept : callee_goes(nullptr) {}
    explicit borrowing_link(no_bond_yet none) noexcept : call_link(none) {}

    void (*callee_goes)(borrowing_link&) noexcept;
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

template <class Awaitable>
class foreign_awaiter;
template <class Awaitable>
class checked_awaiter;

/// Marks an awaiter that knows of loops and is neither an operation nor a call.
struct native_awaiter {};

enum class awaiter_kind {
    native,
    foreign, ///< it knows nothing of loops
    unknown, ///< its await_suspend is a template: it may hand the coroutine on to one of ours
};

template <class Awaitable>
consteval awaiter_kind kind_of() {
    if constexpr (awaitable<Awaitable>) {
        using found = std::remove_cvref_t<decltype(get_awaiter(std::declval<Awaitable>()))>;
        if constexpr (!std::is_base_of_v<operation, found> &&
                      !std::is_base_of_v<call_link, found> &&
                      !std::is_base_of_v<native_awaiter, found>) {
            return requires { &found::await_suspend; } ? awaiter_kind::foreign
                                                       : awaiter_kind::unknown;
        }
    }
    return awaiter_kind::native;
}

/// GCC copies an awaiter that an await_transform passes on, where clang uses it in place.
#if defined(__clang__)
inline constexpr bool copies_awaiters = false;
#else
inline constexpr bool copies_awaiters = true;
#endif

/// Stands for an awaiter that cannot be copied.
template <class Awaiter>
class awaiter_reference {
public:
    explicit awaiter_reference(Awaiter& awaiter) noexcept : awaiter_(awaiter) {}

    bool await_ready() { return awaiter_.await_ready(); }
    template <class Promise>
    auto await_suspend(std::coroutine_handle<Promise> awaiting) {
        return awaiter_.await_suspend(awaiting);
    }
    decltype(auto) await_resume() { return awaiter_.await_resume(); }

private:
    Awaiter& awaiter_;
};

/// What every coroutine that runs on a loop has in its promise: its place in the stack of
/// coroutines, and the place in the source where it stands.
class promise_base : public in_frame_memory {
public:
    promise_base(const promise_base&) = delete;
    promise_base& operator=(const promise_base&) = delete;

    call_link* link = nullptr; ///< to the caller; null while it has none
    waiter* line = nullptr;    ///< the line of execution that it runs on, null before it starts
    std::source_location where;

    /// Notes the place of each `co_await` for stack traces, and refuses what cannot be awaited.
    template <class Awaitable>
    decltype(auto) await_transform(
        Awaitable&& awaited,
        std::source_location at = std::source_location::current()) noexcept(kind_of<Awaitable>() ==
                                                                            awaiter_kind::native) {
        using plain = std::remove_cvref_t<Awaitable>;
        if constexpr (is_task<plain>) {
            static_assert(!std::is_lvalue_reference_v<Awaitable>,
                          "a task is awaited once and used up by it: "
                          "write co_await std::move(the_task)");
            static_assert(!std::is_const_v<std::remove_reference_t<Awaitable>>,
                          "a task is used up when it is awaited: it must not be const");
        } else {
            static_assert(!awaited_once<Awaitable> || !std::is_lvalue_reference_v<Awaitable>,
                          "this operation is used up when it is awaited: await it where it is "
                          "made, or write co_await std::move(it)");
            static_assert(awaitable<Awaitable>,
                          "this type cannot be awaited: co_await takes a simul::task, a "
                          "join_handle, or what sleep(), gather() and their like return");
        }
        where = at;
        if constexpr (kind_of<Awaitable>() == awaiter_kind::foreign) {
            return foreign_awaiter<Awaitable>(static_cast<Awaitable&&>(awaited));
        } else if constexpr (kind_of<Awaitable>() == awaiter_kind::unknown) {
            return checked_awaiter<Awaitable>(static_cast<Awaitable&&>(awaited));
        } else if constexpr (copies_awaiters && awaiter<plain>) {
            return awaiter_reference<plain>(awaited);
        } else {
            return static_cast<Awaitable&&>(awaited);
        }
    }

protected:
    promise_base() noexcept = default;
    ~promise_base() = default;
};

/// The promise behind any handle of a coroutine that runs on a loop. All promises begin with a
/// promise_base and none is aligned more strictly than the frame's header.
inline promise_base& promise_of(std::coroutine_handle<> coroutine) noexcept {
    return std::coroutine_handle<promise_base>::from_address(coroutine.address()).promise();
}

/// Whether it is no coroutine of the program's, but one that only holds the others back (gate.hpp);
/// every other has a place in the source.
inline bool is_gate(std::coroutine_handle<> coroutine) noexcept {
    return promise_of(coroutine).where.line() == 0;
}

/// The line of execution that an awaiting coroutine runs on.
template <class Promise>
waiter& line_of(std::coroutine_handle<Promise> awaiting) noexcept {
    static_assert(std::derived_from<Promise, promise_base>,
                  "this can only be awaited in a simul::task or a simul::async_generator");
    return *awaiting.promise().line;
}

/// Lets `callee` run on the caller's line, from the loop, when the caller has suspended.
inline void enter(call_link& link, std::coroutine_handle<> caller, promise_base& from,
                  std::coroutine_handle<> callee, promise_base& to) noexcept {
    loop_core& loop = *from.line->loop;
    std::construct_at(&link.caller, caller);
    to.link = &link;
    to.line = from.line;
    loop.running_coroutine = callee;
}

/// Lets a callee that was entered run at once, inside the caller's `await_suspend`, instead of from
/// the loop. False when it has come back to the caller: that need not suspend then. The stack grows
/// by a fixed size at most; from there on the loop runs them.
[[gnu::always_inline]] inline bool run_inside(std::coroutine_handle<> caller, loop_core& loop,
                                              std::coroutine_handle<> callee) {
    if (reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) < loop.stack_end) [[unlikely]]
        return true;
    callee.resume();
    if (loop.running_coroutine == caller) return false;
    // It waits for something, and with it the caller: the loop is told so by the one it has
    // resumed.
    if (loop.running_coroutine == callee) loop.running_coroutine = caller;
    return true;
}

/// At a coroutine's end: its caller goes on, or its line of execution has ended.
inline void leave(promise_base& ended) noexcept {
    loop_core& loop = *ended.line->loop;
    if (ended.link != nullptr) {
        loop.running_coroutine = ended.link->caller;
    } else {
        loop.ended = ended.line;
    }
}

/// The exception that leaves a coroutine, with a note of the frame for the async stack trace.
SIMUL_API std::exception_ptr take_exception(promise_base& from) noexcept;

/// Destroys a coroutine in any state but running, with all that it is suspended on: leaf first,
/// and at any depth on an ordinary stack.
SIMUL_API void destroy_coroutine(std::coroutine_handle<> coroutine) noexcept;

/// A task that never began owns its arguments, which may own tasks of their own, and so on; one
/// that has ended still owns its arguments, which may be handles of others that nobody else holds.
/// From some depth on they are put aside and destroyed one after the other.
struct destruction {
    static constexpr int deepest = 64;

    int depth = 0; ///< of those that go on now, each inside of another
    void* put_aside = nullptr;
};
[[gnu::tls_model("initial-exec")]] extern SIMUL_API constinit thread_local destruction destroying;

SIMUL_API void put_aside(std::coroutine_handle<> coroutine) noexcept;
SIMUL_API void destroy_put_aside() noexcept;

/// Destroys a coroutine that is suspended on nothing: it has not begun, has run to its end and left
/// its line, or stands at a `co_yield`.
inline void destroy_ended(std::coroutine_handle<> coroutine) noexcept {
    const int outer = destroying.depth;
    if (outer >= destruction::deepest) [[unlikely]]
        return put_aside(coroutine);
    destroying.depth = outer + 1;
    coroutine.destroy();
    if (outer == 0 && destroying.put_aside != nullptr) [[unlikely]]
        destroy_put_aside();
    destroying.depth = outer;
}

} // namespace detail
} // namespace simul

#include <simul/coro/detail/foreign_awaiter.hpp>
