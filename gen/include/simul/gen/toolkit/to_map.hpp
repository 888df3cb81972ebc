#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/sink.hpp>

#include <concepts>
#include <map>
#include <tuple>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class Value>
concept key_and_value = requires(Value& value) {
    requires std::tuple_size<Value>::value == 2;
    std::get<0>(value);
    std::get<1>(value);
};

/// The elements of a map have constant keys.
template <class Value>
using key_part = std::remove_const_t<std::tuple_element_t<0, Value>>;
template <class Value>
using value_part = std::tuple_element_t<1, Value>;

/// Whether a part of an entry becomes a view of it, when the entry itself is not kept.
template <class To, class Part>
inline constexpr bool views_entry =
    holds_views<To> && !std::same_as<To, Part> && !is_no_memory<Part>;

template <class Map, class Item>
class map_sink {
    using value = typename Item::value_type;
    static_assert(!views_entry<typename Map::key_type, key_part<value>> &&
                      !views_entry<typename Map::mapped_type, value_part<value>>,
                  "the keys or values of this map would be views of elements that are gone by the "
                  "next one: let simul::to_map make strings of them");

public:
    bool take(typename Item::type& element) {
        auto entry = Item::keep(element);
        map_.insert_or_assign(std::get<0>(std::move(entry)), std::get<1>(std::move(entry)));
        return true;
    }
    Map finish() { return std::move(map_); }

private:
    Map map_;
};

template <class Map>
struct make_map {
    template <class Source>
    static auto make(Source&& source) {
        using item = sink_item<Source>;
        using value = typename item::value_type;
        static_assert(key_and_value<value>,
                      "simul::to_map needs pairs of a key and a value: make them with "
                      "simul::transform, or with simul::zip");
        if constexpr (std::is_void_v<Map>) {
            using map = std::map<key_part<value>, value_part<value>>;
            return drain(std::forward<Source>(source), map_sink<map, item>());
        } else {
            return drain(std::forward<Source>(source), map_sink<Map, item>());
        }
    }
};

template <template <class...> class Map>
struct make_map_of {
    template <class Source>
    static auto make(Source&& source) {
        using value = typename sink_item<Source>::value_type;
        static_assert(key_and_value<value>, "simul::to_map needs pairs of a key and a value");
        using map = Map<key_part<value>, value_part<value>>;
        return make_map<map>::make(std::forward<Source>(source));
    }
};

} // namespace detail

/// A map of pairs of key and value: a `std::map` unless another is asked for, as a type or as a
/// template. Of several values for one key the last one counts.
///
///     auto ages = simul::to_map(simul::zip(names, years));
///     auto index = simul::to_map<std::unordered_map>(rows | simul::transform(key_and_row));
template <class Map = void, class Source>
auto to_map(Source&& source) {
    return detail::make_map<Map>::make(std::forward<Source>(source));
}
template <template <class...> class Map, class Source>
auto to_map(Source&& source) {
    return detail::make_map_of<Map>::make(std::forward<Source>(source));
}
/// The same at the end of a pipe.
template <class Map = void>
auto to_map() {
    return detail::make_closure<detail::make_map<Map>>();
}
template <template <class...> class Map>
auto to_map() {
    return detail::make_closure<detail::make_map_of<Map>>();
}

} // namespace simul
