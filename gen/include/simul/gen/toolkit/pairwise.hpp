#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace simul {
namespace detail {

template <class Source>
class pairwise_stage : public stage<Source> {
    using value = typename Source::item::value_type;

public:
    using item = joined_item<lent<const value>, lent<const value>>;

    explicit pairwise_stage(Source&& source) : stage<Source>(std::move(source)) {}

    typename item::type* poll() {
        for (;;) {
            auto* const element = this->poll_source();
            if (element == nullptr) return nullptr;
            keep_in<typename Source::item>(values_[before_], *element);
            std::swap(before_, now_); // not before: the copy may throw
            if (values_[before_]) break;
        }
        return pair_.put([&] { return typename item::type(*values_[before_], *values_[now_]); });
    }

private:
    std::optional<value> values_[2];
    std::uint8_t before_ = 0;
    std::uint8_t now_ = 1;
    result_slot<typename item::type> pair_;
};

} // namespace detail

/// Each element with the one after it: pairs of references to constants. A sequence of one element
/// has none.
///
///     positions | simul::pairwise() | simul::transform(distance)
inline constexpr detail::adaptor_up_to<detail::make_stage<detail::pairwise_stage>, 0> pairwise{};

} // namespace simul
