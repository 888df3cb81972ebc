#pragma once

#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>

#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// The elements of an inner sequence. Those of a container that belongs to the pipe do so, too.
template <class Outer, class Inner = typename chain_of<typename Outer::type&>::item>
struct inner_item {
    using container = std::remove_cv_t<typename Outer::type>;
    static constexpr bool is_container =
        std::ranges::range<container> && !std::ranges::view<container>;
    static constexpr bool is_ours = Outer::owned && is_container &&
                                    !std::is_const_v<typename Outer::type> &&
                                    !std::is_const_v<typename Inner::type>;
    // They are gone with the container.
    static constexpr life lives =
        Outer::lives == life::own && is_container ? life_of<typename Inner::type> : Inner::lives;
    using element = std::conditional_t<
        is_ours || lives != Inner::lives,
        item<typename Inner::type, typename Inner::value_type, is_ours || Inner::owned, lives>,
        Inner>;
    using type = typename std::conditional_t<Outer::lives == life::passing, passing_item<element>,
                                             std::type_identity<element>>::type;
};

template <class Source>
class flatten_stage : public stage<keeping_place<Source>> {
    using outer = keeping_place<Source>;
    using inner = chain_of<typename Source::item::type&>;

public:
    using item = typename inner_item<typename Source::item>::type;

    explicit flatten_stage(Source&& source) : stage<outer>(outer(std::move(source))) {}

    typename item::type* poll() {
        for (;;) {
            if (inner_) {
                if (auto* const element = inner_->poll()) return element;
                inner_.reset();
            }
            auto* const next = this->poll_source();
            if (next == nullptr) return nullptr;
            inner_.emplace(as_chain(*next));
        }
    }

private:
    std::optional<inner> inner_; // may refer to the element that the stages before hold
};

template <class Reader, class Item>
async_generator<typename Item::type> flatten_each(Reader from) {
    co_await only_destructors();
    Reader reader(std::move(from)); // ends with the body
    while (auto next = co_await reader.next()) {
        auto inner = as_reader(as_chain(*next));
        while (auto element = co_await inner.next()) co_yield *element;
        if constexpr (requires {
                          { next->close() } -> awaitable;
                      }) {
            co_await next->close();
        }
    }
}

struct make_flatten {
    template <class Source>
    static auto make(Source&& source) {
        using chain = chain_of<Source>;
        static_assert(sequence<typename chain::item::type&>,
                      "simul::flatten takes the elements of elements that are ranges, generators "
                      "or async sequences themselves; these are none");
        using item = typename inner_item<typename chain::item>::type;
        if constexpr (chain_of<typename chain::item::type&>::is_async) {
            using reader = reader_of<chain>;
            auto all =
                flatten_each<reader, item>(as_reader(as_chain(std::forward<Source>(source))));
            return as_pipe(async_root<decltype(all), item>(std::move(all)));
        } else {
            return make_stage<flatten_stage>::make(std::forward<Source>(source));
        }
    }
};

} // namespace detail

/// The elements of the elements, which are ranges, generators or async sequences: one after the
/// other.
///
///     matrix | simul::flatten()
///     paths | simul::transform([](const path& p) { return simul::lines(p); }) | simul::flatten()
inline constexpr detail::adaptor_up_to<detail::make_flatten, 0> flatten{};

} // namespace simul
