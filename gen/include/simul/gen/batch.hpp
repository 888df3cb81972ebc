#pragma once

#include <ranges>
#include <span>
#include <type_traits>

namespace simul {

/// Marks a span whose elements an `async_generator` hands out one by one for a single `co_yield`:
/// its consumer is suspended once a batch instead of once an element. The elements are the
/// generator's own objects and stay where they are until it is resumed.
///
///     co_yield simul::batch(std::span(found));
template <class T>
class [[nodiscard("write co_yield simul::batch(...)")]] batch {
public:
    explicit batch(std::span<T> elements) noexcept : elements_(elements) {}
    template <std::ranges::contiguous_range Range>
        requires std::is_lvalue_reference_v<Range>
    explicit batch(Range&& elements) noexcept : elements_(elements) {}

    /// A batch of what is constant to the consumer.
    template <class U>
        requires(!std::is_const_v<U> && std::is_same_v<const U, T>)
    batch(const batch<U>& other) noexcept : elements_(other.elements()) {}

    [[nodiscard]] std::span<T> elements() const noexcept { return elements_; }

private:
    std::span<T> elements_;
};

template <class T>
batch(std::span<T>) -> batch<T>;
template <std::ranges::contiguous_range Range>
batch(Range&&) -> batch<std::remove_reference_t<std::ranges::range_reference_t<Range>>>;

} // namespace simul
