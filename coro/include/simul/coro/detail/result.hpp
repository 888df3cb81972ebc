#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace simul::detail {

/// void as a value: `std::monostate` stands for it in tuples and outcomes.
template <class T>
using value_of = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// The same for places that cannot hold a reference either.
template <class T>
using kept_value =
    std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>,
                       value_of<T>>;

/// Where a coroutine leaves what it ends with.
template <class T>
class result {
public:
    result() noexcept {}
    result(const result&) = delete;
    result& operator=(const result&) = delete;
    ~result() {
        if (state_ == state::value) std::destroy_at(std::addressof(value_));
        if (state_ == state::error) std::destroy_at(std::addressof(error_));
    }

    /// Also after a value: a destructor that runs at the end of the body may throw, and the body
    /// may catch that and return another one.
    template <class From>
    void set_value(From&& from) {
        if (state_ == state::value) [[unlikely]] {
            state_ = state::none;
            std::destroy_at(std::addressof(value_));
        }
        std::construct_at(std::addressof(value_), std::forward<From>(from));
        state_ = state::value;
    }
    /// Also after a value.
    void set_error(std::exception_ptr error) noexcept {
        if (state_ == state::value) std::destroy_at(std::addressof(value_));
        std::construct_at(std::addressof(error_), std::move(error));
        state_ = state::error;
    }

    [[nodiscard]] std::exception_ptr error() const noexcept {
        return state_ == state::error ? error_ : nullptr;
    }
    /// Throws the error, if there is one, which stays here for others.
    void rethrow() const {
        if (state_ == state::error) [[unlikely]]
            std::rethrow_exception(error_);
    }
    [[nodiscard]] const T& peek() const noexcept { return value_; }
    T take() {
        if (state_ == state::error) [[unlikely]]
            std::rethrow_exception(std::move(error_));
        return std::move(value_);
    }

private:
    enum class state : unsigned char { none, value, error };

    union {
        T value_;
        std::exception_ptr error_;
    };
    state state_ = state::none;
};

template <class T>
class result<T&> {
public:
    void set_value(T& value) noexcept { value_ = std::addressof(value); }
    void set_error(std::exception_ptr error) noexcept { error_ = std::move(error); }

    [[nodiscard]] std::exception_ptr error() const noexcept { return error_; }
    void rethrow() const {
        if (error_) [[unlikely]]
            std::rethrow_exception(error_);
    }
    [[nodiscard]] T& peek() const noexcept { return *value_; }
    T& take() {
        if (error_) [[unlikely]]
            std::rethrow_exception(std::move(error_));
        return *value_;
    }

private:
    T* value_ = nullptr;
    std::exception_ptr error_;
};

template <>
class result<void> {
public:
    void set_error(std::exception_ptr error) noexcept { error_ = std::move(error); }

    [[nodiscard]] std::exception_ptr error() const noexcept { return error_; }
    void rethrow() const {
        if (error_) [[unlikely]]
            std::rethrow_exception(error_);
    }
    void take() {
        if (error_) [[unlikely]]
            std::rethrow_exception(std::move(error_));
    }

private:
    std::exception_ptr error_;
};

} // namespace simul::detail
