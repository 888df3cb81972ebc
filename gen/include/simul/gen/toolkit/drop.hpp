#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/toolkit/take.hpp>

#include <cstddef>
#include <utility>

namespace simul {
namespace detail {

template <class Source>
class drop_stage : public stage<Source> {
public:
    using item = typename Source::item;

    drop_stage(Source&& source, std::size_t count)
        : stage<Source>(std::move(source)), left_(count) {}

    typename item::type* poll() {
        for (; left_ != 0; --left_) {
            if (this->poll_source() == nullptr) return nullptr;
        }
        return this->poll_source();
    }

private:
    std::size_t left_;
};

struct make_drop {
    template <class Source, class Count>
    static auto make(Source&& source, Count count) {
        return as_pipe(drop_stage<chain_of<Source>>(as_chain(std::forward<Source>(source)),
                                                    checked_count_of(count, "drop")));
    }
};

} // namespace detail

/// All but the first `n` elements.
///
///     auto rows = simul::lines("table.txt") | simul::drop(1);
///
/// \throws std::invalid_argument    here, for a negative number.
inline constexpr detail::adaptor_of<detail::make_drop, 1> drop{};

} // namespace simul
