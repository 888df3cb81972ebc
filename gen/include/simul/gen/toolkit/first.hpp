#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/sink.hpp>

#include <optional>
#include <utility>

namespace simul {
namespace detail {

template <class Item>
class first_sink {
public:
    bool take(typename Item::type& element) {
        first_.emplace(Item::keep(element));
        return false;
    }
    std::optional<typename Item::value_type> finish() { return std::move(first_); }

private:
    std::optional<typename Item::value_type> first_;
};

struct make_first {
    template <class Source>
    static auto make(Source&& source) {
        return drain(std::forward<Source>(source), first_sink<sink_item<Source>>());
    }
};

} // namespace detail

/// The first element, if there is one, as a `std::optional`. No more than this is asked for. Of
/// those for which something holds it is `source | filter(something) | first()`.
///
///     std::optional<long> found = infinite_sequence() | simul::filter(is_odd) | simul::first();
inline constexpr detail::adaptor_up_to<detail::make_first, 0> first{};

} // namespace simul
