#pragma once

#include <simul/coro/detail/task_range.hpp>
#include <simul/coro/outcome.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/completions.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul {

/// One of the tasks given to `as_completed`, with what has become of it.
template <class T>
struct completed {
    completed(std::size_t place, outcome<T>&& what) : index(place), result(std::move(what)) {}

    std::size_t index; ///< its place among the arguments, or in the range
    outcome<T> result;
};

namespace detail {

template <class T>
async_generator<completed<T>> in_order_of_completion(std::vector<task<T>> tasks) {
    if (tasks.empty()) co_return;
    co_await only_destructors();
    loop_core& loop = running_loop("as_completed");
    const auto set = std::make_shared<completions<T>>(std::move(tasks));
    const supervision all(set);
    set->start(loop);
    for (;;) {
        child_line* const ended = co_await next_completion(*set, all.all());
        if (ended == nullptr) co_return;
        completed<T> item(set->index_of(*ended), static_cast<child<T>*>(ended)->take_outcome());
        co_yield item;
    }
}

} // namespace detail

/// Runs all of them at once and yields each as it ends, in whatever way: an async generator of
/// `completed<T>`. They begin with the first `next()`. A failure concerns nobody else; it is thrown
/// by `item->result.value()`. Of nothing it yields nothing.
///
/// A cancel of the consumer cancels all that still run, and comes out of `next()` when they have
/// ended. When the generator is dropped half way, by a `break` or an exception, they are cancelled
/// there and then, and end their clean-up before the coroutine that dropped it returns to its
/// caller, and before it goes on from where it next waits for something. What they use in that
/// clean-up must therefore not be a local object that dies with the generator; `co_await
/// done.close()` instead waits for them in its place.
///
///     auto done = simul::as_completed(std::move(downloads));
///     while (auto item = co_await done.next()) use(item->index, item->result.value());
template <detail::range_of_awaitables Range>
auto as_completed(Range&& awaitables) {
    return detail::in_order_of_completion(detail::take_tasks(std::forward<Range>(awaitables)));
}

/// The same for arguments, which must have one type of result.
template <detail::awaitable First, detail::awaitable... Others>
auto as_completed(First&& first, Others&&... others) {
    using made = detail::task_for<First>;
    static_assert((std::same_as<made, detail::task_for<Others>> && ...),
                  "the tasks of as_completed() must have one type of result");
    std::vector<made> tasks;
    tasks.reserve(1 + sizeof...(Others));
    tasks.push_back(detail::as_task(std::forward<First>(first)));
    (tasks.push_back(detail::as_task(std::forward<Others>(others))), ...);
    return detail::in_order_of_completion(std::move(tasks));
}

} // namespace simul
