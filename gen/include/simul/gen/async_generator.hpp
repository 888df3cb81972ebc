#pragma once

#include <simul/gen/detail/async_generator_promise.hpp>
#include <simul/gen/generator_exit.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace simul {

template <class T, class Send = void, class Return = void>
class async_generator;

namespace detail {

/// What a consumer waits on: it runs the generator, on the consumer's line of execution, until that
/// has elements again or has ended.
template <class T, class Send, class Return>
class next_awaiter : private borrowing_link {
    using promise_type = async_generator_promise<T, Send, Return>;

public:
    using handle = std::coroutine_handle<promise_type>;

    explicit next_awaiter(handle from) noexcept : borrowing_link(no_bond_yet()), from_(from) {
        if (!from) std::construct_at(&caller, nullptr);
    }
    /// Copies one that has not begun, for gather() and its like.
    next_awaiter(const next_awaiter& other) noexcept : next_awaiter(other.from_) {}
    next_awaiter& operator=(const next_awaiter&) = delete;

    [[nodiscard]] bool await_ready() const noexcept {
        return !from_ || from_.promise().has_element();
    }

    /// \throws std::logic_error    when somebody waits for this generator already.
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        static_assert(std::derived_from<Promise, promise_base>,
                      "next() can only be awaited in a simul::task or a simul::async_generator");
        return resume_generator(awaiting, awaiting.promise());
    }

    std::add_pointer_t<T> await_resume() {
        if (!from_) [[unlikely]]
            return nothing();
        promise_type& from = from_.promise();
        if (from.has_element()) [[likely]]
            return from.take_element();
        if (from.error) [[unlikely]]
            from.throw_error();
        if (!from_.done()) [[unlikely]]
            async_frame::throw_element_taken();
        return nullptr;
    }

protected:
    [[nodiscard]] handle from() const noexcept { return from_; }

    bool resume_generator(std::coroutine_handle<> awaiting, promise_base& by) {
        promise_type& from = from_.promise();
        if (from.waited_for()) [[unlikely]]
            async_frame::throw_waited_for();
        if (from_.done()) return false;
        if (!from.began) [[unlikely]]
            from.began = true;
        callee_goes = [](borrowing_link& link) noexcept {
            static_cast<next_awaiter&>(link).from_.promise().owner->coroutine_ = nullptr;
        };
        std::construct_at(&callee, nullptr);
        loop_core& loop = *by.line->loop;
        enter(*this, awaiting, by, from_, from);
        return run_inside(awaiting, loop, from_);
    }

private:
    friend class async_generator<T, Send, Return>;

    // The generator was empty from the beginning, or was destroyed while this waited for it.
    std::add_pointer_t<T> nothing() const {
        if (caller) async_frame::throw_destroyed();
        return nullptr;
    }

    handle from_;
};

/// Brings a value or an exception to the `co_yield` where the generator waits, and waits like
/// `next`.
template <class T, class Send, class Return>
class message_awaiter : public next_awaiter<T, Send, Return> {
public:
    using next_awaiter<T, Send, Return>::next_awaiter;

    /// An exception for a generator that has not begun or has ended goes straight back.
    [[nodiscard]] bool await_ready() const noexcept { return !this->from(); }
};

/// Ends the generator: throws generator_exit at its `co_yield` and waits until it has unwound.
template <class T, class Send, class Return>
class close_awaiter final : public message_awaiter<T, Send, Return> {
public:
    using message_awaiter<T, Send, Return>::message_awaiter;

    void await_resume() {
        try {
            if (message_awaiter<T, Send, Return>::await_resume() == nullptr) return;
        } catch (const generator_exit&) { // the ordinary end
            return;
        }
        throw std::logic_error("simul: an async_generator went on to yield when it was closed");
    }
};

/// Throws when it is awaited.
template <class T, class Send, class Return>
class raise_awaiter final : public message_awaiter<T, Send, Return> {
public:
    explicit raise_awaiter(next_awaiter<T, Send, Return>::handle to) noexcept
        : message_awaiter<T, Send, Return>(to) {}
    explicit raise_awaiter(std::exception_ptr unheard) noexcept
        : message_awaiter<T, Send, Return>(nullptr), unheard_(std::move(unheard)) {}

    std::add_pointer_t<T> await_resume() {
        if (unheard_) std::rethrow_exception(unheard_);
        return message_awaiter<T, Send, Return>::await_resume();
    }

private:
    std::exception_ptr unheard_;
};

} // namespace detail

/// A sequence whose body may `co_await` as well as `co_yield`. It runs in the task that asks for
/// the next element, and only then; between two elements it stands still.
///
///     simul::async_generator<int> ticker(int n) {
///         for (int i = 0; i < n; ++i) { co_await simul::sleep(10ms); co_yield i; }
///     }
///     auto ticks = ticker(3);
///     while (int* i = co_await ticks.next()) use(*i);
///
/// The consumer sees the yielded object itself, valid until it asks again; only a constant object
/// is copied. T may be a reference. With `co_yield simul::batch(span)` a whole batch costs one
/// resumption. `Send` is the type of what `send` brings to the body; a `co_yield` then gives a
/// `std::optional<Send>`. `Return` is the type of what the body returns with `co_return`;
/// `result()` gives it after the end.
///
/// A cancel of the consumer reaches what the body waits for: the body unwinds, and `cancelled`
/// comes out of `next()`.
///
/// A generator that is dropped half way, by a `break`, a `return` or an exception, unwinds as
/// `close()` lets it: `generator_exit` is thrown at the `co_yield` where the body stands. What the
/// body does then without waiting is done when the destructor returns. A destructor cannot wait for
/// the rest, but
///   - the coroutine that runs it does not return to its caller before the clean-up has ended, and
///   - wherever it waits next, it does not go on before.
/// The clean-up is a task of its own: no cancel of its owner reaches it, and what it throws is
/// logged. It may use what the body owns, its parameters included, but no local object of the owner
/// that dies with the generator; `co_await generator.close()` waits for it in its place. A body
/// that yields all the same is destroyed there, and that is logged.
///
/// One that is dropped while another task waits for its next element is cancelled, as a task is:
/// what its clean-up awaits has to be shielded. Its owner is held back in the same way, and the
/// task that waits gets a `std::logic_error`. A generator must not be dropped by its own body.
///
/// With `std::allocator_arg_t, const Allocator&` as the coroutine's first two parameters (after the
/// object, in a member function) its frame is allocated there. The allocator's memory has to be
/// there until a clean-up that waits has ended.
///
/// Where no coroutine runs, in a posted function say, it is the end of `run` that waits. Where no
/// loop runs, or no memory is left for a task, the body is only destroyed, with the objects that it
/// holds.
template <class T, class Send, class Return>
class [[nodiscard("an async_generator does nothing until its next() is awaited")]] async_generator {
    static_assert(std::is_object_v<T> || std::is_reference_v<T>,
                  "simul::async_generator<T>: T must be an object or reference type");
    static_assert(std::is_void_v<Send> || std::is_object_v<Send>,
                  "simul::async_generator<T, Send>: Send must be an object type");

public:
    using promise_type = detail::async_generator_promise<T, Send, Return>;
    using value_type = std::remove_cvref_t<T>;

    /// An empty sequence.
    async_generator() noexcept = default;
    /// Moving keeps its place.
    async_generator(async_generator&& other) noexcept
        : coroutine_(std::exchange(other.coroutine_, nullptr)) {
        own();
    }
    async_generator& operator=(async_generator&& other) noexcept {
        async_generator(std::move(other)).swap(*this);
        return *this;
    }
    ~async_generator() { destroy(); }

    void swap(async_generator& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        own();
        other.own();
    }

    /// The next element, or null at the end, then and from then on. What the body throws is thrown
    /// here, and ends the sequence. What this returns is awaited while the generator exists, and
    /// before it is closed, or not at all.
    ///
    /// \throws std::logic_error    when a task waits for this generator already.
    [[nodiscard("write co_await generator.next()")]] detail::next_awaiter<T, Send, Return>
    next() noexcept {
        return detail::next_awaiter<T, Send, Return>(coroutine_);
    }

    /// Makes `value` the value of the `co_yield` where the body stands, and gives the next element.
    /// What is left of a batch is skipped.
    ///
    /// \throws std::logic_error    before the first `next()`: no `co_yield` is there to take it.
    template <class Value>
        requires(!std::is_void_v<Send> && std::constructible_from<Send, Value>)
    [[nodiscard("write co_await generator.send(...)")]] detail::message_awaiter<T, Send, Return>
    send(Value&& value) {
        promise_type* const to = promise();
        if (to != nullptr && !to->began)
            throw std::logic_error("simul: send() before the first next()");
        if (to != nullptr && !finished() && !to->waited_for()) {
            to->drop_elements();
            to->reply.sent.emplace(std::forward<Value>(value));
        }
        return detail::message_awaiter<T, Send, Return>(coroutine_);
    }

    /// Throws `error` at the `co_yield` where the body stands, and gives the next element if the
    /// body goes on. A body that has not begun, or has ended, never sees it: it comes out here.
    [[nodiscard("write co_await generator.raise(...)")]] detail::raise_awaiter<T, Send, Return>
    raise(std::exception_ptr error) {
        if (!throw_into(error)) {
            forget_body();
            return detail::raise_awaiter<T, Send, Return>(std::move(error));
        }
        return detail::raise_awaiter<T, Send, Return>(coroutine_);
    }
    template <class Error>
        requires(!std::convertible_to<Error, std::exception_ptr>)
    [[nodiscard("write co_await generator.raise(...)")]] detail::raise_awaiter<T, Send, Return>
    raise(Error&& error) {
        return raise(std::make_exception_ptr(std::forward<Error>(error)));
    }

    /// Ends the sequence: the body unwinds from the `co_yield` where it stands, by an exception of
    /// type `generator_exit`, and may await on its way. What else it throws is thrown here.
    ///
    /// \throws std::logic_error    when the body goes on to yield.
    [[nodiscard("write co_await generator.close()")]] detail::close_awaiter<T, Send, Return>
    close() {
        if (!throw_into(std::make_exception_ptr(generator_exit()))) forget_body();
        return detail::close_awaiter<T, Send, Return>(coroutine_);
    }

    /// What the body has returned, once `next()` has given null. It may be moved from, and lives as
    /// long as the generator.
    ///
    /// \throws std::logic_error    before, and when the body did not come to its `co_return`: it
    ///                             threw, or was closed or cancelled.
    template <class Result = Return>
        requires(!std::is_void_v<Result>)
    [[nodiscard]] Result& result() {
        if (!coroutine_) throw std::logic_error("simul: the result of an empty async_generator");
        return detail::result_in(coroutine_.promise().result());
    }

private:
    friend promise_type;
    friend detail::next_awaiter<T, Send, Return>;

    explicit async_generator(std::coroutine_handle<promise_type> coroutine) noexcept
        : coroutine_(coroutine) {
        own();
    }

    void own() noexcept {
        if (coroutine_) coroutine_.promise().owner = this;
    }

    [[nodiscard]] promise_type* promise() const noexcept {
        return coroutine_ ? &coroutine_.promise() : nullptr;
    }
    [[nodiscard]] bool finished() const noexcept { return coroutine_.done(); }

    bool throw_into(std::exception_ptr error) noexcept {
        promise_type* const to = promise();
        if (to == nullptr || !to->began || finished()) return false;
        if (to->waited_for()) return true; // the awaiter will say that this is an error
        to->drop_elements();
        to->error = std::move(error);
        return true;
    }

    // One that has not begun never will; one that has ended keeps its result.
    void forget_body() noexcept {
        if (coroutine_ && !finished()) destroy();
    }

    void destroy() noexcept {
        const auto gone = std::exchange(coroutine_, nullptr);
        if (!gone) return;
        promise_type& promise = gone.promise();
        if (!promise.waited_for()) {
            if (!promise.began || gone.done()) {
                detail::destroy_ended(gone);
                return;
            }
        } else { // a task waits for an element: it is told that none will come
            auto& awaiter = static_cast<detail::next_awaiter<T, Send, Return>&>(
                static_cast<detail::borrowing_link&>(*promise.link));
            awaiter.from_ = nullptr;
        }
        detail::abandon(gone);
    }

    std::coroutine_handle<promise_type> coroutine_;
};

/// \cond
template <class T, class Send, class Return>
async_generator<T, Send, Return>
detail::async_generator_promise<T, Send, Return>::get_return_object(
    std::source_location at) noexcept {
    this->where = at;
    return async_generator<T, Send, Return>(
        std::coroutine_handle<async_generator_promise>::from_promise(*this));
}
/// \endcond

} // namespace simul
