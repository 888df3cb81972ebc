#pragma once

#include <simul/gen/detail/toolkit/awaited.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/toolkit/transform.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// Of results that are like optionals or pointers, what is in those that are not empty.
template <class Source>
class filled_stage : public stage<Source> {
    using result = typename Source::item::type;
    static_assert(
        requires(result& found) {
            static_cast<bool>(found);
            *found;
        }, "the function of simul::filter_map has to return an optional or a pointer");
    using element = std::remove_reference_t<decltype(*std::declval<result&>())>;
    static constexpr bool is_pointer = std::is_pointer_v<std::remove_cv_t<result>>;
    static constexpr life lives = life_of_part<Source::item::lives, element>;

public:
    using item = simul::detail::item<element, kept_in_life<element, lives>,
                                     Source::item::owned && !is_pointer, lives>;

    explicit filled_stage(Source&& source) : stage<Source>(std::move(source)) {}

    element* poll() {
        while (result* const found = this->poll_source()) {
            if (static_cast<bool>(*found)) return std::addressof(**found);
        }
        return nullptr;
    }
};

struct make_filter_map {
    template <class Source, class Fn>
    static auto make(Source&& source, Fn&& fn) {
        return make_stage<filled_stage>::make(
            make_transform::make(std::forward<Source>(source), std::forward<Fn>(fn)));
    }
};

} // namespace detail

/// What `fn` makes of the elements, without those of which it makes nothing: it returns a
/// `std::optional` or a pointer, or a task of one.
///
///     auto numbers = words | simul::filter_map(parse_int);    // std::optional<int> parse_int(...)
inline constexpr detail::adaptor_of<detail::make_filter_map, 1> filter_map{};

} // namespace simul
