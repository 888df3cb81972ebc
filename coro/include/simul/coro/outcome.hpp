#pragma once

#include <simul/coro/detail/result.hpp>
#include <simul/loop/error.hpp>

#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

namespace simul {

/// How a task ended: with a value, with an exception, or cancelled. `gather(return_exceptions,
/// ...)` and `as_completed` give one for each task instead of throwing. A reference is held as
/// such, and `outcome<void>` has nothing to read but whether it went well.
template <class T>
class [[nodiscard]] outcome {
public:
    /// An outcome with a value.
    template <class... Args>
    explicit outcome(std::in_place_t, Args&&... args)
        : state_(std::in_place_index<0>, std::forward<Args>(args)...) {}
    /// An outcome with an exception; `by_cancel` tells whether that is `simul::cancelled`.
    explicit outcome(std::exception_ptr error, bool by_cancel = false) noexcept
        : state_(std::in_place_index<1>, std::move(error)), cancelled_(by_cancel) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
    /// The task ended because it was cancelled; `error()` is then a `simul::cancelled`.
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

    /// The value; rethrows the exception when there is none.
    std::add_lvalue_reference_t<T> value() & {
        rethrow();
        if constexpr (!std::is_void_v<T>) return std::get<0>(state_);
    }
    std::add_lvalue_reference_t<std::add_const_t<T>> value() const& {
        rethrow();
        if constexpr (!std::is_void_v<T>) return std::get<0>(state_);
    }
    T value() && {
        rethrow();
        if constexpr (std::is_reference_v<T>) {
            return std::get<0>(state_).get();
        } else if constexpr (!std::is_void_v<T>) {
            return std::get<0>(std::move(state_));
        }
    }

    /// The exception, or null.
    [[nodiscard]] std::exception_ptr error() const noexcept {
        const std::exception_ptr* const error = std::get_if<1>(&state_);
        return error != nullptr ? *error : nullptr;
    }

private:
    void rethrow() const {
        if (const std::exception_ptr* error = std::get_if<1>(&state_)) {
            std::rethrow_exception(*error);
        }
    }

    std::variant<detail::kept_value<T>, std::exception_ptr> state_;
    bool cancelled_ = false;
};

} // namespace simul
