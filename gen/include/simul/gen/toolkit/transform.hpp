#pragma once

#include <simul/gen/detail/toolkit/awaited.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class Source, class Fn>
class transform_stage : public stage<Source> {
    using result = call_result<typename Source::item, Fn>;
    static_assert(!std::is_void_v<result>,
                  "the function of simul::transform has to return something: use "
                  "simul::inspect for one that only does something");
    static constexpr bool is_made = !std::is_reference_v<result>;
    struct nothing {};

public:
    using item = result_item<typename Source::item, result>;

    transform_stage(Source&& source, Fn&& fn)
        : stage<Source>(std::move(source)), fn_(std::move(fn)) {}

    typename item::type* poll() {
        auto* const element = this->poll_source();
        if (element == nullptr) return nullptr;
        if constexpr (is_made) {
            return made_.put(
                [&]() -> result { return call<typename Source::item>(fn_, *element); });
        } else {
            auto&& found = call<typename Source::item>(fn_, *element);
            return std::addressof(found);
        }
    }

private:
    [[no_unique_address]] Fn fn_;
    [[no_unique_address]] std::conditional_t<is_made, result_slot<typename item::type>, nothing>
        made_;
};

struct make_transform {
    template <class Source, class Fn>
    static auto make(Source&& source, Fn&& fn) {
        using chain = chain_of<Source>;
        if constexpr (awaited_call<Fn, typename chain::item>) {
            static_assert(!std::is_void_v<awaited_result<typename chain::item, Fn>>,
                          "the function of simul::transform has to give something: use "
                          "simul::inspect for one that only does something");
            auto results =
                await_each(as_reader(as_chain(std::forward<Source>(source))), std::forward<Fn>(fn));
            return as_pipe(async_root<decltype(results)>(std::move(results)));
        } else {
            return as_pipe(transform_stage<chain, Fn>(as_chain(std::forward<Source>(source)),
                                                      std::forward<Fn>(fn)));
        }
    }
};

} // namespace detail

/// Each element as `fn` makes it: Python's `map`, or a generator expression. A function that
/// returns a task is awaited, one element after the other; the pipe is asynchronous then.
///
///     auto squares = infinite_sequence() | simul::transform([](long n) { return n * n; });
///     auto pages = urls | simul::transform([](const url& u) { return fetch(u); });    // a task
///
/// An element that belongs to the pipe alone, because a stage before has made it, is handed to the
/// function as an rvalue; any other as an lvalue. The parts of a pair or tuple may be taken as
/// parameters of their own. All this goes for the functions of the other adaptors, too.
inline constexpr detail::adaptor_of<detail::make_transform, 1> transform{};

} // namespace simul
