#pragma once

#include <simul/coro/fs.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/byte_sink.hpp>
#include <simul/gen/detail/chunk_source.hpp>
#include <simul/loop/config.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul {

/// How `copy` goes about it. A plain aggregate.
struct copy_options {
    /// How many bytes are read and written at a time.
    std::size_t chunk_size = 256U << 10;
    /// How many chunks of a file are on their way at once. Memory is that many chunks.
    std::size_t in_flight = 4;
};

namespace detail {

template <class Source>
task<std::size_t> read_chunk(Source& source, std::span<std::byte> into) {
    const auto count = static_cast<std::size_t>(co_await source.read(into));
    co_return checked_count(count, into.size());
}

template <class Sink>
task<> write_chunk(Sink& sink, std::span<const std::byte> from) {
    (void)co_await sink.write_all(from);
}

// Reads the next chunk while the last one is written.
template <class Source, class Sink>
task<std::uint64_t> copy_in_order(Source& source, Sink& sink, std::size_t chunk_size) {
    std::vector<std::byte> reading(chunk_size);
    std::vector<std::byte> writing(chunk_size);
    std::uint64_t total = 0;
    std::size_t count = co_await read_chunk(source, reading);
    while (count != 0) {
        reading.swap(writing);
        const auto next = co_await gather(read_chunk(source, reading),
                                          write_chunk(sink, std::span(writing).first(count)));
        total += count;
        count = std::get<0>(next);
    }
    co_return total;
}

SIMUL_API task<std::uint64_t> copy_files(fs::file& from, fs::file& to, copy_options how);

template <class Source, class Sink>
task<std::uint64_t> copy_kept(Source source, Sink sink, copy_options how) {
    how.chunk_size = std::clamp<std::size_t>(how.chunk_size, 1, most_per_read);
    if constexpr (std::same_as<std::remove_cvref_t<Source>, fs::file> &&
                  std::same_as<std::remove_cvref_t<Sink>, fs::file>) {
        co_return co_await copy_files(source, sink, how);
    } else {
        co_return co_await copy_in_order(source, sink, how.chunk_size);
    }
}

} // namespace detail

/// Copies all that `source` gives, from where it stands to its end, to where `sink` stands; gives
/// the number of bytes. Each is an open `fs::file` or any other byte stream or sink. Temporary or
/// moved ones are kept until the copy has ended, named ones are referred to; neither is closed.
///
/// From a regular file to another several chunks are on their way at once, each at its own offset;
/// otherwise the next chunk is read while the last one is written. A file that grows meanwhile is
/// copied to its new end.
///
/// What reading and writing throw is thrown once nothing is in flight any more, and names the path;
/// a file that has become shorter is a `std::runtime_error`. A cancel takes effect likewise. A part
/// may have been copied then, of files not necessarily from the beginning on.
///
///     auto in = co_await simul::fs::open("data.bin");
///     auto out = co_await simul::fs::open("copy.bin", mode::create | mode::write);
///     std::uint64_t bytes = co_await simul::copy(in, out);
///     co_await out.close();
template <byte_stream Source, byte_sink Sink>
[[nodiscard]] task<std::uint64_t> copy(Source&& source, Sink&& sink, copy_options how = {}) {
    return detail::copy_kept<Source, Sink>(std::forward<Source>(source), std::forward<Sink>(sink),
                                           how);
}

} // namespace simul
