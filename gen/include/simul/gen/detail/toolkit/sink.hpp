#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/pipe.hpp>
#include <simul/gen/detail/toolkit/source.hpp>

#include <exception>
#include <type_traits>
#include <utility>

// A sink is an object with
//     bool take(item::type&)    whether it wants more; or what gives that when it is awaited
//     finish()                  the result

namespace simul::detail {

template <class Sink, class Item>
using taken_type = decltype(std::declval<Sink&>().take(std::declval<typename Item::type&>()));

template <class Reader, class Sink>
task<decltype(std::declval<Sink&>().finish())> drain_async(Reader from, Sink into) {
    Reader reader(std::move(from)); // ends with the body
    Sink sink(std::move(into));
    bool goes_on = true;
    std::exception_ptr failure;
    try {
        while (goes_on) {
            auto element = co_await reader.next();
            if (!element) break;
            if constexpr (awaitable<taken_type<Sink, typename Reader::item>>) {
                goes_on = co_await sink.take(*element);
            } else {
                goes_on = sink.take(*element);
            }
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if constexpr (can_close<Reader>) {
        if (failure || !goes_on) {
            std::exception_ptr close_failed;
            try {
                close_failed = co_await close_whole(reader);
            } catch (...) { // it could not even begin
                close_failed = std::current_exception();
            }
            settle(failure != nullptr, close_failed);
        }
    }
    if (failure) std::rethrow_exception(failure);
    co_return sink.finish();
}

/// Reads a sequence into a sink: at once, or in a task when something has to be awaited.
template <class Source, class Sink>
auto drain(Source&& source, Sink sink) {
    using chain = chain_of<Source>;
    if constexpr (chain::is_async || awaitable<taken_type<Sink, typename chain::item>>) {
        return drain_async(as_reader(as_chain(std::forward<Source>(source))), std::move(sink));
    } else {
        chain all = as_chain(std::forward<Source>(source));
        while (auto* const element = all.poll()) {
            if (!sink.take(*element)) break;
        }
        return sink.finish();
    }
}

template <class Source>
using sink_item = typename chain_of<Source>::item;

} // namespace simul::detail
