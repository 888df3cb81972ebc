#pragma once

#include <simul/gen/detail/toolkit/awaited.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>

#include <utility>

namespace simul {
namespace detail {

template <class Source, class Predicate>
class drop_while_stage : public stage<Source> {
public:
    using item = typename Source::item;

    drop_while_stage(Source&& source, Predicate&& predicate)
        : stage<Source>(std::move(source)), predicate_(std::move(predicate)) {}

    typename item::type* poll() {
        while (auto* const element = this->poll_source()) {
            if (began_ || !holds<item>(predicate_, *element)) {
                began_ = true;
                return element;
            }
        }
        return nullptr;
    }

private:
    [[no_unique_address]] Predicate predicate_;
    bool began_ = false;
};

struct make_drop_while {
    template <class Source, class Predicate>
    static auto make(Source&& source, Predicate&& predicate) {
        return make_judging_stage<drop_while_stage>(std::forward<Source>(source),
                                                    std::forward<Predicate>(predicate));
    }
};

} // namespace detail

/// The elements from the first on for which the predicate does not hold. One that returns a task is
/// awaited, for the later ones, too.
///
///     auto text = simul::lines("mail") | simul::drop_while([](auto& line) { return !line.empty();
///     });
inline constexpr detail::adaptor_of<detail::make_drop_while, 1> drop_while{};

} // namespace simul
