#pragma once

#include <simul/gen/detail/generator_frame.hpp>
#include <simul/gen/detail/generator_memory.hpp>
#include <simul/gen/detail/returned_value.hpp>
#include <simul/gen/elements_of.hpp>

#include <concepts>
#include <coroutine>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace simul {

template <class T, class Send, class Return>
class generator;

} // namespace simul

namespace simul::detail {

// What a co_yield gives: nothing, or what was sent to it.
template <class Send>
struct generator_reply : generator_frame {
    std::optional<Send> await_resume() {
        if (void* const sent = this->receive()) [[unlikely]]
            return std::optional<Send>(std::in_place, std::move(*static_cast<Send*>(sent)));
        return std::nullopt;
    }
};

template <>
struct generator_reply<void> : generator_frame {
    void await_resume() { receive_error(); }
};

// The promise is itself the awaiter of a co_yield, for clang stores a separate one in the
// coroutine's frame and loads it again for each value.
template <class Send>
struct generator_awaiter : generator_reply<Send> {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
};

#if defined(__clang__)
template <class Send>
using generator_yield = generator_awaiter<Send>&;
#else
// GCC 12 copies an awaiter that is an lvalue.
template <class Send>
class generator_yield {
public:
    generator_yield(generator_awaiter<Send>& promise) noexcept : promise_(promise) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    decltype(auto) await_resume() const { return promise_.await_resume(); }

private:
    generator_awaiter<Send>& promise_;
};
#endif

// The same for a constant object, of which the consumer gets a copy that it may change.
template <class Value, class Send>
class generator_yield_copy {
public:
    generator_yield_copy(generator_awaiter<Send>& promise, const Value& value)
        : promise_(promise), copy_(value) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) noexcept { promise_.show(copy_); }
    decltype(auto) await_resume() { return promise_.await_resume(); }

private:
    generator_awaiter<Send>& promise_;
    Value copy_;
};

// Awaits the end of the child that the frame has entered, if it has.
class generator_nest {
public:
    explicit generator_nest(generator_frame& frame) noexcept : frame_(frame) {}

    bool await_ready() const noexcept { return frame_.leaf == nullptr; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    void await_resume() const { frame_.receive_error(); }

private:
    generator_frame& frame_;
};

// The same for a child with a result, which becomes the value of the co_yield. The child's frame is
// gone by then, so the child leaves it here.
template <class Return>
class generator_nest_with_result {
public:
    // The child is null, and the result there, if the child has ended before.
    generator_nest_with_result(generator_frame& frame, returned_value<Return>* child,
                               std::optional<Return>&& result) noexcept
        : frame_(frame), child_(child), result_(std::move(result)) {}

    bool await_ready() const noexcept { return child_ == nullptr; }
    void await_suspend(std::coroutine_handle<>) noexcept { child_->returns_to(result_); }
    Return await_resume() {
        frame_.receive_error();
        return take_result(result_);
    }

private:
    generator_frame& frame_;
    returned_value<Return>* child_;
    std::optional<Return> result_;
};

template <class Generator, class T, class Send>
inline constexpr bool is_generator_child = false;

// A parent that takes values needs a child that takes the same; others are read like any range.
template <class T, class ChildSend, class Return, class Send>
inline constexpr bool is_generator_child<generator<T, ChildSend, Return>, T, Send> =
    std::is_void_v<Send> || std::is_same_v<ChildSend, Send>;

template <class T, class Send, class Return>
class generator_promise : public generator_awaiter<Send>,
                          public returned_value<Return>,
                          public in_generator_memory {
    using value_type = std::remove_cvref_t<T>;
    // The types of co_yield's operand that are handed out as they are.
    static constexpr bool by_value = !std::is_reference_v<T>;
    static constexpr bool takes_rvalue = by_value || std::is_rvalue_reference_v<T>;
    static constexpr bool copies_constant = takes_rvalue &&
                                            !std::is_const_v<std::remove_reference_t<T>> &&
                                            std::is_copy_constructible_v<value_type>;

public:
    generator<T, Send, Return> get_return_object() noexcept {
        return generator<T, Send, Return>(
            std::coroutine_handle<generator_promise>::from_promise(*this));
    }

    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { this->fail(); }

    generator_yield<Send> yield_value(std::remove_reference_t<T>& value) noexcept
        requires(!std::is_rvalue_reference_v<T>)
    {
        this->show(value);
        return *this;
    }

    generator_yield<Send> yield_value(std::remove_reference_t<T>&& value) noexcept
        requires takes_rvalue
    {
        this->show(value);
        return *this;
    }

    generator_yield_copy<value_type, Send> yield_value(const value_type& value)
        requires copies_constant
    {
        return generator_yield_copy<value_type, Send>(*this, value);
    }

    template <class Range>
    auto yield_value(elements_of<Range>&& elements) {
        if constexpr (is_generator_child<Range, T, Send>) {
            return nest(std::move(elements).get());
        } else {
            static_assert(std::ranges::input_range<Range>,
                          "simul::elements_of in a generator takes a generator or an input range");
            return nest(each<Range>(std::move(elements).get()));
        }
    }

    template <class Awaitable>
    std::suspend_never await_transform(Awaitable&&) const noexcept {
        static_assert(!std::is_same_v<Awaitable, Awaitable>,
                      "a generator cannot co_await: write simul::async_generator<T> instead");
        return {};
    }

private:
    template <class ChildSend, class ChildReturn>
    auto nest(generator<T, ChildSend, ChildReturn>&& child) {
        const auto handle = child.handle_;
        if (handle && handle.promise().running()) this->throw_running();
        const bool goes_on = handle && !handle.promise().done();
        if constexpr (std::is_void_v<ChildReturn>) {
            if (goes_on) this->enter(std::exchange(child.handle_, nullptr).promise());
            return generator_nest(*this);
        } else {
            using awaiter = generator_nest_with_result<ChildReturn>;
            if (goes_on) {
                this->enter(std::exchange(child.handle_, nullptr).promise());
                return awaiter(*this, std::addressof(handle.promise()), std::nullopt);
            }
            if (!handle) return awaiter(*this, nullptr, std::nullopt);
            return awaiter(*this, nullptr, std::exchange(handle.promise().result(), std::nullopt));
        }
    }

    template <class Range>
    static generator<T, Send, void> each(Range range) {
        for (auto&& element : range) {
            if constexpr (std::is_void_v<Send>) {
                co_yield std::forward<std::ranges::range_reference_t<Range>>(element);
            } else {
                const std::optional<Send> sent =
                    co_yield std::forward<std::ranges::range_reference_t<Range>>(element);
                if (sent)
                    throw std::logic_error("simul::generator: send() while it hands out a range, "
                                           "which takes no values");
            }
        }
    }
};

} // namespace simul::detail
