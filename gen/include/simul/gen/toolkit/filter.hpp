#pragma once

#include <simul/gen/detail/toolkit/awaited.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>

#include <utility>

namespace simul {
namespace detail {

template <class Source, class Predicate>
class filter_stage : public stage<Source> {
public:
    using item = typename Source::item;

    filter_stage(Source&& source, Predicate&& predicate)
        : stage<Source>(std::move(source)), predicate_(std::move(predicate)) {}

    typename item::type* poll() {
        while (auto* const element = this->poll_source()) {
            if (holds<item>(predicate_, *element)) return element;
        }
        return nullptr;
    }

private:
    [[no_unique_address]] Predicate predicate_;
};

struct make_filter {
    template <class Source, class Predicate>
    static auto make(Source&& source, Predicate&& predicate) {
        return make_judging_stage<filter_stage>(std::forward<Source>(source),
                                                std::forward<Predicate>(predicate));
    }
};

} // namespace detail

/// The elements for which the predicate holds. One that returns a task is awaited.
///
///     auto evens = ticker(10) | simul::filter([](int i) { return i % 2 == 0; });
inline constexpr detail::adaptor_of<detail::make_filter, 1> filter{};

} // namespace simul
