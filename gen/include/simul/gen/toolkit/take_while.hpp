#pragma once

#include <simul/gen/detail/toolkit/awaited.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>

#include <utility>

namespace simul {
namespace detail {

template <class Source, class Predicate>
class take_while_stage : public stage<Source> {
public:
    using item = typename Source::item;

    take_while_stage(Source&& source, Predicate&& predicate)
        : stage<Source>(std::move(source)), predicate_(std::move(predicate)) {}

    typename item::type* poll() {
        if (ended_) return nullptr;
        auto* const element = this->poll_source();
        if (element == nullptr || holds<item>(predicate_, *element)) return element;
        ended_ = true;
        return nullptr;
    }
    [[nodiscard]] bool ended() const { return ended_ || this->source_ended(); }

private:
    [[no_unique_address]] Predicate predicate_;
    bool ended_ = false;
};

struct make_take_while {
    template <class Source, class Predicate>
    static auto make(Source&& source, Predicate&& predicate) {
        return make_judging_stage<take_while_stage>(std::forward<Source>(source),
                                                    std::forward<Predicate>(predicate));
    }
};

} // namespace detail

/// The elements up to the first for which the predicate does not hold, which is lost. One that
/// returns a task is awaited.
///
///     auto small = infinite_sequence() | simul::take_while([](long n) { return n < 100; });
inline constexpr detail::adaptor_of<detail::make_take_while, 1> take_while{};

} // namespace simul
