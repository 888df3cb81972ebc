#pragma once

#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/several.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

namespace simul {
namespace detail {

/// Pointers side by side, of which some are null.
template <class... Items>
struct padded_item {
    using type = typename tuple_of<typename Items::type*...>::type;
    using value_type = typename tuple_of<std::optional<typename Items::value_type>...>::type;
    using passed = type&&;
    static constexpr bool owned = true;
    static constexpr life lives = shortest({Items::lives...});

    static value_type keep(type& element) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return value_type(keep_part<Items>(std::get<I>(element))...);
        }(std::index_sequence_for<Items...>());
    }

private:
    template <class Item>
    static std::optional<typename Item::value_type> keep_part(typename Item::type* part) {
        if (part == nullptr) return std::nullopt;
        return Item::keep(*part);
    }
};

template <class... Sources>
class zip_longest_stage {
public:
    using item = padded_item<typename Sources::item...>;
    static constexpr bool is_async = false;

    explicit zip_longest_stage(Sources&&... sources) : sources_(std::move(sources)...) {}

    typename item::type* poll() { return poll(std::index_sequence_for<Sources...>()); }

private:
    template <std::size_t... I>
    typename item::type* poll(std::index_sequence<I...>) {
        ((std::get<I>(found_) = std::get<I>(sources_).poll()), ...);
        return ((std::get<I>(found_) != nullptr) || ...) ? &found_ : nullptr;
    }

    std::tuple<Sources...> sources_;
    typename item::type found_;
};

template <std::size_t... I, class... Readers>
async_generator<typename padded_item<typename Readers::item...>::type>
zip_longest_each(std::index_sequence<I...>, Readers... from) {
    co_await only_destructors();
    std::tuple<Readers...> readers(std::move(from)...); // which end with the body
    std::tuple<last_read<Readers>...> found;
    for (;;) {
        (std::get<I>(found).put(co_await std::get<I>(readers).next()), ...);
        typename padded_item<typename Readers::item...>::type elements(std::get<I>(found).get()...);
        if (!((std::get<I>(elements) != nullptr) || ...)) break;
        co_yield elements;
    }
}

struct make_zip_longest {
    template <class... Sources>
    static auto make(Sources&&... sources) {
        if constexpr (any_async<Sources...>) {
            auto tuples = zip_longest_each(std::index_sequence_for<Sources...>(),
                                           as_reader(as_chain(std::forward<Sources>(sources)))...);
            using item = padded_item<typename reader_of<chain_of<Sources>>::item...>;
            return as_pipe(async_root<decltype(tuples), item>(std::move(tuples)));
        } else {
            return as_pipe(zip_longest_stage<chain_of<Sources>...>(
                as_chain(std::forward<Sources>(sources))...));
        }
    }
};

} // namespace detail

/// As `zip`, until the last of the sequences has ended: pairs or tuples of pointers, of which those
/// of the sequences that have ended are null. `collect` makes optionals of them.
///
///     for (auto [old_line, new_line] : simul::zip_longest(before, after)) ...
inline constexpr detail::adaptor_of_several<detail::make_zip_longest> zip_longest{};

} // namespace simul
