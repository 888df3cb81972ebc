#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/sink.hpp>

#include <utility>

namespace simul {
namespace detail {

template <class Item, class Fn>
class for_each_sink {
public:
    explicit for_each_sink(Fn&& fn) : fn_(std::move(fn)) {}

    auto take(typename Item::type& element) {
        if constexpr (awaitable<call_result<Item, Fn>>) {
            return take_and_wait(element);
        } else {
            static_cast<void>(call<Item>(fn_, element));
            return true;
        }
    }
    static void finish() noexcept {}

private:
    task<bool> take_and_wait(typename Item::type& element) {
        static_cast<void>(co_await call<Item>(fn_, element));
        co_return true;
    }

    [[no_unique_address]] Fn fn_;
};

struct make_for_each {
    template <class Source, class Fn>
    static auto make(Source&& source, Fn&& fn) {
        return drain(std::forward<Source>(source),
                     for_each_sink<sink_item<Source>, Fn>(std::move(fn)));
    }
};

} // namespace detail

/// Calls `fn` with each element; one that returns a task is awaited, one element after the other
/// (side by side: `for_each_concurrent`). It is a task then, and for an async sequence.
///
///     simul::for_each(names, print);
///     co_await simul::for_each(simul::lines("log.txt"), [&](std::string_view line) { use(line);
///     });
inline constexpr detail::adaptor_of<detail::make_for_each, 1> for_each{};

} // namespace simul
