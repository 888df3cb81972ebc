#pragma once

#include <simul/gen/detail/toolkit/awaited.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// What a total and the next element make: the function's arguments are those of std::accumulate.
template <class Item, class Fn, class Total>
decltype(auto) add_to(Fn& fn, Total& total, typename Item::type& element) {
    using T = typename Item::type;
    static_assert(std::is_invocable_v<Fn&, Total&&, typename Item::passed> ||
                      std::is_invocable_v<Fn&, Total&&, T&>,
                  "this function cannot be called with the total so far and an element of the "
                  "sequence");
    if constexpr (std::is_invocable_v<Fn&, Total&&, typename Item::passed>) {
        return std::invoke(fn, std::move(total), static_cast<typename Item::passed>(element));
    } else {
        return std::invoke(fn, std::move(total), element);
    }
}
template <class Item, class Fn, class Total>
using added = decltype(add_to<Item>(std::declval<Fn&>(), std::declval<Total&>(),
                                    std::declval<typename Item::type&>()));

/// A running total: without a first one it begins with the first element.
template <class Source, class Fn, class Total, bool BeginsWithFirst>
class accumulate_stage : public stage<Source> {
    static_assert(
        std::convertible_to<added<typename Source::item, Fn, Total>, Total>,
        "what this function returns is no total: it cannot be converted to the first one");
    static_assert(BeginsWithFirst || Source::item::lives == life::lasting || !holds_views<Total>,
                  "a total that is a view of an element is gone by the next one: begin with a "
                  "string");

public:
    using item = lent<const Total>;

    accumulate_stage(Source&& source, Fn&& fn)
        : stage<Source>(std::move(source)), fn_(std::move(fn)) {}
    accumulate_stage(Source&& source, Fn&& fn, Total&& first)
        : stage<Source>(std::move(source)), fn_(std::move(fn)), total_(std::move(first)) {}

    const Total* poll() {
        if constexpr (!BeginsWithFirst) {
            if (!began_) {
                began_ = true;
                return std::addressof(*total_);
            }
        }
        auto* const element = this->poll_source();
        if (element == nullptr) return nullptr;
        if constexpr (BeginsWithFirst) {
            if (!total_) [[unlikely]] {
                total_.emplace(Source::item::keep(*element));
                return std::addressof(*total_);
            }
        }
        *total_ = static_cast<Total>(add_to<typename Source::item>(fn_, *total_, *element));
        return std::addressof(*total_);
    }

private:
    [[no_unique_address]] Fn fn_;
    std::optional<Total> total_;
    bool began_ = false;
};

template <bool BeginsWithFirst, class Total, class Reader, class Fn>
async_generator<const Total> accumulate_each(Reader from, Fn with, std::optional<Total> first) {
    co_await only_destructors();
    using item = typename Reader::item;
    Reader reader(std::move(from)); // these end with the body, parameters only with the frame
    Fn fn(std::move(with));
    std::optional<Total> total(std::move(first));
    if constexpr (BeginsWithFirst) {
        auto element = co_await reader.next();
        if (!element) co_return;
        total.emplace(item::keep(*element));
    }
    co_yield *total;
    while (auto element = co_await reader.next()) {
        Total sum = co_await add_to<item>(fn, *total, *element);
        *total = std::move(sum);
        co_yield *total;
    }
}

struct make_accumulate {
    template <class Source, class Fn = std::plus<>>
    static auto make(Source&& source, Fn&& fn = Fn()) {
        using total = typename chain_of<Source>::item::value_type;
        return begin<true, total>(std::forward<Source>(source), std::forward<Fn>(fn),
                                  std::optional<total>());
    }
    template <class Source, class Fn, class Total>
    static auto make(Source&& source, Fn&& fn, Total&& first) {
        return begin<false, Total>(std::forward<Source>(source), std::forward<Fn>(fn),
                                   std::optional<Total>(std::forward<Total>(first)));
    }

private:
    template <bool BeginsWithFirst, class Total, class Source, class Fn>
    static auto begin(Source&& source, Fn fn, std::optional<Total> first) {
        using chain = chain_of<Source>;
        if constexpr (awaitable<added<typename chain::item, Fn, Total>>) {
            auto totals = accumulate_each<BeginsWithFirst, Total>(
                as_reader(as_chain(std::forward<Source>(source))), std::move(fn), std::move(first));
            return as_pipe(async_root<decltype(totals)>(std::move(totals)));
        } else {
            using made = accumulate_stage<chain, Fn, Total, BeginsWithFirst>;
            if constexpr (BeginsWithFirst) {
                return as_pipe(made(as_chain(std::forward<Source>(source)), std::move(fn)));
            } else {
                return as_pipe(
                    made(as_chain(std::forward<Source>(source)), std::move(fn), std::move(*first)));
            }
        }
    }
};

} // namespace detail

/// Running totals: the first element, then `fn(total, element)` for each further one; `fn` adds
/// unless another is given, and may return a task. A value to begin with comes first itself, and
/// fixes the type of the totals.
///
///     numbers | simul::accumulate()                                    // 1 2 3 4: 1 3 6 10
///     numbers | simul::accumulate([](int a, int b) { return a * b; })  // 1 2 6 24
///     words | simul::accumulate(add_length, std::size_t{0})            // 0 first
inline constexpr detail::adaptor_up_to<detail::make_accumulate, 2> accumulate{};

} // namespace simul
