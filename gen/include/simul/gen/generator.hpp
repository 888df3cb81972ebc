#pragma once

#include <simul/gen/detail/generator_promise.hpp>
#include <simul/gen/detail/std_generator.hpp>
#include <simul/gen/elements_of.hpp>
#include <simul/gen/generator_exit.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace simul {

/// A function that hands out a sequence of values with `co_yield`, one at a time and on demand.
///
///     simul::generator<long> numbers() { for (long n = 0;; ++n) co_yield n; }
///     for (long n : numbers() | std::views::take(5)) std::cout << n;
///
///     auto g = numbers();
///     while (auto n = g.next()) if (*n == 3) break;   // the next next() gives 4
///
/// `T` may be an object type or a reference. The consumer sees the yielded object itself: nothing
/// is copied, except a constant object in a generator of non-constant `T` or of `T&&`, of which the
/// consumer gets a copy. What the consumer sees lives until the generator goes on.
///
/// `Send` is the type of what `send()` brings: in a `generator<T, Send>` the expression `co_yield
/// x` is a `std::optional<Send>`, empty when the consumer called `next()`.
///
/// A generator is a move-only view and input range. Moving it keeps its place and leaves an empty
/// one, which has no more elements. Destroying it destroys what its body has alive, once and last
/// in first out; nothing is thrown in the body then, use `close()` for that. Destroying, moving to
/// or closing a generator from inside its own body is an error: `close()` throws
/// `std::logic_error`, as do `next()`, `send()` and `raise()`; the destructor terminates.
///
/// `Return` is the type of what the body returns with `co_return`: `result()` gives it when the
/// generator has ended, and `co_yield elements_of(child)` is the child's result.
///
/// An exception that leaves the body leaves the `next()`, `send()`, `raise()`, `begin()` or `++`
/// that ran it, and the generator is finished.
///
/// With `std::allocator_arg_t, const Allocator&` as the coroutine's first two parameters (after the
/// object, in a member function) its frame is allocated there. Local variables aligned more
/// strictly than `std::max_align_t` are not supported by compilers.
///
/// `co_yield simul::elements_of(x)` hands out the elements of another generator or range.
/// Not thread-safe; it may move between threads while it is suspended.
template <class T, class Send = void, class Return = void>
class [[nodiscard("a generator does nothing until its elements are asked for")]] generator
    : public std::ranges::view_base {
    static_assert(std::is_object_v<T> || std::is_reference_v<T>,
                  "simul::generator<T>: T must be an object or reference type");
    static_assert(std::is_void_v<Send> || std::is_object_v<Send>,
                  "simul::generator<T, Send>: Send must be an object type");

public:
    using promise_type = detail::generator_promise<T, Send, Return>;
    /// What `next()` returns: a plain pointer to the current element, null at the end.
    using pointer = std::add_pointer_t<T>;
    using reference = std::conditional_t<std::is_reference_v<T>, T, std::add_lvalue_reference_t<T>>;
    class iterator;

    /// An empty generator: no elements.
    generator() noexcept = default;
    generator(generator&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    generator& operator=(generator&& other) noexcept {
        if (this != std::addressof(other)) {
            reset();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    /// Hands out the elements of a `std::generator`, which it keeps.
    template <class Standard>
        requires(detail::is_std_generator<Standard> && std::is_void_v<Send> &&
                 std::is_void_v<Return>)
    generator(Standard other) : generator(read(std::move(other))) {}
    // Inlined even where an exception leaves, or the compiler loses sight of the coroutine.
    [[gnu::always_inline]] ~generator() { reset(); }

    /// Runs to the next `co_yield`. Returns the address of the element, valid until the generator
    /// is resumed or destroyed; null once it has ended, however often it is called. Throws what the
    /// body throws; `std::logic_error` when called from inside the body.
    ///
    ///     while (auto n = g.next()) use(*n);
    pointer next() { return step(handle_); }

    /// Makes the `co_yield` where the generator waits give `value`, and runs to the next one.
    /// Returns the element it hands out next, null at the end (as for `next()`).
    /// Throws `std::logic_error` before the first `next()`: no `co_yield` waits for a value yet.
    ///
    ///     auto p = palindromes(); p.next(); p.send(1000);   // the next palindrome from 1000 on
    template <class Value = Send>
        requires(!std::is_void_v<Send>) && std::constructible_from<Send, Value>
    pointer send(Value&& value) {
        if (!handle_) return nullptr;
        promise_type& promise = handle_.promise();
        if (!promise.started())
            throw std::logic_error("simul::generator::send: before the first next()");
        Send sent(std::forward<Value>(value));
        detail::generator_message message(std::addressof(sent));
        return static_cast<pointer>(promise.advance(&message));
    }

    /// Throws `error` at the `co_yield` where the generator waits (in the innermost generator, if
    /// it hands out the elements of another). If it is caught there, runs to the next `co_yield`
    /// and returns that element, null at the end. Otherwise it comes out again, and the generator
    /// is finished. A generator that has not started or has ended cannot catch it. Throws
    /// `std::invalid_argument` for a null pointer.
    pointer raise(std::exception_ptr error) {
        if (error == nullptr)
            throw std::invalid_argument("simul::generator::raise: no exception given");
        if (!handle_) std::rethrow_exception(std::move(error));
        promise_type& promise = handle_.promise();
        if (promise.running()) promise.throw_running();
        if (!promise.started()) reset();
        if (!handle_ || promise.done()) std::rethrow_exception(std::move(error));
        detail::generator_message message(std::move(error));
        return static_cast<pointer>(promise.advance(&message));
    }

    /// The same for an exception object: `p.raise(std::runtime_error("enough"))`.
    template <class Error>
        requires(!std::convertible_to<Error, std::exception_ptr>)
    pointer raise(Error&& error) {
        return raise(std::make_exception_ptr(std::forward<Error>(error)));
    }

    /// Ends the generator: throws `simul::generator_exit` at the `co_yield` where it waits, so that
    /// its handlers and destructors run, innermost first, then frees it. It is empty afterwards.
    /// Nothing is run in a generator that has not started or has ended.
    /// Throws what the clean-up throws; `std::logic_error` if the clean-up yields (the generator is
    /// ended nevertheless), or when called from inside the body.
    void close() {
        if (!handle_) return;
        promise_type& promise = handle_.promise();
        if (promise.running()) promise.throw_running();
        bool yielded = false;
        if (promise.started() && !promise.done()) {
            detail::generator_message message(std::make_exception_ptr(generator_exit()));
            try {
                yielded = promise.advance(&message) != nullptr;
            } catch (const generator_exit&) { // the ordinary end
            } catch (...) {
                reset();
                throw;
            }
        }
        reset();
        if (yielded) throw std::logic_error("simul::generator::close: the generator yielded again");
    }

    /// What the body has returned, once `next()` has given null. It may be moved from, and lives as
    /// long as the generator. Throws `std::logic_error` before, and when the body did not come to
    /// its `co_return`: it threw, or was closed.
    ///
    ///     simul::generator<int, void, int> numbers() { co_yield 1; co_return 42; }
    ///     auto g = numbers(); while (g.next()) {} use(g.result());
    template <class Result = Return>
        requires(!std::is_void_v<Result>)
    [[nodiscard]] Result& result() {
        if (!handle_) throw std::logic_error("simul::generator::result: the generator is empty");
        return detail::result_in(handle_.promise().result());
    }

    /// A `std::generator` that keeps this one and hands out its elements. One whose elements are
    /// rvalues gets copies of those that can be copied.
    ///
    ///     std::generator<long> standard = numbers();
    template <class Standard>
        requires detail::is_std_generator<Standard>
    operator Standard() && {
        return hand_over<Standard>(std::move(*this));
    }

    /// Runs to the next element, the first or the one after that which was seen last: a loop that
    /// was left with `break` can be taken up again by another loop over the same generator.
    iterator begin() { return iterator(handle_); }
    std::default_sentinel_t end() const noexcept { return std::default_sentinel; }

private:
    using handle_type = std::coroutine_handle<promise_type>;

    template <class, class, class>
    friend class detail::generator_promise;

    explicit generator(handle_type handle) noexcept : handle_(handle) {}

    template <class Standard>
    static generator read(Standard from) {
        for (auto&& element : from) co_yield std::forward<decltype(element)>(element);
    }
    template <class Standard>
    static Standard hand_over(generator from) {
        using wanted = std::ranges::range_reference_t<Standard>;
        for (auto&& element : from) {
            if constexpr (std::is_rvalue_reference_v<wanted> &&
                          !std::copy_constructible<std::remove_cvref_t<T>>) {
                co_yield std::move(element);
            } else {
                co_yield std::forward<decltype(element)>(element);
            }
        }
    }

    // The flat case is all here, on a handle that the compiler can follow to the coroutine: clang
    // then turns a loop over a generator that it sees into a loop without a frame or a call.
    [[gnu::always_inline]] static pointer step(handle_type handle) {
        if (!handle) [[unlikely]]
            return nullptr;
        promise_type& promise = handle.promise();
        if (promise.slot != nullptr) [[likely]] {
            promise.slot = nullptr;
            handle.resume();
            if (!promise.asks()) [[likely]]
                return static_cast<pointer>(promise.slot);
        } else if (promise.leaf == nullptr) {
            if (!promise.done()) promise.throw_running();
            return nullptr;
        }
        return static_cast<pointer>(promise.advance(nullptr));
    }

    [[gnu::always_inline]] void reset() noexcept {
        if (const handle_type handle = std::exchange(handle_, nullptr)) {
            promise_type& promise = handle.promise();
            if (promise.leaf != nullptr)
                promise.unnest();
            else if (promise.slot == nullptr && !promise.done())
                std::terminate();
            handle.destroy();
        }
    }

    handle_type handle_;
};

/// Goes through a generator. Copies share its place, as those of `std::istream_iterator` do.
/// It lives no longer than the generator, and stays valid when that is moved.
template <class T, class Send, class Return>
class generator<T, Send, Return>::iterator {
public:
    using iterator_concept = std::input_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = std::remove_cvref_t<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = generator::pointer;
    using reference = generator::reference;

    iterator() noexcept = default;

    reference operator*() const noexcept { return static_cast<reference>(*current_); }
    pointer operator->() const noexcept { return current_; }

    iterator& operator++() {
        current_ = step(source_);
        return *this;
    }
    void operator++(int) { ++*this; }

    friend bool operator==(const iterator& it, std::default_sentinel_t) noexcept {
        return it.current_ == nullptr;
    }

private:
    friend class generator;
    explicit iterator(handle_type source) : source_(source), current_(step(source)) {}

    handle_type source_;
    pointer current_ = nullptr;
};

/// Lets a range adaptor of the standard library read from a named generator without taking it:
/// `for (long n : g | std::views::take(5))`. The generator must outlive the result.
template <class T, class Send, class Return, class Adaptor>
    requires(!std::invocable<Adaptor, generator<T, Send, Return>&>) &&
            std::invocable<Adaptor, std::ranges::ref_view<generator<T, Send, Return>>>
auto operator|(generator<T, Send, Return>& source, Adaptor&& adaptor) {
    return std::forward<Adaptor>(adaptor)(std::ranges::ref_view(source));
}

} // namespace simul
