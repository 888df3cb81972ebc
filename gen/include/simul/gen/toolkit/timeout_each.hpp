#pragma once

#include <simul/coro/timeout.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/background.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/loop/clock.hpp>

#include <chrono>
#include <utility>

namespace simul {
namespace detail {

template <class Reader>
async_generator<typename Reader::item::type> read_in_time(Reader from, clock::duration limit) {
    co_await only_destructors();
    Reader reader(std::move(from)); // ends with the body
    for (;;) {
        auto next = reader.next();
        if constexpr (peeks_reader<Reader>) {
            if (next.await_ready()) {
                auto element = next.await_resume();
                if (!element) break;
                co_yield *element;
                continue;
            }
        }
        auto element = co_await timeout(limit, std::move(next));
        if (!element) break;
        co_yield *element;
    }
}

struct make_timeout_each {
    template <class Source, class Rep, class Period>
    static auto make(Source&& source, std::chrono::duration<Rep, Period> limit) {
        return as_stage<typename chain_of<Source>::item>(
            read_in_time(as_reader(as_chain(std::forward<Source>(source))), to_nanoseconds(limit)));
    }
};

} // namespace detail

/// Throws `timeout_error` when the source takes longer than `limit` for an element, counted from
/// when it is asked for. The source is cancelled then, and its clean-up has ended.
///
///     auto rows = feed() | simul::timeout_each(30s);
inline constexpr detail::adaptor_of<detail::make_timeout_each, 1> timeout_each{};

} // namespace simul
