#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/coro/detail/chunk_buffer.hpp>
#include <simul/coro/fs.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/config.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace simul {

/// What `lines` and `csv::rows` can read: `co_await stream.read(buffer)`, with a
/// `std::span<std::byte>`, gives the number of bytes read, and 0 at the end.
template <class Stream>
concept byte_stream = requires(Stream& stream, std::span<std::byte> buffer) {
    { stream.read(buffer) } -> detail::awaitable;
    requires std::convertible_to<detail::await_result_t<decltype(stream.read(buffer))>,
                                 std::size_t>;
};

namespace detail {

/// Where `lines` and `csv::rows` have their text from, a chunk at a time. Whoever wants to work on
/// the text before they do, to decompress it for example, is one himself and has another one.
class SIMUL_API chunk_source {
public:
    chunk_source() = default;
    chunk_source(const chunk_source&) = delete;
    chunk_source& operator=(const chunk_source&) = delete;
    virtual ~chunk_source();

    /// Names the text in errors.
    [[nodiscard]] virtual std::string name() const = 0;

    /// The next text: `kept`, which is the end of the last one or nothing, and more behind it, one
    /// byte at least; at the end of all text nothing more. It belongs to this, stays until the next
    /// call, and has chunk_buffer::slack writable bytes before and behind it.
    ///
    /// Errors of reading are thrown once everything before them has been given.
    virtual task<std::span<char>> next(std::span<char> kept) = 0;
};

/// What `from` gives, decompressed if it is gzip or zstd data by its first bytes. Broken data throw
/// std::runtime_error once everything before the fault has been given.
SIMUL_API std::unique_ptr<chunk_source> decompressed(std::unique_ptr<chunk_source> from,
                                                     std::size_t chunk_size);

/// More at a time is no faster, and a number of bytes must fit into 32 bits.
inline constexpr std::size_t most_per_read = std::size_t{64} << 20;

/// The number of bytes that a stream of the caller's says to have read.
inline std::size_t checked_count(std::size_t count, std::size_t asked_for) {
    if (count > asked_for) [[unlikely]]
        throw std::length_error("simul: a byte stream says that it read more than was asked for");
    return count;
}

/// A stream of the caller's (when Stream is a reference), or one that was handed over.
template <class Stream>
class stream_source final : public chunk_source {
public:
    stream_source(Stream&& stream, std::size_t chunk_size)
        : stream_(std::forward<Stream>(stream)), buffer_(chunk_size) {}

    [[nodiscard]] std::string name() const override {
        if constexpr (requires { stream_.path().string(); }) {
            return stream_.path().string();
        } else {
            return "stream";
        }
    }

    task<std::span<char>> next(std::span<char> kept) override {
        const std::span<std::byte> space = buffer_.prepare(kept);
        const auto count = static_cast<std::size_t>(co_await stream_.read(space));
        co_return buffer_.commit(checked_count(count, space.size()));
    }

private:
    Stream stream_;
    chunk_buffer buffer_;
};

/// The file at `path`, which is opened by the first `next`, or an open one, from where it stands.
/// Both are read ahead, see read_ahead.
SIMUL_API std::unique_ptr<chunk_source> open_text(const std::filesystem::path& path,
                                                  std::size_t chunk_size);
SIMUL_API std::unique_ptr<chunk_source> open_text(fs::file file, std::size_t chunk_size);

/// Any other stream. A file that is only referred to is read like one, not ahead: its position is
/// always that of what has been handed out, and its owner may close it.
template <byte_stream Stream>
std::unique_ptr<chunk_source> text_of(Stream&& stream, std::size_t chunk_size) {
    const std::size_t chunk = std::min(chunk_size, most_per_read);
    if constexpr (std::is_same_v<Stream, fs::file>) {
        return open_text(std::forward<Stream>(stream), chunk);
    } else {
        return decompressed(
            std::make_unique<stream_source<Stream>>(std::forward<Stream>(stream), chunk), chunk);
    }
}

} // namespace detail
} // namespace simul
