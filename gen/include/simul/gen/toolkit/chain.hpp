#pragma once

#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/several.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// What the elements of several sequences have in common: their type, or one to convert them to.
template <class First, class... Items>
struct common_item {
    // A view must not be one of a value that has only been made to be converted.
    template <class Item, class To>
    static constexpr bool is_direct =
        (is_plain_item<Item> && std::constructible_from<To, typename Item::passed>) ||
        std::same_as<typename Item::value_type, To>;
    using shared = std::common_type_t<typename First::value_type, typename Items::value_type...>;
    using common = std::conditional_t<holds_views<shared> && !(is_direct<First, shared> && ... &&
                                                               is_direct<Items, shared>),
                                      kept_type<shared>, shared>;
    static constexpr life lives = life_of_result<shortest({First::lives, Items::lives...}), common>;
    using type = given<common, kept_in_life<common, lives>, lives>;
    static constexpr bool converts = true;

    template <class Item>
    static common convert(typename Item::type& element) {
        if constexpr (is_plain_item<Item> &&
                      std::constructible_from<common, typename Item::passed>) {
            return static_cast<common>(static_cast<typename Item::passed>(element));
        } else {
            return make_value<common>(Item::keep(element));
        }
    }
};
template <class First, class... Items>
    requires(std::same_as<std::remove_cv_t<typename First::type>,
                          std::remove_cv_t<typename Items::type>> &&
             ...)
struct common_item<First, Items...> {
    static constexpr bool is_constant =
        (std::is_const_v<typename First::type> || ... || std::is_const_v<typename Items::type>);
    using element = std::conditional_t<is_constant, std::add_const_t<typename First::type>,
                                       typename First::type>;
    // Where views last longer in one sequence than in another, they are kept as in the latter.
    using value =
        std::conditional_t<(std::same_as<typename First::value_type, typename Items::value_type> &&
                            ...),
                           typename First::value_type, kept_type<typename First::value_type>>;
    using type = std::conditional_t<
        !is_plain_item<First> && (std::same_as<First, Items> && ...), First,
        item<element, value, (First::owned && ... && Items::owned) && !is_constant,
             shortest({First::lives, Items::lives...})>>;
    static constexpr bool converts = false;
};

template <class... Sources>
class chain_stage {
    using common = common_item<typename Sources::item...>;

public:
    using item = typename common::type;
    static constexpr bool is_async = false;

    explicit chain_stage(Sources&&... sources) : sources_(std::move(sources)...) {}

    typename item::type* poll() { return poll_from<0>(); }

private:
    template <std::size_t I>
    typename item::type* poll_from() {
        if constexpr (I == sizeof...(Sources)) {
            return nullptr;
        } else {
            if (at_ == I) {
                auto& source = std::get<I>(sources_);
                if (auto* const element = source.poll()) {
                    if constexpr (common::converts) {
                        using from = typename std::tuple_element_t<I, std::tuple<Sources...>>::item;
                        return made_.put([&] { return common::template convert<from>(*element); });
                    } else {
                        return element;
                    }
                }
                ++at_;
            }
            return poll_from<I + 1>();
        }
    }

    struct nothing {};

    std::tuple<Sources...> sources_;
    std::size_t at_ = 0;
    [[no_unique_address]] std::conditional_t<common::converts, result_slot<typename item::type>,
                                             nothing> made_;
};

template <class First, class Second,
          class Common = common_item<typename First::item, typename Second::item>>
async_generator<typename Common::type::type> chain_both(First one, Second other) {
    co_await only_destructors();
    using element = typename Common::type::type;
    Second second(std::move(other)); // they end with the body, and the first one before that
    {
        First first(std::move(one));
        while (auto found = co_await first.next()) {
            if constexpr (Common::converts) {
                element converted = Common::template convert<typename First::item>(*found);
                co_yield converted;
            } else {
                co_yield static_cast<element&>(*found);
            }
        }
    }
    while (auto found = co_await second.next()) {
        if constexpr (Common::converts) {
            element converted = Common::template convert<typename Second::item>(*found);
            co_yield converted;
        } else {
            co_yield static_cast<element&>(*found);
        }
    }
}

struct make_chain {
    template <class... Sources>
    static auto make(Sources&&... sources) {
        if constexpr (any_async<Sources...>) {
            return one_after_the_other(std::forward<Sources>(sources)...);
        } else {
            return as_pipe(
                chain_stage<chain_of<Sources>...>(as_chain(std::forward<Sources>(sources))...));
        }
    }

private:
    template <class First, class Second, class... More>
    static auto one_after_the_other(First&& first, Second&& second, More&&... more) {
        using common = common_item<typename chain_of<First>::item, typename chain_of<Second>::item>;
        auto both = chain_both(as_reader(as_chain(std::forward<First>(first))),
                               as_reader(as_chain(std::forward<Second>(second))));
        auto pipe = as_pipe(async_root<decltype(both), typename common::type>(std::move(both)));
        if constexpr (sizeof...(More) == 0) {
            return pipe;
        } else {
            return one_after_the_other(std::move(pipe), std::forward<More>(more)...);
        }
    }
};

} // namespace detail

/// The elements of one sequence, then those of the next. Elements of different types become what
/// these have in common.
///
///     simul::chain(header, body, footer)
///     simul::lines("a.txt") | simul::chain(simul::lines("b.txt"))
inline constexpr detail::adaptor_of_several<detail::make_chain> chain{};

} // namespace simul
