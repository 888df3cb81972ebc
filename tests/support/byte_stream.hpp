#pragma once

#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace simul_test {

/// A stream of bytes in memory, as a user of the library might write one. It can be told to read
/// less than it is asked for, now and then or always, and to take time; it counts its reads.
class text_stream {
public:
    explicit text_stream(std::string text) : text_(std::move(text)) {}

    /// Reads have between 1 and `most` bytes.
    text_stream& random_reads(std::uint64_t seed, std::size_t most) {
        state_ = seed * 2 + 1;
        most_ = most;
        return *this;
    }
    text_stream& slow(std::chrono::nanoseconds every_read) {
        delay_ = every_read;
        return *this;
    }

    simul::task<std::size_t> read(std::span<std::byte> into) {
        ++reads_;
        largest_ = std::max(largest_, into.size());
        if (delay_.count() > 0) co_await simul::sleep(delay_);
        std::size_t n = std::min(into.size(), text_.size() - at_);
        if (most_ != 0) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            n = std::min<std::size_t>(n, 1 + (state_ >> 33U) % most_);
        }
        if (n != 0) std::memcpy(into.data(), text_.data() + at_, n);
        at_ += n;
        co_return n;
    }

    [[nodiscard]] std::size_t reads() const { return reads_; }
    /// The most that a read was asked for.
    [[nodiscard]] std::size_t largest() const { return largest_; }
    /// How much has been read.
    [[nodiscard]] std::size_t position() const { return at_; }

private:
    std::string text_;
    std::size_t at_ = 0;
    std::size_t reads_ = 0;
    std::size_t largest_ = 0;
    std::size_t most_ = 0;
    std::uint64_t state_ = 0;
    std::chrono::nanoseconds delay_{0};
};

} // namespace simul_test
