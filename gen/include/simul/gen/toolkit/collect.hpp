#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/sink.hpp>

#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul {
namespace detail {

template <class Container, class Value>
void insert_into(Container& container, Value&& value) {
    if constexpr (requires { container.push_back(std::forward<Value>(value)); }) {
        container.push_back(std::forward<Value>(value));
    } else if constexpr (requires { container.insert(std::forward<Value>(value)); }) {
        container.insert(std::forward<Value>(value));
    } else {
        static_assert(
            requires { container.push(std::forward<Value>(value)); },
            "simul::collect needs a container with push_back, insert or push that takes "
            "the elements");
        container.push(std::forward<Value>(value));
    }
}

template <class Container, class Item>
class collect_sink {
public:
    bool take(typename Item::type& element) {
        if constexpr (makes_other_values) {
            using value = typename Container::value_type;
            static_assert(Item::lives == life::lasting ||
                              !(holds_views<value> || hides_views<value>),
                          "these would be views of elements that are gone by the next one: let "
                          "simul::collect make strings of them");
            insert_into(collected_, make_value<value>(static_cast<typename Item::passed>(element)));
        } else {
            insert_into(collected_, Item::keep(element));
        }
        return true;
    }
    Container finish() { return std::move(collected_); }

private:
    static constexpr bool makes_other_values = [] {
        if constexpr (requires { typename Container::value_type; }) {
            using value = typename Container::value_type;
            return !std::same_as<value, typename Item::value_type> &&
                   made_from<value, typename Item::passed>;
        }
        return false;
    }();

    Container collected_;
};

template <class Container>
struct make_collect {
    template <class Source>
    static auto make(Source&& source) {
        using item = sink_item<Source>;
        using container = std::conditional_t<std::is_void_v<Container>,
                                             std::vector<typename item::value_type>, Container>;
        return drain(std::forward<Source>(source), collect_sink<container, item>());
    }
};

template <template <class...> class Container>
struct make_collect_of {
    template <class Source>
    static auto make(Source&& source) {
        using container = Container<typename sink_item<Source>::value_type>;
        return make_collect<container>::make(std::forward<Source>(source));
    }
};

} // namespace detail

/// All elements in a container: a `std::vector` unless another is asked for, as a type or, with its
/// elements left open, as a template. What an async sequence gives is to be awaited.
///
///     std::vector<int> v = co_await simul::collect(std::move(evens));
///     auto names = simul::collect<std::set<std::string>>(people |
///     simul::transform(&person::name)); auto queue = simul::collect<std::deque>(numbers());
///
/// Elements that the pipe has made are moved in, and those of a container that is given away; those
/// of a container with a name or of a generator are copied. Views of what lives only until the next
/// element, such as lines or the fields of a row, become strings.
template <class Container = void, class Source>
auto collect(Source&& source) {
    return detail::make_collect<Container>::make(std::forward<Source>(source));
}
template <template <class...> class Container, class Source>
auto collect(Source&& source) {
    return detail::make_collect_of<Container>::make(std::forward<Source>(source));
}
/// The same at the end of a pipe: `numbers() | simul::collect()`.
template <class Container = void>
auto collect() {
    return detail::make_closure<detail::make_collect<Container>>();
}
template <template <class...> class Container>
auto collect() {
    return detail::make_closure<detail::make_collect_of<Container>>();
}

} // namespace simul
