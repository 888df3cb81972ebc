#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/coro/task.hpp>

#include <concepts>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul::detail {

/// A named container of tasks is refused: gathering would empty it without saying so.
template <class Range>
concept range_of_awaitables =
    std::ranges::input_range<Range> && !awaitable<Range> &&
    awaitable<std::remove_cvref_t<std::ranges::range_reference_t<Range>>> &&
    (!std::is_lvalue_reference_v<Range> ||
     !std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>> ||
     std::copy_constructible<std::ranges::range_value_t<Range>>);

/// What a range's elements are taken as: those of a container that is moved from are moved from,
/// and so are those that cannot be copied; others are copied.
template <class Range>
using taken_element = std::conditional_t<
    (!std::is_lvalue_reference_v<Range> && !std::ranges::view<std::remove_cvref_t<Range>>) ||
        !std::copy_constructible<std::ranges::range_value_t<Range>>,
    std::ranges::range_rvalue_reference_t<Range>, std::ranges::range_reference_t<Range>>;

/// A range of awaitables as tasks; a vector of tasks passes as it is.
template <range_of_awaitables Range>
auto take_tasks(Range&& awaitables) {
    using element = taken_element<Range>;
    using made = task_for<element>;
    if constexpr (std::same_as<Range, std::vector<made>>) {
        return std::vector<made>(std::move(awaitables));
    } else {
        std::vector<made> tasks;
        if constexpr (std::ranges::sized_range<Range>) tasks.reserve(std::ranges::size(awaitables));
        for (auto&& each : awaitables) tasks.push_back(as_task(static_cast<element&&>(each)));
        return tasks;
    }
}

} // namespace simul::detail
