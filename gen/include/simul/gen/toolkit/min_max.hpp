#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/sink.hpp>

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class Item, class Less>
class min_max_sink {
    using value = typename Item::value_type;
    static_assert(
        std::is_copy_constructible_v<value>,
        "min_max gives an only element twice, as the least and as the greatest, so it must "
        "be copyable; write simul::fold to keep one of those that are not");

public:
    explicit min_max_sink(Less&& less) : less_(std::move(less)) {}

    bool take(typename Item::type& element) {
        if (!least_) {
            least_.emplace(Item::keep(element));
        } else if (is_less(element, *least_)) {
            if (!greatest_) greatest_.emplace(std::move(*least_));
            keep_in<Item>(least_, element);
        } else if (!is_less(element, greatest_ ? *greatest_ : *least_)) {
            keep_in<Item>(greatest_, element);
        }
        return true;
    }
    std::optional<std::pair<value, value>> finish() {
        if (!least_) return std::nullopt;
        if (!greatest_) greatest_.emplace(*least_);
        return std::pair<value, value>(std::move(*least_), std::move(*greatest_));
    }

private:
    bool is_less(typename Item::type& element, value& than) {
        if constexpr (std::is_invocable_v<Less&, typename Item::type&, value&>) {
            return less_(element, than);
        } else {
            return less_(make_value<value>(element), than);
        }
    }

    [[no_unique_address]] Less less_;
    std::optional<value> least_;
    std::optional<value> greatest_; // not before it is another one
};

struct make_min_max {
    template <class Source, class Less = std::less<>>
    static auto make(Source&& source, Less&& less = Less()) {
        return drain(std::forward<Source>(source),
                     min_max_sink<sink_item<Source>, std::remove_cvref_t<Less>>(std::move(less)));
    }
};

} // namespace detail

/// The least and the greatest element, as an optional pair that is empty when there are none; of
/// equal ones the first least and the last greatest. Another order may be given.
///
///     if (auto range = simul::min_max(numbers)) use(range->first, range->second);
inline constexpr detail::adaptor_up_to<detail::make_min_max, 1> min_max{};

} // namespace simul
