#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/sink.hpp>
#include <simul/gen/toolkit/accumulate.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class Item, class Total, class Fn>
class fold_sink {
    using result = added<Item, Fn, Total>;
    static_assert(Item::lives == life::lasting || !holds_views<Total>,
                  "a total that is a view of an element is gone by the next one: begin with a "
                  "string");

public:
    fold_sink(Total&& first, Fn&& fn) : total_(std::move(first)), fn_(std::move(fn)) {}

    auto take(typename Item::type& element) {
        if constexpr (awaitable<result>) {
            return take_and_wait(element);
        } else {
            static_assert(std::convertible_to<result, Total>,
                          "what this function returns is no total: it cannot be converted to the "
                          "first one");
            total_ = static_cast<Total>(add_to<Item>(fn_, total_, element));
            return true;
        }
    }
    Total finish() { return std::move(total_); }

private:
    task<bool> take_and_wait(typename Item::type& element) {
        Total sum = co_await add_to<Item>(fn_, total_, element);
        total_ = std::move(sum);
        co_return true;
    }

    Total total_;
    [[no_unique_address]] Fn fn_;
};

struct make_fold {
    template <class Source, class Total, class Fn>
    static auto make(Source&& source, Total&& first, Fn&& fn) {
        return drain(std::forward<Source>(source),
                     fold_sink<sink_item<Source>, Total, Fn>(std::move(first), std::move(fn)));
    }
};

struct make_sum {
    template <class Source>
    static auto make(Source&& source) {
        using value = typename sink_item<Source>::value_type;
        using total = std::conditional_t<std::same_as<value, bool>, std::size_t, value>;
        return make_fold::make(std::forward<Source>(source), total(), std::plus<>());
    }
    template <class Source, class Total>
    static auto make(Source&& source, Total&& first) {
        return make_fold::make(std::forward<Source>(source), std::move(first), std::plus<>());
    }
};

} // namespace detail

/// What is left of all elements when `total = fn(total, element)` has been done for each, from
/// `first` on; it has the type of `first`. `fn` may return a task.
///
///     long product = simul::fold(numbers, 1L, [](long total, int n) { return total * n; });
inline constexpr detail::adaptor_of<detail::make_fold, 2> fold{};

} // namespace simul
