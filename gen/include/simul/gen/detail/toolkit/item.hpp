#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul::csv {
class row;
}

namespace simul::detail {

/// Makes a value of an element: as it is, or of its parts when it is a view of some, or holds
/// views.
template <class Value, class From>
Value make_value(From&& from);

template <class T>
inline constexpr std::size_t parts_of = 0;
template <class A, class B>
inline constexpr std::size_t parts_of<std::pair<A, B>> = 2;
template <class... Ts>
inline constexpr std::size_t parts_of<std::tuple<Ts...>> = sizeof...(Ts);
template <class T, std::size_t N>
inline constexpr std::size_t parts_of<std::array<T, N>> = N;
template <class T>
inline constexpr bool is_an_optional = false;
template <class T>
inline constexpr bool is_an_optional<std::optional<T>> = true;

template <class Value, class From>
constexpr bool can_make() {
    using plain = std::remove_cvref_t<From>;
    if constexpr (std::constructible_from<Value, From>) {
        return true;
    } else if constexpr (parts_of<Value> != 0 && parts_of<Value> == parts_of<plain>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (can_make<std::tuple_element_t<I, Value>,
                             decltype(std::get<I>(std::declval<From>()))>() &&
                    ...);
        }(std::make_index_sequence<parts_of<Value>>());
    } else if constexpr (is_an_optional<Value> && is_an_optional<plain>) {
        return can_make<typename Value::value_type, decltype(*std::declval<From>())>();
    } else {
        return requires(From&& from) { Value(from.begin(), from.end()); };
    }
}
template <class Value, class From>
concept made_from = can_make<Value, From>();

template <class Value, class From>
Value make_value(From&& from) {
    using plain = std::remove_cvref_t<From>;
    if constexpr (std::constructible_from<Value, From>) {
        return Value(std::forward<From>(from));
    } else if constexpr (parts_of<Value> != 0 && parts_of<Value> == parts_of<plain>) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return Value{make_value<std::tuple_element_t<I, Value>>(
                std::get<I>(std::forward<From>(from)))...};
        }(std::make_index_sequence<parts_of<Value>>());
    } else if constexpr (is_an_optional<Value> && is_an_optional<plain>) {
        if (!from) return std::nullopt;
        return make_value<typename Value::value_type>(*std::forward<From>(from));
    } else if constexpr (requires { typename Value::value_type; }) {
        using part_type = typename Value::value_type;
        if constexpr (std::constructible_from<part_type, decltype(*from.begin())>) {
            return Value(from.begin(), from.end());
        } else {
            Value made;
            for (auto&& part : from) made.insert(made.end(), make_value<part_type>(part));
            return made;
        }
    } else {
        return Value(from.begin(), from.end());
    }
}

/// What is kept of something that is, or is made of, views of memory that is gone by the next
/// element: strings and vectors.
template <class T>
struct kept_of {
    using type = T;
};
template <class T>
using kept_type = typename kept_of<std::remove_cvref_t<T>>::type;
/// Whether something is made of views.
template <class T>
inline constexpr bool holds_views = !std::same_as<kept_type<T>, std::remove_cvref_t<T>>;
template <class T>
using kept_part = std::conditional_t<std::is_reference_v<T> || holds_views<T>, kept_type<T>, T>;
template <class Char, class Traits>
struct kept_of<std::basic_string_view<Char, Traits>> {
    using type = std::basic_string<Char, Traits>;
};
template <class T, std::size_t N>
struct kept_of<std::span<T, N>> {
    using type = std::vector<kept_type<T>>;
};
template <class A, class B>
struct kept_of<std::pair<A, B>> {
    using type = std::pair<kept_part<A>, kept_part<B>>;
};
template <class... Ts>
struct kept_of<std::tuple<Ts...>> {
    using type = std::tuple<kept_part<Ts>...>;
};
template <class T>
struct kept_of<std::optional<T>> {
    using type = std::optional<kept_part<T>>;
};
template <class T, std::size_t N>
struct kept_of<std::array<T, N>> {
    using type = std::array<kept_part<T>, N>;
};
template <template <class, class> class List, class T>
struct kept_of<List<T, std::allocator<T>>> {
    using type = List<kept_part<T>, std::allocator<kept_part<T>>>;
};
template <template <class, class, class, class> class Map, class K, class V>
struct kept_of<Map<K, V, std::less<K>, std::allocator<std::pair<const K, V>>>> {
    using key = kept_part<K>;
    using value = kept_part<V>;
    using type = Map<key, value, std::less<key>, std::allocator<std::pair<const key, value>>>;
};

/// Whether there are views in a container of which none is known that holds strings instead.
template <class T>
inline constexpr bool hides_views = false;
template <class T>
    requires requires { typename T::value_type; } && (!std::same_as<typename T::value_type, T>)
inline constexpr bool hides_views<T> = holds_views<typename T::value_type>;

/// How long the memory lasts that an element is in, or that it refers to.
enum class life : std::uint8_t {
    lasting, ///< as long as the source: elements of a container with a name, and plain numbers
    own,     ///< till the next element: of what belongs to the pipe, to a generator, to a stage
    passing, ///< the same, and what views the element holds go with it
};

/// Whether no view can be one of the object itself: it is a number, or refers to something else.
template <class T>
inline constexpr bool is_no_memory = std::is_scalar_v<T> || std::ranges::enable_borrowed_range<T>;
template <class A, class B>
inline constexpr bool is_no_memory<std::pair<A, B>> = is_no_memory<A> && is_no_memory<B>;
template <class... Ts>
inline constexpr bool is_no_memory<std::tuple<Ts...>> = (is_no_memory<Ts> && ...);
template <class T>
inline constexpr bool is_no_memory<std::optional<T>> = is_no_memory<T>;

/// Of an object that is gone by the next element.
template <class T>
inline constexpr life life_of = is_no_memory<std::remove_cvref_t<T>> ? life::lasting : life::own;
template <>
inline constexpr life life_of<csv::row> = life::passing;
template <>
inline constexpr life life_of<const csv::row> = life::passing;

/// Of what a function has made of an element: a view of it, for all one knows.
template <life Of, class Result>
inline constexpr life life_of_result = Of != life::lasting                  ? life::passing
                                       : std::is_lvalue_reference_v<Result> ? life::lasting
                                                                            : life_of<Result>;
/// Of a part of an element.
template <life Of, class Part>
inline constexpr life life_of_part = Of == life::own ? life_of<Part> : Of;

constexpr life shortest(std::initializer_list<life> lives) { return std::max(lives); }

/// What a sink makes of an element that it is to keep.
template <class T, life Life>
using kept_in_life =
    typename std::conditional_t<Life == life::passing, kept_of<std::remove_cvref_t<T>>,
                                std::remove_cvref<T>>::type;

/// What the elements of a sequence are. T is what `next()` points to, and Value what a sink makes
/// of one that is to be kept. One that is `Owned` belongs to the pipe alone, so that who comes last
/// may move it away.
template <class T, class Value = std::remove_cv_t<T>, bool Owned = false, life Life = life_of<T>>
struct item {
    using type = T;
    using value_type = Value;
    using passed = std::conditional_t<Owned, T&&, T&>;
    static constexpr bool owned = Owned;
    static constexpr life lives = Life;

    static Value keep(T& element) {
        static_assert(!std::same_as<std::remove_cv_t<T>, csv::row>,
                      "a csv::row is a view of the reader's memory and cannot be kept: take what "
                      "you need from it first, with simul::transform");
        static_assert(Life != life::passing || !hides_views<Value>,
                      "there are views in these elements, of memory that is gone by the next one: "
                      "let simul::transform make strings of them");
        static_assert(made_from<Value, passed>,
                      "these elements cannot be copied and belong to a container or generator that "
                      "is still there: give it away with std::move, or let simul::transform make "
                      "something of them");
        return make_value<Value>(static_cast<passed>(element));
    }
};

/// An element that belongs to somebody else.
template <class T, class Value = std::remove_cv_t<T>, life Life = life_of<T>>
using lent = item<T, Value, false, Life>;
/// An element that belongs to the pipe.
template <class T, class Value = std::remove_cv_t<T>, life Life = life_of<T>>
using given = item<T, Value, true, Life>;

template <class Item>
inline constexpr bool is_plain_item = false;
template <class T, class Value, bool Owned, life Life>
inline constexpr bool is_plain_item<item<T, Value, Owned, Life>> = true;

/// The same elements, when what they refer to is gone by the next one.
template <class Item>
struct only_passing : Item {
    using value_type = kept_type<typename Item::value_type>;
    static constexpr life lives = life::passing;

    static value_type keep(typename Item::type& element) {
        return make_value<value_type>(Item::keep(element));
    }
};
template <class Item>
struct passing_item {
    using type = only_passing<Item>;
};
template <class T, class Value, bool Owned, life Life>
struct passing_item<item<T, Value, Owned, Life>> {
    using type = item<T, kept_type<Value>, Owned, life::passing>;
};

template <class... Ts>
struct tuple_of {
    using type = std::tuple<Ts...>;
};
template <class A, class B>
struct tuple_of<A, B> {
    using type = std::pair<A, B>;
};

/// Elements of several sequences side by side: references, in a pair or a tuple.
template <class... Items>
struct joined_item {
    using type = typename tuple_of<typename Items::type&...>::type;
    using value_type = typename tuple_of<typename Items::value_type...>::type;
    using passed = type&&;
    static constexpr bool owned = true;
    static constexpr life lives = shortest({Items::lives...});

    static value_type keep(type& element) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return value_type(Items::keep(std::get<I>(element))...);
        }(std::index_sequence_for<Items...>());
    }
};

/// Whether an element can be kept in the place of an earlier one, whose memory is then used again.
template <class Item>
inline constexpr bool replaces =
    std::assignable_from<typename Item::value_type&, typename Item::passed>;
template <class T, class Value, bool Owned, life Life>
    requires(!std::same_as<Value, std::remove_cv_t<T>>)
inline constexpr bool replaces<item<T, Value, Owned, Life>> =
    std::is_assignable_v<Value&, typename item<T, Value, Owned, Life>::passed>;

/// Keeps something in an empty place.
template <class Value, class From>
void emplace_value(std::optional<Value>& place, From&& from) {
    if constexpr (std::constructible_from<Value, From>) {
        place.emplace(std::forward<From>(from));
    } else {
        place.emplace(make_value<Value>(std::forward<From>(from)));
    }
}
/// Keeps something in a place that may hold an earlier one.
template <class Value, class From>
void put_value(std::optional<Value>& place, From&& from) {
    if constexpr (std::is_assignable_v<Value&, From>) {
        if (place) {
            *place = std::forward<From>(from);
            return;
        }
    }
    emplace_value(place, std::forward<From>(from));
}
template <class Item>
typename Item::value_type& keep_in(std::optional<typename Item::value_type>& place,
                                   typename Item::type& element) {
    if constexpr (replaces<Item>) {
        if (place) {
            *place = static_cast<typename Item::passed>(element);
            return *place;
        }
    }
    return place.emplace(Item::keep(element));
}

/// The elements of a generator of T: its body may look at them again, so they are only moved away
/// when they cannot be copied, or when it says so with T&&.
template <class T>
inline constexpr bool hands_over =
    std::is_rvalue_reference_v<T> ||
    (!std::is_reference_v<T> && !std::copy_constructible<std::remove_cv_t<T>> &&
     !std::is_const_v<T>);

template <class Fn, class Tuple>
inline constexpr bool takes_parts = false;
template <class Fn, class A, class B>
inline constexpr bool takes_parts<Fn, std::pair<A, B>> = std::is_invocable_v<Fn&, A&, B&>;
template <class Fn, class... Ts>
inline constexpr bool takes_parts<Fn, std::tuple<Ts...>> = std::is_invocable_v<Fn&, Ts&...>;

template <class Fn, class T>
concept function_of = std::is_invocable_v<Fn&, T&> || std::is_invocable_v<Fn&, T&&> ||
                      takes_parts<Fn, std::remove_cv_t<T>>;

/// Calls a stage's function with an element to use up, or with its parts if it is a tuple and the
/// function takes those.
template <class Item, class Fn>
decltype(auto) call(Fn& fn, typename Item::type& element) {
    using T = typename Item::type;
    static_assert(function_of<Fn, T>,
                  "this function cannot be called with an element of the sequence");
    if constexpr (std::is_invocable_v<Fn&, typename Item::passed>) {
        return std::invoke(fn, static_cast<typename Item::passed>(element));
    } else if constexpr (std::is_invocable_v<Fn&, T&>) {
        return std::invoke(fn, element);
    } else {
        return std::apply(fn, element);
    }
}

/// The same for one that only looks at the element.
template <class Item, class Fn>
decltype(auto) look(Fn& fn, typename Item::type& element) {
    using T = typename Item::type;
    static_assert(std::is_invocable_v<Fn&, T&> || takes_parts<Fn, std::remove_cv_t<T>>,
                  "this function cannot be called with an element of the sequence, which it is to "
                  "look at and not to use up");
    if constexpr (std::is_invocable_v<Fn&, T&>) {
        return std::invoke(fn, element);
    } else {
        return std::apply(fn, element);
    }
}

template <class Item, class Fn>
using call_result = decltype(call<Item>(std::declval<Fn&>(), std::declval<typename Item::type&>()));
template <class Item, class Fn>
using look_result = decltype(look<Item>(std::declval<Fn&>(), std::declval<typename Item::type&>()));

/// Calls a predicate.
template <class Item, class Fn>
bool holds(Fn& fn, typename Item::type& element) {
    static_assert(std::convertible_to<look_result<Item, Fn>, bool>,
                  "this function has to return whether the element is meant: a bool");
    return static_cast<bool>(look<Item>(fn, element));
}

/// A place for what a function has just made. It does not move along: an element is no longer valid
/// then.
template <class T>
class result_slot {
public:
    result_slot() noexcept = default;
    result_slot(result_slot&&) noexcept {}
    result_slot& operator=(result_slot&&) = delete;
    ~result_slot() = default;

    template <class Make>
    T* put(Make&& make) {
        return std::addressof(value_.emplace(std::forward<Make>(make)()));
    }

private:
    std::optional<T> value_;
};

} // namespace simul::detail
