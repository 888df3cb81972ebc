#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

namespace simul {
namespace detail {

template <class From, class Byte>
concept as_span_of = std::convertible_to<From&&, std::span<Byte>>;

} // namespace detail

namespace fs {

/// Memory of the caller that a read fills: made from a span, an array, a vector or a string of
/// `std::byte`, `char` or `unsigned char`.
class mutable_buffer {
public:
    template <class From>
        requires detail::as_span_of<From, std::byte>
    mutable_buffer(From&& from) noexcept
        : bytes_(std::span<std::byte>(static_cast<From&&>(from))) {}

    template <class From>
        requires detail::as_span_of<From, char>
    mutable_buffer(From&& from) noexcept
        : bytes_(std::as_writable_bytes(std::span<char>(static_cast<From&&>(from)))) {}

    template <class From>
        requires detail::as_span_of<From, unsigned char>
    mutable_buffer(From&& from) noexcept
        : bytes_(std::as_writable_bytes(std::span<unsigned char>(static_cast<From&&>(from)))) {}

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

private:
    std::span<std::byte> bytes_;
};

/// Memory of the caller that a write reads: made from what `mutable_buffer` is made from, from a
/// `std::string_view` and from a string literal (without its final NUL).
class const_buffer {
public:
    template <class From>
        requires std::convertible_to<From&&, std::string_view>
    const_buffer(From&& from) noexcept {
        const std::string_view text(static_cast<From&&>(from));
        bytes_ = std::as_bytes(std::span(text.data(), text.size()));
    }

    template <class From>
        requires detail::as_span_of<From, const std::byte>
    const_buffer(From&& from) noexcept
        : bytes_(std::span<const std::byte>(static_cast<From&&>(from))) {}

    template <class From>
        requires(detail::as_span_of<From, const char> &&
                 !std::convertible_to<From &&, std::string_view>)
    const_buffer(From&& from) noexcept
        : bytes_(std::as_bytes(std::span<const char>(static_cast<From&&>(from)))) {}

    template <class From>
        requires detail::as_span_of<From, const unsigned char>
    const_buffer(From&& from) noexcept
        : bytes_(std::as_bytes(std::span<const unsigned char>(static_cast<From&&>(from)))) {}

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

private:
    std::span<const std::byte> bytes_;
};

} // namespace fs
} // namespace simul
