#pragma once

#include <simul/coro/sleep.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/background.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/signal.hpp>
#include <simul/loop/clock.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace simul {
namespace detail {

template <class T>
struct latest_state {
    std::optional<T> latest;
    clock::time_point since;
    signal arrived{"an element to be the last for a while"};
    std::exception_ptr error;
    bool ended = false;
};

template <class Reader>
task<> keep_latest(std::shared_ptr<latest_state<typename Reader::item::value_type>> state,
                   Reader from) {
    try {
        Reader reader(std::move(from)); // its clean-up ends here
        while (auto element = co_await reader.next()) {
            keep_in<typename Reader::item>(state->latest, *element);
            state->since = clock::now();
            state->arrived.raise();
        }
    } catch (...) {
        state->error = std::current_exception();
    }
    state->ended = true;
    state->arrived.raise();
}

template <class Reader>
async_generator<typename Reader::item::value_type> read_settled(Reader from,
                                                                clock::duration quiet) {
    using value = typename Reader::item::value_type;
    const auto state = std::make_shared<latest_state<value>>();
    const background reading(keep_latest(state, std::move(from)), "debounce");
    for (;;) {
        if (!state->latest) {
            if (state->ended) break;
            co_await state->arrived.wait();
        } else if (!state->ended && clock::now() < later(state->since, quiet)) {
            co_await state->arrived.wait_until(later(state->since, quiet));
        } else {
            value settled = std::move(*state->latest);
            state->latest.reset();
            co_yield settled;
        }
    }
    if (state->error) std::rethrow_exception(state->error);
}

struct make_debounce {
    template <class Source, class Rep, class Period>
    static auto make(Source&& source, std::chrono::duration<Rep, Period> quiet) {
        using item = given<typename chain_of<Source>::item::value_type>;
        return as_stage<item>(
            read_settled(as_reader(as_chain(std::forward<Source>(source))), to_nanoseconds(quiet)));
    }
};

} // namespace detail

/// Only the elements after which none has come for `quiet`: of several that come in quick
/// succession the last one. The source is read on a line of its own, without waiting for the
/// consumer; at its end the last element comes at once.
///
///     auto searches = keys() | simul::debounce(300ms);
inline constexpr detail::adaptor_of<detail::make_debounce, 1> debounce{};

} // namespace simul
