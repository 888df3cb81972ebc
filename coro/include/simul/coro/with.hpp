#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/coro/detail/resource.hpp>
#include <simul/coro/detail/result.hpp>
#include <simul/coro/task.hpp>

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class Body, class Seen>
decltype(auto) call_body(Body& body, Seen& seen) {
    if constexpr (std::invocable<Body&, Seen&>) {
        return body(seen);
    } else {
        return body();
    }
}

template <class Body, class Source>
using body_awaitable = decltype(call_body(
    std::declval<Body&>(),
    std::declval<typename resource_in_use<resource_from<Source>>::seen_type&>()));

template <class Source, class Body>
task<await_result_t<body_awaitable<Body, Source>>> with_resource(Source source, Body body) {
    using resource_type = resource_from<Source>;
    using result_type = await_result_t<body_awaitable<Body, Source>>;

    resource_in_use<resource_type> used;
    co_await set_up<Source>(used, source);

    result<result_type> ending;
    try {
        if constexpr (std::is_void_v<result_type>) {
            co_await call_body(body, used.seen());
        } else {
            ending.set_value(co_await call_body(body, used.seen()));
        }
    } catch (...) {
        ending.set_error(std::current_exception());
    }

    std::exception_ptr failed;
    try {
        failed = co_await tear_down_operation(tear_down(used.held(), ending.error()));
    } catch (...) { // it could not even begin
        failed = std::current_exception();
    }
    settle(ending.error() != nullptr, failed);
    co_return ending.take();
}

} // namespace detail

/// Runs `body` with a resource and awaits its tear-down at the end, however the body ends: with a
/// value, an exception or a cancel. Gives the body's value. Python's `async with`.
///
/// The source of the resource is one of these; a temporary is kept until the end, a named one has
/// to live as long:
///   - an object with `close()`, awaited if it can be: `fs::file`, an async generator, a queue. One
///     whose `is_open()` is false by then was closed, or moved away, by the body: it is left alone.
///   - an object with a member coroutine `exit(std::exception_ptr)`, which gets the body's
///   exception
///     or null. It cannot swallow it.
///   - an awaitable that gives such an object: `simul::fs::open(path)`.
/// With a member coroutine `enter()` the object is set up first. When setting up fails, there is no
/// tear-down. `body` is a function that returns a task or another awaitable; it may take what
/// `enter()` gives or, when that is nothing or missing, the object, by reference. It is kept until
/// the end, so that it may have captures.
///
/// The tear-down is shielded: it may wait in a cancelled task, too. A cancel that comes while it
/// runs is not lost, the next suspension throws; the body's value is given all the same. Of two
/// exceptions the body's is thrown and the tear-down's is logged.
///
///     std::size_t n = co_await simul::with(simul::fs::open("data.bin"),
///         [&](simul::fs::file& in) -> simul::task<std::size_t> {
///             co_return co_await in.read(buffer);
///         });
template <class Source, class Body>
auto with(Source&& source, Body&& body) {
    detail::check_source<Source>();
    if constexpr (detail::resource_source<Source>) {
        return detail::with_resource<detail::kept_source<Source>, std::decay_t<Body>>(
            std::forward<Source>(source), std::forward<Body>(body));
    }
}

} // namespace simul
