#pragma once

#include <simul/gen/detail/toolkit/pipe.hpp>
#include <simul/gen/detail/toolkit/sink.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class T, class Step>
class count_root {
public:
    using item = given<T>;
    static constexpr bool is_async = false;

    count_root(T first, Step step) : next_(std::move(first)), step_(std::move(step)) {}

    T* poll() {
        shown_ = next_;
        next_ = after(next_);
        return &shown_;
    }

private:
    // The number behind the last one that exists is computed, too, though nobody asks for it.
    T after(T value) const {
        if constexpr (std::integral<T> && std::integral<Step>) {
            return static_cast<T>(static_cast<std::uintmax_t>(value) +
                                  static_cast<std::uintmax_t>(step_));
        } else {
            return static_cast<T>(value + step_);
        }
    }

    T next_;
    T shown_{};
    Step step_;
};

template <class Item>
class count_sink {
public:
    bool take(typename Item::type&) {
        ++count_;
        return true;
    }
    [[nodiscard]] std::size_t finish() const { return count_; }

private:
    std::size_t count_ = 0;
};

template <class Item, class Predicate>
class count_if_sink {
public:
    explicit count_if_sink(Predicate&& predicate) : predicate_(std::move(predicate)) {}

    bool take(typename Item::type& element) {
        count_ += holds<Item>(predicate_, element) ? 1U : 0U;
        return true;
    }
    [[nodiscard]] std::size_t finish() const { return count_; }

private:
    [[no_unique_address]] Predicate predicate_;
    std::size_t count_ = 0;
};

struct make_count {
    template <class Source>
    static auto make(Source&& source) {
        return drain(std::forward<Source>(source), count_sink<sink_item<Source>>());
    }
    template <class Source, class Predicate>
    static auto make(Source&& source, Predicate&& predicate) {
        return drain(std::forward<Source>(source),
                     count_if_sink<sink_item<Source>, Predicate>(std::move(predicate)));
    }
};

/// Both `count()`, the numbers from 0, and what is at the end of a pipe.
class [[nodiscard(
    "write simul::count(sequence), or use the numbers that it gives")]] count_from_zero
    : public pipe_view<count_root<std::size_t, std::size_t>>,
      public closure_base {
public:
    count_from_zero()
        : pipe_view<count_root<std::size_t, std::size_t>>(
              count_root<std::size_t, std::size_t>(0, 1)) {}

    template <class Source>
    auto operator()(Source&& source) const {
        return make_count::make(std::forward<Source>(source));
    }
};

template <>
inline constexpr bool is_pipe_view<count_from_zero> = true;
template <>
struct item_of<count_from_zero> {
    using type = count_from_zero::item;
};

template <class T>
concept number = std::integral<T> || std::floating_point<T>;

struct count_fn {
    auto operator()() const { return count_from_zero(); }
    template <number T>
    auto operator()(T first) const {
        return as_pipe(count_root<T, T>(first, static_cast<T>(1)));
    }
    /// Whole numbers by steps that are none become floating-point numbers.
    template <number T, number Step>
    auto operator()(T first, Step step) const {
        using value = std::conditional_t<std::floating_point<Step>, std::common_type_t<T, Step>, T>;
        return as_pipe(count_root<value, Step>(static_cast<value>(first), step));
    }
    template <sequence Source>
    auto operator()(Source&& source) const {
        return make_count::make(std::forward<Source>(source));
    }
    template <sequence Source, class Predicate>
    auto operator()(Source&& source, Predicate&& predicate) const {
        return make_count::make(std::forward<Source>(source),
                                std::decay_t<Predicate>(std::forward<Predicate>(predicate)));
    }
    template <class Predicate>
        requires(!number<std::remove_cvref_t<Predicate>> && !sequence<Predicate>)
    auto operator()(Predicate&& predicate) const {
        return make_closure<make_count>(std::forward<Predicate>(predicate));
    }
};

} // namespace detail

/// Of a sequence, the number of its elements, or of those for which a predicate holds; what an
/// async sequence gives is to be awaited. Of numbers, those from `first` on, by 1 or another step.
///
///     std::size_t n = simul::count(numbers());
///     std::size_t m = co_await simul::count(simul::lines("log.txt"), is_error);
///     simul::count(10)        // 10 11 12 ...
///     simul::count(0.0, 0.5)  // 0.0 0.5 1.0 ...
inline constexpr detail::count_fn count{};

} // namespace simul
