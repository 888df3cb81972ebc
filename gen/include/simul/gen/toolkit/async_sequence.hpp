#pragma once

#include <simul/coro/detail/awaitable.hpp>

#include <ranges>
#include <utility>

namespace simul {

/// What hands out its elements through an awaited `next()`, which gives something like a pointer
/// or an optional: empty at the end, and from then on. Async generators are such sequences, and so
/// are lines, CSV rows, queues, and every pipe with one of these at its beginning.
template <class Sequence>
concept async_sequence = requires(std::remove_reference_t<Sequence>& sequence) {
    { sequence.next() } -> detail::awaitable;
    static_cast<bool>(std::declval<detail::await_result_t<decltype(sequence.next())>&>());
    *std::declval<detail::await_result_t<decltype(sequence.next())>&>();
};

/// What a pipe can begin with: an input range, which any container, view or generator is, or an
/// async sequence.
template <class Sequence>
concept sequence = async_sequence<Sequence> || std::ranges::input_range<Sequence>;

} // namespace simul
