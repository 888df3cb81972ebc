#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/gen/batch.hpp>
#include <simul/gen/detail/async_frame.hpp>
#include <simul/gen/detail/generator_memory.hpp>
#include <simul/gen/detail/returned_value.hpp>
#include <simul/gen/elements_of.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <type_traits>
#include <utility>

namespace simul {

template <class T, class Send, class Return>
class async_generator;

namespace detail {

/// The elements that an asynchronous generator has handed over and its consumer has not had yet.
template <class T>
class async_yielder : public async_frame {
public:
    using pointer = std::add_pointer_t<T>;

    /// What the consumer gets next, if anything.
    [[nodiscard]] bool has_element() const noexcept { return next_ != end_; }
    pointer take_element() noexcept { return next_ != end_ ? next_++ : nullptr; }
    void drop_elements() noexcept { next_ = end_ = nullptr; }

    void show(pointer first, pointer end) noexcept {
        next_ = first;
        end_ = end;
    }

private:
    pointer next_ = nullptr;
    pointer end_ = nullptr;
};

template <class Send>
struct async_reply {
    std::optional<Send> sent;

    std::optional<Send> take() { return std::exchange(sent, std::nullopt); }
};

template <>
struct async_reply<void> {
    static void take() noexcept {}
};

/// The part of a promise that does not know what the body returns. It is itself what a `co_yield`
/// waits on, the consumer's next demand, for clang keeps a separate one in the coroutine's frame.
template <class T, class Send>
class async_talker : public async_yielder<std::remove_reference_t<T>> {
public:
    [[nodiscard]] static bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) noexcept { this->suspend(); }
    auto await_resume() {
        if (this->error) [[unlikely]]
            this->throw_error();
        return reply.take();
    }

    [[no_unique_address]] async_reply<Send> reply;
};

#if defined(__clang__)
template <class T, class Send>
using async_yield = async_talker<T, Send>&;
#else
// GCC 12 copies an awaiter that is an lvalue.
template <class T, class Send>
class async_yield {
public:
    async_yield(async_talker<T, Send>& promise) noexcept : promise_(promise) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept { promise_.suspend(); }
    auto await_resume() const { return promise_.await_resume(); }

private:
    async_talker<T, Send>& promise_;
};
#endif

/// The same for a batch, of which an empty one gives the consumer nothing to go on with.
template <class T, class Send>
class async_yield_batch {
public:
    async_yield_batch(async_talker<T, Send>& promise, bool empty) noexcept
        : promise_(promise), empty_(empty) {}

    [[nodiscard]] bool await_ready() const noexcept { return empty_; }
    void await_suspend(std::coroutine_handle<>) const noexcept { promise_.suspend(); }
    auto await_resume() const { return promise_.await_resume(); }

private:
    async_talker<T, Send>& promise_;
    bool empty_;
};

/// The same for a constant object, of which the consumer gets a copy that it may change.
template <class T, class Send>
class async_yield_copy {
public:
    async_yield_copy(async_talker<T, Send>& promise, const T& value)
        : promise_(promise), copy_(value) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) noexcept {
        promise_.show(std::addressof(copy_), std::addressof(copy_) + 1);
        promise_.suspend();
    }
    auto await_resume() const { return promise_.await_resume(); }

private:
    async_talker<T, Send>& promise_;
    T copy_;
};

struct async_final_awaiter {
    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    static void await_suspend(std::coroutine_handle<Promise> ended) noexcept {
        ended.promise().suspend();
    }
    static void await_resume() noexcept {}
};

template <class T, class Send, class Return>
class async_generator_promise : public async_talker<T, Send>,
                                public returned_value<Return>,
                                public in_generator_memory {
    using element = std::remove_reference_t<T>;

public:
    using in_generator_memory::operator new;
    using in_generator_memory::operator delete;

    async_generator<T, Send, Return>
    get_return_object(std::source_location at = std::source_location::current()) noexcept;
    [[nodiscard]] static std::suspend_always initial_suspend() noexcept { return {}; }
    [[nodiscard]] static async_final_awaiter final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept {
        this->drop_elements();
        this->error = take_exception(*this);
    }

    using promise_base::await_transform;
    std::suspend_never await_transform(only_destructors) noexcept {
        this->has_only_destructors = true;
        return {};
    }

    async_yield<T, Send> yield_value(element& value) noexcept {
        this->show(std::addressof(value), std::addressof(value) + 1);
        return *this;
    }
    async_yield<T, Send> yield_value(element&& value) noexcept
        requires(!std::is_lvalue_reference_v<T>)
    {
        return yield_value(value);
    }
    async_yield_copy<T, Send> yield_value(const element& value)
        requires(!std::is_reference_v<T> && !std::is_const_v<element>)
    {
        return {*this, value};
    }
    async_yield_batch<T, Send> yield_value(batch<element> values) noexcept {
        const std::span<element> all = values.elements();
        this->show(all.data(), all.data() + all.size());
        return {*this, all.empty()};
    }
    template <class Range>
    std::suspend_never yield_value(elements_of<Range>) {
        static_assert(sizeof(Range) == 0,
                      "an async_generator cannot co_yield elements_of(...): write "
                      "while (auto x = co_await inner.next()) co_yield *x;");
        return {};
    }

    async_generator<T, Send, Return>* owner = nullptr;
};

} // namespace detail
} // namespace simul
