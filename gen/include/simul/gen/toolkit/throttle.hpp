#pragma once

#include <simul/coro/sleep.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/background.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/loop/clock.hpp>

#include <chrono>
#include <utility>

namespace simul {
namespace detail {

template <class Reader>
async_generator<typename Reader::item::type> read_throttled(Reader from, clock::duration interval) {
    co_await only_destructors();
    Reader reader(std::move(from)); // ends with the body
    bool is_first = true;
    clock::time_point last;
    while (auto element = co_await reader.next()) {
        if (!is_first) {
            const clock::time_point due = later(last, interval);
            if (clock::now() < due) co_await sleep_until(due);
        }
        is_first = false;
        last = clock::now();
        co_yield *element;
    }
}

struct make_throttle {
    template <class Source, class Rep, class Period>
    static auto make(Source&& source, std::chrono::duration<Rep, Period> interval) {
        return as_stage<typename chain_of<Source>::item>(read_throttled(
            as_reader(as_chain(std::forward<Source>(source))), to_nanoseconds(interval)));
    }
};

} // namespace detail

/// Hands out an element at the earliest `interval` after the one before it. None is lost: the
/// source is not asked for more meanwhile.
///
///     auto gently = requests | simul::throttle(100ms);    // ten a second at most
inline constexpr detail::adaptor_of<detail::make_throttle, 1> throttle{};

} // namespace simul
