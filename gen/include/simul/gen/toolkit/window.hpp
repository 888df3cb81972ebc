#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/toolkit/chunk.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul {
namespace detail {

template <class Source>
class window_stage : public stage<Source> {
    using value = typename Source::item::value_type;
    static_assert(
        !std::same_as<value, bool>,
        "simul::window shows elements side by side, and a std::vector<bool> has no bools: "
        "let simul::transform make chars of them");

public:
    using item =
        simul::detail::item<std::span<const value>, std::vector<value>, true, life::passing>;

    window_stage(Source&& source, std::size_t size)
        : stage<Source>(std::move(source)), size_(size) {}

    std::span<const value>* poll() {
        do {
            auto* const element = this->poll_source();
            if (element == nullptr) return nullptr;
            add(*element);
        } while (values_.size() - first_ < size_);
        window_ = std::span<const value>(values_).subspan(first_++);
        return &window_;
    }

private:
    // The elements move to the front now and then, not each time.
    void add(typename Source::item::type& element) {
        if (first_ == values_.size() && first_ != 0) {
            values_.clear();
            first_ = 0;
        } else if (first_ > size_) {
            drop_the_first();
        }
        values_.push_back(Source::item::keep(element));
    }
    void drop_the_first() {
        const auto left = values_.begin() + static_cast<std::ptrdiff_t>(first_);
        if constexpr (std::is_move_assignable_v<value>) {
            values_.erase(values_.begin(), left);
        } else {
            std::vector<value> moved;
            moved.reserve(values_.capacity());
            std::move(left, values_.end(), std::back_inserter(moved));
            values_.swap(moved);
        }
        first_ = 0;
    }

    std::size_t size_;
    std::vector<value> values_;
    std::size_t first_ = 0;
    std::span<const value> window_;
};

struct make_window {
    template <class Source, class Count>
    static auto make(Source&& source, Count size) {
        return as_pipe(window_stage<chain_of<Source>>(as_chain(std::forward<Source>(source)),
                                                      checked_size(size, "window")));
    }
};

} // namespace detail

/// Every `n` elements that follow each other, as a `std::span<const T>`, which is valid until the
/// next one; `collect` makes vectors of them. A sequence of fewer elements has none.
///
///     temperatures | simul::window(7) | simul::transform(mean)
///
/// \throws std::invalid_argument    here, for 0.
inline constexpr detail::adaptor_of<detail::make_window, 1> window{};

} // namespace simul
