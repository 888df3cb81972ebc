#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/sink.hpp>

#include <concepts>
#include <utility>

namespace simul {
namespace detail {

/// Reads until a predicate says `Decisive`, if ever.
template <class Item, class Predicate, bool Decisive>
class decide_sink {
    using result = look_result<Item, Predicate>;

public:
    explicit decide_sink(Predicate&& predicate) : predicate_(std::move(predicate)) {}

    auto take(typename Item::type& element) {
        if constexpr (awaitable<result>) {
            return take_and_wait(element);
        } else {
            decided_ = holds<Item>(predicate_, element) == Decisive;
            return !decided_;
        }
    }
    [[nodiscard]] bool finish() const noexcept { return decided_ == Decisive; }

private:
    task<bool> take_and_wait(typename Item::type& element) {
        static_assert(std::convertible_to<await_result_t<result>, bool>,
                      "this coroutine function has to give a bool");
        const bool found = static_cast<bool>(co_await look<Item>(predicate_, element));
        decided_ = found == Decisive;
        co_return !decided_;
    }

    [[no_unique_address]] Predicate predicate_;
    bool decided_ = false;
};

template <bool Decisive>
struct make_decide {
    template <class Source, class Predicate>
    static auto make(Source&& source, Predicate&& predicate) {
        return drain(std::forward<Source>(source),
                     decide_sink<sink_item<Source>, Predicate, Decisive>(std::move(predicate)));
    }
};

} // namespace detail

/// Whether the predicate holds for an element; no more are asked for once it has. One that returns
/// a task is awaited.
///
///     bool found = co_await simul::any_of(simul::lines("log.txt"), is_error);
inline constexpr detail::adaptor_of<detail::make_decide<true>, 1> any_of{};

} // namespace simul
