#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/coro/task.hpp>
#include <simul/coro/task_group.hpp>
#include <simul/gen/detail/slots.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// What hands out its elements through an awaited `next()`: an async generator, a queue.
template <class Source>
concept async_source = requires(std::remove_reference_t<Source>& source) {
    *std::declval<await_result_t<decltype(source.next())>>();
};

template <class Source>
struct source_reference {
    using type =
        decltype(*std::declval<await_result_t<
                     decltype(std::declval<std::remove_reference_t<Source>&>().next())>>());
};
template <std::ranges::range Source>
    requires(!async_source<Source>)
struct source_reference<Source> {
    using type = std::ranges::range_reference_t<Source>;
};

/// What the function gets: the elements of a container themselves, and copies of those that are
/// gone when the next one is asked for. What cannot be copied is moved.
template <class Source, class Reference = typename source_reference<Source>::type>
using element_for_task =
    std::conditional_t<!async_source<Source> && std::ranges::forward_range<Source> &&
                           std::is_lvalue_reference_v<Reference>,
                       Reference, std::remove_cvref_t<Reference>>;

template <class Element, class Reference>
Element keep_element(Reference&& element) {
    if constexpr (std::constructible_from<Element, Reference>) {
        return static_cast<Element>(std::forward<Reference>(element));
    } else {
        return static_cast<Element>(std::move(element));
    }
}

template <class Element, class Fn>
task<> run_in_slot(taken_slot, Fn& fn, Element element) {
    co_await std::invoke(fn, static_cast<Element&&>(element));
}

template <class Source, class Fn>
task<> run_for_each(Source source, std::size_t limit, Fn fn) {
    using element = element_for_task<Source>;
    slots places(limit);
    const auto begin_all = [&](task_group& group) -> task<> {
        if constexpr (async_source<Source>) {
            while (auto next = co_await source.next()) {
                element kept = keep_element<element>(*next);
                co_await places;
                group.spawn(run_in_slot<element>(taken_slot(places), fn, std::move(kept)));
            }
        } else {
            for (auto&& each : source) {
                co_await places;
                group.spawn(run_in_slot<element>(
                    taken_slot(places), fn,
                    keep_element<element>(static_cast<decltype(each)&&>(each))));
            }
        }
    };
    co_await with_task_group(begin_all);
}

} // namespace detail

/// Awaits `fn(element)` for every element of a range, an async generator or a queue, `limit` of
/// them at a time, and returns when all have ended. An element is only asked for when there is room
/// for its task or about to be. The first failure, also of the sequence itself, cancels all that
/// still run, and is thrown when they have ended; a cancel of the caller does the same.
///
/// A named range or generator is used where it is and has to outlive the call; any other is moved
/// in. `fn` gets the elements of a container themselves. From a generator it gets copies, which
/// live as long as its task; views into the generator's own memory, such as lines and rows, are to
/// be made strings before.
///
/// \throws std::invalid_argument    here, when the limit is 0.
///
///     co_await simul::for_each_concurrent(urls, 10, [&](const url& u) { return fetch(u); });
template <class Source, class Fn>
    requires(detail::async_source<Source> || std::ranges::input_range<Source>)
task<> for_each_concurrent(Source&& source, std::size_t limit, Fn fn) {
    static_assert(
        detail::awaitable<std::invoke_result_t<Fn&, detail::element_for_task<Source>>>,
        "the function of for_each_concurrent() has to return a task or another awaitable");
    if (limit == 0) throw std::invalid_argument("simul: for_each_concurrent() with a limit of 0");
    return detail::run_for_each<Source, Fn>(std::forward<Source>(source), limit, std::move(fn));
}

} // namespace simul
