#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/coro/detail/result.hpp>

#include <coroutine>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace simul {

template <class T = void>
class task;

namespace detail {

struct final_awaiter {
    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    static void await_suspend(std::coroutine_handle<Promise> ended) noexcept {
        leave(ended.promise());
    }
    static void await_resume() noexcept {}
};

template <class T>
class task_promise;

template <class T>
class task_promise_base : public promise_base {
public:
    task<T> get_return_object(std::source_location at = std::source_location::current()) noexcept;
    [[nodiscard]] static std::suspend_always initial_suspend() noexcept { return {}; }
    [[nodiscard]] static final_awaiter final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { ending.set_error(take_exception(*this)); }

    result<T> ending;
};

template <class T>
class task_promise : public task_promise_base<T> {
    static_assert(std::is_reference_v<T> || alignof(value_of<T>) <= 2 * sizeof(void*),
                  "compilers do not align coroutine frames for this type: "
                  "return a std::unique_ptr to it");

public:
    template <class From = T>
        requires std::convertible_to<From, T>
    void return_value(From&& from) {
        this->ending.set_value(std::forward<From>(from));
    }
};

template <>
class task_promise<void> : public task_promise_base<void> {
public:
    static void return_void() noexcept {}
};

/// Awaits a task: starts it, and takes its result and its frame at the end.
template <class T>
class task_awaiter : private call_link {
public:
    using handle = std::coroutine_handle<task_promise<T>>;

    explicit task_awaiter(handle awaited) noexcept : call_link(no_bond_yet()) {
        std::construct_at(&callee, awaited);
    }
    task_awaiter(const task_awaiter&) = delete;
    task_awaiter& operator=(const task_awaiter&) = delete;
    ~task_awaiter() {
        if (callee) [[unlikely]]
            destroy_coroutine(callee);
    }

    [[nodiscard]] static bool await_ready() noexcept { return false; }

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        static_assert(std::derived_from<Promise, promise_base>,
                      "a simul::task can only be awaited in a simul coroutine");
        enter(*this, awaiting, awaiting.promise(), callee, typed().promise());
    }

    // Inlined, for each function that an exception has to pass, and above all one with something to
    // destroy, costs as much as a third of a throw.
    [[gnu::always_inline]] T await_resume() {
        // The frame goes before the caller goes on, also when it ended with an exception.
        struct frame {
            handle owned;
            ~frame() { owned.destroy(); }
        } const ended{typed()};
        callee = nullptr;
        return ended.owned.promise().ending.take();
    }

private:
    [[nodiscard]] handle typed() const noexcept { return handle::from_address(callee.address()); }
};

} // namespace detail

/// A coroutine that runs on a loop. It is lazy: nothing of it runs until it is awaited, gathered,
/// spawned or run. Awaiting it uses it up: `int n = co_await compute();` or, for a named one,
/// `co_await std::move(the_task)`; what it throws is thrown at that `co_await`.
///
/// A task owns its coroutine until then; one that is dropped before it began only destroys its
/// arguments. T may be void, an lvalue reference, or any type that can be moved.
///
///     simul::task<int> answer() { co_await simul::sleep(1s); co_return 42; }
template <class T>
class [[nodiscard("a task does nothing until it is awaited: write co_await, or give it to "
                  "gather(), spawn() or run()")]] task {
    static_assert(!std::is_rvalue_reference_v<T>,
                  "a task gives a value, an lvalue reference or nothing: "
                  "write simul::task<T> instead of simul::task<T&&>");

public:
    using promise_type = detail::task_promise<T>;
    using value_type = T;

    /// An empty task; awaiting it throws std::logic_error.
    task() noexcept = default;
    task(task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        task(std::move(other)).swap(*this);
        return *this;
    }
    ~task() {
        if (coroutine_) [[unlikely]]
            detail::destroy_coroutine(coroutine_);
    }

    void swap(task& other) noexcept { std::swap(coroutine_, other.coroutine_); }

    /// False for an empty task, and for one that has been awaited or moved from.
    [[nodiscard]] explicit operator bool() const noexcept { return bool(coroutine_); }

    /// \throws std::logic_error    when the task is empty: awaited a second time, or moved from.
    [[nodiscard]] detail::task_awaiter<T> operator co_await() && {
        return detail::task_awaiter<T>(release());
    }

    /// Gives up the coroutine, which must not have begun.
    [[nodiscard]] std::coroutine_handle<promise_type> release() {
        if (!coroutine_) {
            throw std::logic_error(
                "simul: this task is empty: it was awaited before, or moved from");
        }
        return std::exchange(coroutine_, nullptr);
    }

private:
    friend detail::task_promise_base<T>;

    explicit task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

    std::coroutine_handle<promise_type> coroutine_;
};

template <class T>
task<T> detail::task_promise_base<T>::get_return_object(std::source_location at) noexcept {
    where = at;
    return task<T>(
        std::coroutine_handle<task_promise<T>>::from_promise(static_cast<task_promise<T>&>(*this)));
}

namespace detail {

template <awaitable Awaitable>
task<await_result_t<Awaitable>> await_moved(Awaitable awaited) {
    co_return co_await static_cast<Awaitable&&>(awaited);
}

template <awaitable Awaitable>
task<await_result_t<Awaitable>> await_copied(Awaitable awaited) {
    co_return co_await awaited;
}

/// Any awaitable as a task, so that it can run on a line of its own. A named one is copied, and a
/// copied handle leaves its result to others: the task gives a copy of that, too.
template <class Awaitable>
auto as_task(Awaitable&& awaited) {
    using plain = std::remove_cvref_t<Awaitable>;
    if constexpr (is_task<plain>) {
        static_assert(!std::is_lvalue_reference_v<Awaitable>,
                      "a task is used up when it is awaited: write std::move(the_task)");
        return plain(std::forward<Awaitable>(awaited));
    } else if constexpr (std::is_lvalue_reference_v<Awaitable>) {
        static_assert(!awaited_once<plain>,
                      "this operation is used up when it is awaited: write std::move(it)");
        return await_copied<plain>(awaited);
    } else {
        return await_moved<plain>(std::forward<Awaitable>(awaited));
    }
}

template <class Awaitable>
using task_for = decltype(as_task(std::declval<Awaitable>()));

} // namespace detail
} // namespace simul
