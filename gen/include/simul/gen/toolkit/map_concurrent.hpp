#pragma once

#include <simul/coro/task_group.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/awaited.hpp>
#include <simul/gen/detail/toolkit/background.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/signal.hpp>
#include <simul/gen/toolkit/chunk.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// What the function makes of an element that is its own.
template <class Reader, class Fn>
decltype(auto) call_own(Fn& fn, element_of_own<Reader>& element) {
    using own = element_of_own<Reader>;
    static_assert(function_of<Fn, std::remove_reference_t<own>>,
                  "this function cannot be called with an element of the sequence");
    if constexpr (std::is_invocable_v<Fn&, own&&>) {
        return std::invoke(fn, static_cast<own&&>(element));
    } else if constexpr (std::is_invocable_v<Fn&, own&>) {
        return std::invoke(fn, element);
    } else {
        return std::apply(fn, element);
    }
}

template <class Reader, class Fn>
using call_own_result =
    decltype(call_own<Reader>(std::declval<Fn&>(), std::declval<element_of_own<Reader>&>()));

template <class Result>
struct map_result {
    std::optional<Result> value;
    std::exception_ptr error;
    bool ended = false;
};

/// The results that nobody has had yet: ordered, in the order of the elements and with places for
/// those that are being made; else in the order of their ends.
template <class Result>
struct map_state {
    explicit map_state(std::size_t limit) noexcept : room(limit) {}

    [[nodiscard]] bool has_next() const noexcept {
        return !results_.empty() && results_.front().ended;
    }
    /// Throws what is in the place of the next result.
    Result take_next() {
        map_result<Result> next = std::move(results_.front());
        results_.front().value.reset();
        results_.front().ended = false;
        spare_.splice(spare_.begin(), results_, results_.begin());
        room.release();
        if (next.error) std::rethrow_exception(next.error);
        return std::move(*next.value);
    }
    /// A place behind the others, where it stays.
    map_result<Result>& add() {
        if (spare_.empty()) return results_.emplace_back();
        results_.splice(results_.end(), spare_, spare_.begin());
        return results_.back();
    }

    places room;
    signal arrived{"a result of map_concurrent"};
    std::exception_ptr error; ///< of the source
    bool has_failed = false;
    bool ended = false;

private:
    std::list<map_result<Result>> results_;
    std::list<map_result<Result>> spare_; // so that a result takes no new memory
};

template <bool Ordered, class Reader, class Fn, class Result>
task<> map_one(map_state<Result>& to, map_result<Result>* place, Fn& fn,
               element_of_own<Reader> element) {
    std::optional<Result> made;
    std::exception_ptr error;
    try {
        emplace_value(made, co_await call_own<Reader>(fn, element)); // before what it views ends
    } catch (...) {
        error = std::current_exception();
        to.has_failed = true;
    }
    if constexpr (!Ordered) place = &to.add();
    if (made) place->value.emplace(std::move(*made));
    place->error = std::move(error);
    place->ended = true;
    to.arrived.raise();
}

template <bool Ordered, class Reader, class Fn, class Result>
task<> map_all(std::shared_ptr<map_state<Result>> to, Reader from, Fn with) {
    try {
        Reader reader(std::move(from)); // its clean-up ends here, and that of all tasks
        Fn fn(std::move(with));
        const auto begin_all = [&](task_group& group) -> task<> {
            try {
                for (;;) {
                    while (!to->room.take()) co_await to->room.freed.wait();
                    if (to->has_failed) break;
                    auto element = co_await reader.next();
                    if (!element) break;
                    map_result<Result>* place = nullptr;
                    if constexpr (Ordered) place = &to->add();
                    group.spawn(map_one<Ordered, Reader, Fn, Result>(
                        *to, place, fn, take_element<Reader>(*element)));
                }
            } catch (...) { // those that run may still come to their ends
                to->error = std::current_exception();
            }
        };
        co_await with_task_group(begin_all);
    } catch (...) {
        to->error = std::current_exception();
    }
    to->ended = true;
    to->arrived.raise();
}

template <bool Ordered, class Result, class Reader, class Fn>
async_generator<Result> read_mapped(Reader from, std::size_t limit, Fn fn) {
    const auto state = std::make_shared<map_state<Result>>(limit);
    const background mapping(
        map_all<Ordered, Reader, Fn, Result>(state, std::move(from), std::move(fn)),
        "map_concurrent");
    for (;;) {
        if (state->has_next()) {
            Result result = state->take_next();
            co_yield result;
        } else if (state->ended) {
            break;
        } else {
            co_await state->arrived.wait();
        }
    }
    if (state->error) std::rethrow_exception(state->error);
}

template <bool Ordered>
struct make_map_concurrent {
    template <class Source, class Count, class Fn>
    static auto make(Source&& source, Count limit, Fn&& fn) {
        using reader = reader_of<chain_of<Source>>;
        static_assert(awaitable<call_own_result<reader, Fn>>,
                      "the function of simul::map_concurrent has to return a task or another "
                      "awaitable: simul::transform is for others");
        using given_back = await_result_t<call_own_result<reader, Fn>>;
        static_assert(!std::is_void_v<given_back>,
                      "the function of simul::map_concurrent has to give something: "
                      "simul::for_each_concurrent is for one that only does something");
        constexpr life lives = reader::item::lives == life::lasting ? life::lasting : life::passing;
        using result = kept_in_life<given_back, lives>;
        static_assert(lives == life::lasting || !hides_views<result>,
                      "there are views in these results, of an element that is gone when they are "
                      "handed out: let the function make strings of them");
        return as_stage<given<result>>(read_mapped<Ordered, result>(
            as_reader(as_chain(std::forward<Source>(source))),
            checked_size(limit, "map_concurrent"), std::forward<Fn>(fn)));
    }
};

} // namespace detail

/// What the coroutine function `fn` makes of the elements, `n` at a time, in the order of the
/// elements. Results that nobody has asked for yet count among the `n`, so memory is bounded, and
/// no more elements are asked for than there is room for.
///
/// A failure comes in the place of its result; no further elements are begun then, and what still
/// runs is cancelled when it comes out. So it is when the pipe is closed or dropped; all of it has
/// ended before the pipe's owner goes on. `fn` gets the elements of a container themselves, and of
/// other sequences values of its own.
///
///     auto pages = urls | simul::map_concurrent(10, [&](const url& u) { return fetch(u); });
///
/// \throws std::invalid_argument    here, for a limit of 0.
inline constexpr detail::adaptor_of<detail::make_map_concurrent<true>, 2> map_concurrent{};

/// The same, with the results in the order in which they come.
inline constexpr detail::adaptor_of<detail::make_map_concurrent<false>, 2>
    map_concurrent_unordered{};

} // namespace simul
