#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/toolkit/chunk.hpp>
#include <simul/gen/toolkit/distinct_adjacent.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul {
namespace detail {

template <class Source, class Fn>
class group_by_stage : public stage<in_place<Source>> {
    using source_item = typename Source::item;
    using value = typename source_item::value_type;
    using key = kept_type<key_of<source_item, Fn>>;

public:
    using item = given<std::pair<key, std::vector<value>>>;

    group_by_stage(Source&& source, Fn&& fn)
        : stage<in_place<Source>>(in_place<Source>(std::move(source))), fn_(std::move(fn)) {}

    typename item::type* poll() {
        if (first_of_next_ != nullptr) {
            auto& first = *std::exchange(first_of_next_, nullptr);
            open(std::move(*next_key_), first);
        } else if (!is_open_) {
            auto* const element = this->poll_source();
            if (element == nullptr) return nullptr;
            open(look<source_item>(fn_, *element), *element);
        }
        while (auto* const element = this->poll_source()) {
            auto&& found = look<source_item>(fn_, *element);
            if (!is_key(group_->first, found)) {
                put_value(next_key_, std::forward<decltype(found)>(found));
                first_of_next_ = element; // it stays where it is until the source is asked again
                return close();
            }
            refill_.push(group_->second, *element);
        }
        return this->source_ended() ? close() : nullptr;
    }

private:
    template <class Found>
    void open(Found&& first, typename source_item::type& element) {
        if constexpr (std::is_assignable_v<key&, Found>) {
            if (group_) {
                group_->first = std::forward<Found>(first);
            } else {
                group_.emplace(make_value<key>(std::forward<Found>(first)), std::vector<value>());
            }
        } else {
            group_.emplace(make_value<key>(std::forward<Found>(first)), std::vector<value>());
        }
        refill_.begin();
        refill_.push(group_->second, element);
        is_open_ = true;
    }
    typename item::type* close() {
        refill_.end(group_->second);
        is_open_ = false;
        return std::addressof(*group_);
    }

    [[no_unique_address]] Fn fn_;
    std::optional<typename item::type> group_;
    std::optional<key> next_key_;
    refill<source_item> refill_;
    typename source_item::type* first_of_next_ = nullptr;
    bool is_open_ = false;
};

} // namespace detail

/// The runs of elements with equal keys, as Python's `groupby`: pairs of the key and a
/// `std::vector` of the elements. What does not follow each other is not brought together: sort
/// before, or use `to_map`.
///
///     auto days = rows | simul::group_by(&row::day);
///     while (auto day = co_await days.next()) report(day->first, day->second);
inline constexpr detail::adaptor_of<detail::make_stage<detail::group_by_stage>, 1> group_by{};

} // namespace simul
