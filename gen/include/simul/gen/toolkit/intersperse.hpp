#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class Source, class Between>
class intersperse_stage : public stage<in_place<Source>> {
    using source_item = typename Source::item;
    using element = std::remove_cv_t<typename source_item::type>;
    static_assert(std::constructible_from<element, Between>,
                  "what simul::intersperse puts between the elements has to be such an element");
    // One that may be a view of what it has been made from is made each time, which then takes no
    // memory.
    static constexpr bool is_view =
        !std::same_as<element, Between> && !is_no_memory<Between> &&
        std::constructible_from<element, Between&> &&
        (holds_views<element> || std::is_trivially_destructible_v<element>);
    static constexpr life lives =
        shortest({source_item::lives, is_view ? life::passing : life_of<element>});
    using value = std::conditional_t<is_view, kept_type<typename source_item::value_type>,
                                     typename source_item::value_type>;

public:
    // Never to be moved away: the one in between is needed again.
    using item = lent<const element, value, lives>;

    intersperse_stage(Source&& source, Between&& between)
        : stage<in_place<Source>>(in_place<Source>(std::move(source))),
          between_(std::move(between)) {}

    const element* poll() {
        if (waiting_ != nullptr) return std::exchange(waiting_, nullptr);
        const element* const next = this->poll_source();
        if (next == nullptr) return nullptr;
        if (!std::exchange(began_, true)) return next;
        waiting_ = next;
        if constexpr (is_view) {
            return made_.put([this] { return element(between_); });
        } else {
            return std::addressof(between_);
        }
    }

private:
    struct nothing {};

    std::conditional_t<is_view, Between, element> between_;
    [[no_unique_address]] std::conditional_t<is_view, result_slot<element>, nothing> made_;
    const element* waiting_ = nullptr;
    bool began_ = false;
};

} // namespace detail

/// The elements with `x` between each two.
///
///     words | simul::intersperse(", ")
inline constexpr detail::adaptor_of<detail::make_stage<detail::intersperse_stage>, 1> intersperse{};

} // namespace simul
