#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

struct stat;

namespace simul::detail {

// Plain calls of the kernel on one descriptor. Each returns a negative errno on failure.

/// Whatever is opened never blocks where the kernel can tell beforehand, and is no terminal that
/// becomes ours.
extern const int always_open_with;

/// A path that names a descriptor of this process and that cannot be opened, because a socket is
/// behind it: a duplicate; else `error`.
int open_inherited_socket(const char* path, int error) noexcept;

/// Moves a descriptor that was opened as 0, 1 or 2, because the program runs without standard
/// streams: what it prints must not go into a file. Passes any other, and a negative errno.
int beyond_standard(int fd) noexcept;

int status_of(int fd, struct stat& into) noexcept;
std::filesystem::file_type kind_of(const struct stat& status) noexcept;

/// Kinds whose transfers may have to wait for somebody else.
bool is_stream(std::filesystem::file_type kind) noexcept;

/// Transfers what can be transferred without waiting; -EAGAIN when that is nothing. A FIFO that
/// nobody has opened for writing yet is not at its end.
std::int64_t read_now(int fd, std::filesystem::file_type kind, std::span<std::byte> into) noexcept;
std::int64_t write_now(int fd, std::filesystem::file_type kind,
                       std::span<const std::byte> from) noexcept;

/// Reads what is in memory already; -EAGAIN when nothing is, and another error when the file
/// system cannot tell.
std::int64_t read_cached(int fd, std::span<std::byte> into, std::int64_t offset) noexcept;

/// Where sequential reads go on; negative for a file without positions.
std::int64_t position_of(int fd) noexcept;

/// Lets the kernel read further ahead.
void expect_sequential_reads(int fd) noexcept;

} // namespace simul::detail
