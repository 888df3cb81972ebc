#pragma once

#include <simul/gen/detail/toolkit/pipe.hpp>
#include <simul/gen/toolkit/take.hpp>

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class T, bool HasEnd>
class repeat_root {
public:
    using item = lent<const T, T>;
    static constexpr bool is_async = false;

    explicit repeat_root(T&& value, std::size_t times = 0)
        : value_(std::move(value)), left_(times) {}

    const T* poll() {
        if constexpr (HasEnd) {
            if (left_ == 0) return nullptr;
            --left_;
        }
        return std::addressof(value_);
    }

private:
    T value_;
    std::size_t left_;
};

struct repeat_fn {
    template <class T>
    auto operator()(T&& value) const {
        return as_pipe(
            repeat_root<std::decay_t<T>, false>(std::decay_t<T>(std::forward<T>(value))));
    }
    template <class T, class Count>
    auto operator()(T&& value, Count times) const {
        return as_pipe(repeat_root<std::decay_t<T>, true>(std::decay_t<T>(std::forward<T>(value)),
                                                          checked_count_of(times, "repeat")));
    }
};

} // namespace detail

/// The same value without end, or `n` times.
///
///     simul::repeat(0, 3)    // 0 0 0
inline constexpr detail::repeat_fn repeat{};

} // namespace simul
