#pragma once

#include <simul/coro/gather.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/background.hpp>
#include <simul/gen/detail/toolkit/hand_over.hpp>
#include <simul/gen/detail/toolkit/several.hpp>
#include <simul/gen/toolkit/chain.hpp>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class Element, class... Readers>
task<> hand_over_all(std::shared_ptr<hand_over<Element>> to, Readers... readers) {
    co_await gather(hand_over_each<Element>(to, std::move(readers))...);
}

template <class Element, class... Readers>
async_generator<Element> read_merged(Readers... readers) {
    const auto table = std::make_shared<hand_over<Element>>(sizeof...(Readers));
    const background reading(hand_over_all<Element>(table, std::move(readers)...), "merge");
    for (;;) {
        if (auto* const offer = table->next()) {
            co_yield *offer->element;
            if (table->next() == offer) table->taken(*offer); // else its reader has been cancelled
        } else if (table->ended()) {
            break;
        } else {
            co_await table->arrived.wait();
        }
    }
    if (table->error) std::rethrow_exception(table->error);
}

struct make_merge {
    template <class... Sources>
    static auto make(Sources&&... sources) {
        using common = common_item<typename chain_of<Sources>::item...>;
        static_assert(!common::converts,
                      "simul::merge takes sequences of elements of one type: let simul::transform "
                      "make that of them");
        using item = typename common::type;
        return as_stage<item>(read_merged<typename item::type>(
            as_reader(as_chain(std::forward<Sources>(sources)))...));
    }
};

} // namespace detail

/// The elements of several async sequences as they come. Each is read on a line of its own, and not
/// asked for its next element before the last one has been dealt with. The first failure is thrown
/// after what has come before it, and cancels the other ones; all have ended their clean-up before
/// the owner of the pipe goes on, then and when it is closed or dropped.
///
///     auto events = simul::merge(keys(), mouse(), network());
///     auto more = std::move(events) | simul::merge(timer());
inline constexpr detail::adaptor_of_several<detail::make_merge> merge{};

} // namespace simul
