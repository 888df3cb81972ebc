#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>

#include <concepts>
#include <cstddef>
#include <deque>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul {
namespace detail {

/// Over a range that can be read again.
template <class Source>
class cycle_stage : public stage<Source> {
public:
    // Never to be moved away: they are needed again.
    using item =
        lent<typename Source::item::type, typename Source::item::value_type, Source::item::lives>;

    explicit cycle_stage(Source&& source) : stage<Source>(std::move(source)) {}

    typename item::type* poll() {
        auto* const element = this->poll_source();
        if (element != nullptr) return element;
        this->source().restart();
        return this->poll_source();
    }
};

/// Over one that cannot: it keeps the elements.
template <class Source>
class cycle_kept_stage : public stage<Source> {
    using value = typename Source::item::value_type;

public:
    using item = lent<const value, value>;

    explicit cycle_kept_stage(Source&& source) : stage<Source>(std::move(source)) {}

    const value* poll() {
        if (!is_complete_) {
            if (auto* const element = this->poll_source()) {
                values_.push_back(Source::item::keep(*element));
                return std::addressof(values_.back());
            }
            if (!this->source_ended()) return nullptr;
            is_complete_ = true;
        }
        if (values_.empty()) return nullptr;
        if (next_ == values_.size()) next_ = 0;
        return std::addressof(values_[next_++]);
    }
    [[nodiscard]] bool ended() const { return values_.empty() && this->source_ended(); }

private:
    // A vector<bool> has no element to show.
    std::conditional_t<std::same_as<value, bool>, std::deque<value>, std::vector<value>> values_;
    std::size_t next_ = 0;
    bool is_complete_ = false;
};

template <class Chain>
concept can_restart = requires { typename Chain::view_type; } &&
                      std::ranges::forward_range<typename Chain::view_type>;

struct make_cycle {
    template <class Source>
    static auto make(Source&& source) {
        using chain = chain_of<Source>;
        if constexpr (can_restart<chain>) {
            return as_pipe(cycle_stage<chain>(as_chain(std::forward<Source>(source))));
        } else {
            return as_pipe(cycle_kept_stage<chain>(as_chain(std::forward<Source>(source))));
        }
    }
};

} // namespace detail

/// The elements again and again, without end; of nothing it is nothing. Those of a generator or of
/// an async sequence are kept in memory for that.
///
///     for (auto [item, colour] : simul::zip(items, colours | simul::cycle())) ...
inline constexpr detail::adaptor_up_to<detail::make_cycle, 0> cycle{};

} // namespace simul
