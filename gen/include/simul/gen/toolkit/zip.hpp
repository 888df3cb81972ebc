#pragma once

#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/several.hpp>

#include <cstddef>
#include <tuple>
#include <utility>

namespace simul {
namespace detail {

template <class... Sources>
class zip_stage {
public:
    using item = joined_item<typename Sources::item...>;
    static constexpr bool is_async = false;

    explicit zip_stage(Sources&&... sources) : sources_(std::move(sources)...) {}

    typename item::type* poll() { return poll(std::index_sequence_for<Sources...>()); }

private:
    template <std::size_t... I>
    typename item::type* poll(std::index_sequence<I...>) {
        std::tuple<typename Sources::item::type*...> found;
        // No further than to the first that has ended.
        if (!((std::get<I>(found) = std::get<I>(sources_).poll()) && ...)) return nullptr;
        return tuple_.put([&] { return typename item::type(*std::get<I>(found)...); });
    }

    std::tuple<Sources...> sources_;
    result_slot<typename item::type> tuple_;
};

template <std::size_t... I, class... Readers>
async_generator<typename joined_item<typename Readers::item...>::type>
zip_each(std::index_sequence<I...>, Readers... from) {
    co_await only_destructors();
    using tuple = typename joined_item<typename Readers::item...>::type;
    std::tuple<Readers...> readers(std::move(from)...); // which end with the body
    std::tuple<last_read<Readers>...> found;
    for (;;) {
        const bool all = (std::get<I>(found).put(co_await std::get<I>(readers).next()) && ...);
        if (!all) break;
        tuple elements(*std::get<I>(found)...);
        co_yield elements;
    }
}

struct make_zip {
    template <class... Sources>
    static auto make(Sources&&... sources) {
        if constexpr (any_async<Sources...>) {
            auto tuples = zip_each(std::index_sequence_for<Sources...>(),
                                   as_reader(as_chain(std::forward<Sources>(sources)))...);
            using item = joined_item<typename reader_of<chain_of<Sources>>::item...>;
            return as_pipe(async_root<decltype(tuples), item>(std::move(tuples)));
        } else {
            return as_pipe(
                zip_stage<chain_of<Sources>...>(as_chain(std::forward<Sources>(sources))...));
        }
    }
};

} // namespace detail

/// The elements of several sequences side by side, until the first of these ends: pairs of
/// references, or tuples. Those that are asynchronous are asked one after the other.
///
///     for (auto [name, age] : simul::zip(names, ages)) ...
///     auto numbered = simul::lines("log.txt") | simul::zip(simul::count(1));
inline constexpr detail::adaptor_of_several<detail::make_zip> zip{};

} // namespace simul
