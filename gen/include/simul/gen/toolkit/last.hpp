#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/sink.hpp>

#include <optional>
#include <utility>

namespace simul {
namespace detail {

template <class Item>
class last_sink {
public:
    bool take(typename Item::type& element) {
        keep_in<Item>(last_, element);
        return true;
    }
    std::optional<typename Item::value_type> finish() { return std::move(last_); }

private:
    std::optional<typename Item::value_type> last_;
};

struct make_last {
    template <class Source>
    static auto make(Source&& source) {
        return drain(std::forward<Source>(source), last_sink<sink_item<Source>>());
    }
};

} // namespace detail

/// The last element, if there is one, as a `std::optional`.
///
///     auto newest = co_await simul::last(simul::lines("log.txt"));
inline constexpr detail::adaptor_up_to<detail::make_last, 0> last{};

} // namespace simul
