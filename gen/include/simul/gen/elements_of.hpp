#pragma once

#include <utility>

namespace simul {

/// Marks a generator or a range whose elements a `generator` hands out one by one as its own:
/// the "yield from" of Python.
///
///     simul::generator<int> flat(const tree& t) {
///         if (t.left) co_yield simul::elements_of(flat(*t.left));
///         co_yield t.value;
///         if (t.right) co_yield simul::elements_of(flat(*t.right));
///     }
///
/// It refers to the range, so write it in the `co_yield` itself; a named range is left to its
/// owner. A `generator` given as a temporary (or with `std::move`) costs O(1) per element at any
/// depth, and what `send()` and `raise()` bring goes to the innermost one.
template <class Range>
class [[nodiscard("write co_yield simul::elements_of(...)")]] elements_of {
public:
    explicit elements_of(Range&& range) noexcept : range_(std::forward<Range>(range)) {}

    /// The range, as it was given.
    Range&& get() && noexcept { return std::forward<Range>(range_); }

private:
    Range&& range_;
};

template <class Range>
elements_of(Range&&) -> elements_of<Range>;

} // namespace simul
