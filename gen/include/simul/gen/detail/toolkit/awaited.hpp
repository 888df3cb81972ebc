#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/source.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace simul::detail {

/// Whether a stage's function is to be awaited: it returns a task, or anything else that can be.
template <class Fn, class Item>
concept awaited_call = awaitable<call_result<Item, Fn>>;
template <class Fn, class Item>
concept awaited_look = awaitable<look_result<Item, Fn>>;

/// What a coroutine function has made of an element.
template <class Item, class Fn>
using awaited_result = await_result_t<call_result<Item, Fn>>;

template <class Item, class Result, life Life = life_of_result<Item::lives, Result>>
using result_item = item<std::remove_reference_t<Result>, kept_in_life<Result, Life>,
                         !std::is_lvalue_reference_v<Result>, Life>;

/// The results of a coroutine function, one after the other.
template <class Reader, class Fn>
async_generator<awaited_result<typename Reader::item, Fn>> await_each(Reader from, Fn with) {
    co_await only_destructors();
    using item = typename Reader::item;
    Reader reader(std::move(from)); // these end with the body, parameters only with the frame
    Fn fn(std::move(with));
    while (auto element = co_await reader.next()) {
        decltype(auto) made = co_await call<item>(fn, *element);
        co_yield static_cast<decltype(made)&>(made);
    }
}

/// An element, and what a coroutine function has found about it.
template <class T, class Judgement>
struct judged {
    judged(T& about, Judgement&& found)
        : element(std::addressof(about)), result(std::move(found)) {}

    T* element;
    Judgement result;
};

template <
    class Reader, class Fn,
    class Judgement = std::remove_cvref_t<await_result_t<look_result<typename Reader::item, Fn>>>>
async_generator<judged<typename Reader::item::type, Judgement>> judge_each(Reader from, Fn with) {
    co_await only_destructors();
    using item = typename Reader::item;
    Reader reader(std::move(from));
    Fn fn(std::move(with));
    while (auto element = co_await reader.next()) {
        judged<typename item::type, Judgement> found(*element, co_await look<item>(fn, *element));
        co_yield found;
    }
}

/// Back from elements with judgements to the elements.
template <class Source, class Item>
class judged_elements : public stage<Source> {
public:
    using item = Item;

    explicit judged_elements(Source&& source) : stage<Source>(std::move(source)) {}

    typename item::type* poll() {
        auto* const found = this->poll_source();
        return found != nullptr ? found->element : nullptr;
    }
};

/// A stage with a predicate, `Stage<Chain, Fn>`, for one that is a coroutine function: what that
/// says is found out before, and the predicate only reads it.
template <template <class, class> class Stage, class Source, class Fn>
auto make_judging_stage(Source&& source, Fn&& fn) {
    using chain = chain_of<Source>;
    using item = typename chain::item;
    if constexpr (awaitable<look_result<item, Fn>>) {
        auto results =
            judge_each(as_reader(as_chain(std::forward<Source>(source))), std::forward<Fn>(fn));
        using found = async_root<decltype(results)>;
        static_assert(std::convertible_to<decltype(found::item::type::result), bool>,
                      "this coroutine function has to give a bool");
        const auto read = [](const auto& judgement) -> bool {
            return static_cast<bool>(judgement.result);
        };
        using reads = std::remove_const_t<decltype(read)>;
        using meant = Stage<found, reads>;
        return as_pipe(judged_elements<meant, item>(meant(found(std::move(results)), reads(read))));
    } else {
        return as_pipe(
            Stage<chain, Fn>(as_chain(std::forward<Source>(source)), std::forward<Fn>(fn)));
    }
}

} // namespace simul::detail
