#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

/// A number of elements that somebody has given.
template <class Count>
std::size_t checked_count_of(Count count, const char* adaptor) {
    static_assert(std::integral<Count>, "this adaptor takes a number of elements");
    if constexpr (std::is_signed_v<Count>) {
        if (count < 0) {
            throw std::invalid_argument(std::string("simul::") + adaptor +
                                        ": a negative number of elements");
        }
    }
    return static_cast<std::size_t>(count);
}

template <class Source>
class take_stage : public stage<Source> {
public:
    using item = typename Source::item;

    take_stage(Source&& source, std::size_t count)
        : stage<Source>(std::move(source)), left_(count) {}

    typename item::type* poll() {
        if (left_ == 0) return nullptr;
        auto* const element = this->poll_source();
        if (element != nullptr) --left_;
        return element;
    }
    [[nodiscard]] bool ended() const { return left_ == 0 || this->source_ended(); }

private:
    std::size_t left_;
};

struct make_take {
    template <class Source, class Count>
    static auto make(Source&& source, Count count) {
        return as_pipe(take_stage<chain_of<Source>>(as_chain(std::forward<Source>(source)),
                                                    checked_count_of(count, "take")));
    }
};

} // namespace detail

/// The first `n` elements. No more than these are asked for.
///
///     auto some = ticker(10) | simul::take(3);
///
/// \throws std::invalid_argument    here, for a negative number.
inline constexpr detail::adaptor_of<detail::make_take, 1> take{};

} // namespace simul
