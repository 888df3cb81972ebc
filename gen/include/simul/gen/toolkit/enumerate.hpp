#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/toolkit/take.hpp>

#include <cstddef>
#include <utility>

namespace simul {
namespace detail {

template <class Item>
struct numbered_item {
    using type = std::pair<std::size_t, typename Item::type&>;
    using value_type = std::pair<std::size_t, typename Item::value_type>;
    using passed = type&&;
    static constexpr bool owned = true;
    static constexpr life lives = Item::lives;

    static value_type keep(type& element) {
        return value_type(element.first, Item::keep(element.second));
    }
};

template <class Source>
class enumerate_stage : public stage<Source> {
public:
    using item = numbered_item<typename Source::item>;

    enumerate_stage(Source&& source, std::size_t first)
        : stage<Source>(std::move(source)), next_(first) {}

    typename item::type* poll() {
        auto* const element = this->poll_source();
        if (element == nullptr) return nullptr;
        return pair_.put([&] { return typename item::type(next_++, *element); });
    }

private:
    std::size_t next_;
    result_slot<typename item::type> pair_;
};

struct make_enumerate {
    template <class Source, class Count = std::size_t>
    static auto make(Source&& source, Count first = 0) {
        return as_pipe(enumerate_stage<chain_of<Source>>(as_chain(std::forward<Source>(source)),
                                                         checked_count_of(first, "enumerate")));
    }
};

} // namespace detail

/// The elements with their numbers, from 0 or another one: pairs of a `std::size_t` and a
/// reference.
///
///     for (auto [i, name] : names | simul::enumerate()) ...
///     auto numbered = simul::lines("log.txt") | simul::enumerate(1);
inline constexpr detail::adaptor_up_to<detail::make_enumerate, 1> enumerate{};

} // namespace simul
