#pragma once

#include <simul/coro/detail/gate.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/detail/toolkit/source.hpp>
#include <simul/loop/loop.hpp>

#include <concepts>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>

namespace simul::detail {

/// A task of a stage, on a line of its own. When the stage ends before it, it is cancelled and
/// holds up who ends the stage until its clean-up has ended.
class background {
public:
    background(task<> work, const char* name) : task_(spawn(std::move(work), name)) {}
    background(const background&) = delete;
    background& operator=(const background&) = delete;
    ~background() {
        if (!task_.done()) leave_behind(join_access::state(task_));
    }

private:
    join_handle<> task_;
};

/// Whether the elements that a reader gives stay where they are when the next one is asked for.
template <class Reader>
inline constexpr bool elements_stay = false;
template <class View>
inline constexpr bool elements_stay<as_async<range_root<View>>> =
    std::ranges::forward_range<View> &&
    (!range_root<View>::item::owned ||
     (owns_elements<View> && !std::move_constructible<std::ranges::range_value_t<View>>));

/// What a task of its own gets of an element: the element itself if that stays, else a value.
template <class Reader>
using element_of_own = std::conditional_t<elements_stay<Reader>, typename Reader::item::type&,
                                          typename Reader::item::value_type>;

template <class Reader>
element_of_own<Reader> take_element(typename Reader::item::type& element) {
    if constexpr (elements_stay<Reader>) {
        return element;
    } else {
        return Reader::item::keep(element);
    }
}

/// Whether a reader can be asked for `next()` without awaiting it.
template <class Reader>
inline constexpr bool peeks_reader = peeks<Reader>;
template <class Chain>
inline constexpr bool peeks_reader<as_async<Chain>> = true;
template <class Source, class Item>
inline constexpr bool peeks_reader<async_root<Source, Item>> =
    peeks<std::remove_reference_t<Source>>;

/// A coroutine stage as a pipe.
template <class Item, class Generator>
auto as_stage(Generator&& elements) {
    return as_pipe(async_root<Generator, Item>(std::move(elements)));
}

} // namespace simul::detail
