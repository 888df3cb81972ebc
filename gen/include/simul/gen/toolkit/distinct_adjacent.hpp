#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// The key of an element, as a value that stays.
template <class Item, class Fn>
struct key_type {
    using type = std::remove_cvref_t<look_result<Item, Fn>>;
    static_assert(!awaitable<type>,
                  "a key cannot be a task: let simul::transform pair each element with its key");
};
template <class Item, class Fn>
using key_of = typename key_type<Item, Fn>::type;

template <class Key, class Found>
bool is_key(const Key& key, const Found& found) {
    if constexpr (requires { key == found; }) {
        return static_cast<bool>(key == found);
    } else if constexpr (parts_of<Key> != 0 && parts_of<Key> == parts_of<Found>) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (is_key(std::get<I>(key), std::get<I>(found)) && ...);
        }(std::make_index_sequence<parts_of<Key>>());
    } else {
        return key == make_value<Key>(found);
    }
}

template <class Source, class Fn>
class distinct_stage : public stage<Source> {
    using key = kept_type<key_of<typename Source::item, Fn>>;

public:
    using item = typename Source::item;

    distinct_stage(Source&& source, Fn&& fn)
        : stage<Source>(std::move(source)), fn_(std::move(fn)) {}

    typename item::type* poll() {
        while (auto* const element = this->poll_source()) {
            auto&& next = look<item>(fn_, *element);
            if (!last_ || !is_key(*last_, next)) {
                put_value(last_, next);
                return element;
            }
        }
        return nullptr;
    }

private:
    [[no_unique_address]] Fn fn_;
    std::optional<key> last_;
};

struct make_distinct_adjacent {
    template <class Source, class Fn = std::identity>
    static auto make(Source&& source, Fn&& fn = Fn()) {
        return as_pipe(distinct_stage<chain_of<Source>, std::remove_cvref_t<Fn>>(
            as_chain(std::forward<Source>(source)), std::forward<Fn>(fn)));
    }
};

} // namespace detail

/// Of equal elements that follow each other, or of those with equal keys, the first.
///
///     {1, 1, 2, 1}  ->  1 2 1
///     rows | simul::distinct_adjacent(&row::day)
inline constexpr detail::adaptor_up_to<detail::make_distinct_adjacent, 1> distinct_adjacent{};

} // namespace simul
