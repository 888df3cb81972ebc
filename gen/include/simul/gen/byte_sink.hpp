#pragma once

#include <simul/coro/detail/awaitable.hpp>

#include <cstddef>
#include <span>

namespace simul {

/// What `csv::writer` and `copy` can write to: `co_await sink.write_all(bytes)`, with a
/// `std::span<const std::byte>`, writes all of it. An `fs::file` is one.
template <class Sink>
concept byte_sink = requires(Sink& sink, std::span<const std::byte> bytes) {
    { sink.write_all(bytes) } -> detail::awaitable;
};

} // namespace simul
