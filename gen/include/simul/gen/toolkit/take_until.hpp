#pragma once

#include <simul/coro/event.hpp>
#include <simul/coro/race.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/background.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace simul {
namespace detail {

template <class Reader>
async_generator<typename Reader::item::type> read_until(Reader from, event& end) {
    co_await only_destructors();
    Reader reader(std::move(from)); // ends with the body
    while (!end.is_set()) {
        auto next = reader.next();
        if constexpr (peeks_reader<Reader>) {
            if (next.await_ready()) {
                auto element = next.await_resume();
                if (!element) break;
                co_yield *element;
                continue;
            }
        }
        auto first = co_await race(std::move(next), end.wait());
        if (first.index() != 0 || !std::get<0>(first)) break;
        co_yield *std::get<0>(first);
    }
}

struct make_take_until {
    template <class Source>
    static auto make(Source&& source, event* end) {
        return as_stage<typename chain_of<Source>::item>(
            read_until(as_reader(as_chain(std::forward<Source>(source))), *end));
    }
};

struct take_until_fn {
    auto operator()(event& end) const { return make_closure<make_take_until>(std::addressof(end)); }
    template <class Source>
    auto operator()(Source&& source, event& end) const {
        return make_take_until::make(std::forward<Source>(source), std::addressof(end));
    }
    /// An event that is gone at once could never be set.
    void operator()(event&& end) const = delete;
};

} // namespace detail

/// The elements until an event is set, which must outlive the pipe. A source that is being waited
/// for then is cancelled, and has ended its clean-up before the end is seen.
///
///     auto until_closed = messages() | simul::take_until(closing);
inline constexpr detail::take_until_fn take_until{};

} // namespace simul
