#pragma once

#include <simul/coro/detail/file_call.hpp>
#include <simul/coro/detail/file_transfer.hpp>
#include <simul/coro/fs/buffer.hpp>
#include <simul/loop/config.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

namespace simul::fs {

/// An open file, from `fs::open`. Reading and writing happen on threads of libuv's pool, so the
/// loop never waits for a disk; FIFOs, terminals and sockets are waited for by the loop itself.
///
/// It owns its descriptor. `co_await f.close()` closes it and reports what the file system has to
/// say; the destructor closes it too, without blocking a running loop, and then an error can only
/// be logged. Operations in flight keep the descriptor open until they have ended.
///
/// Sequential operations (`read`, `write`, `write_all`) go on where the last one stopped; one of
/// them can be in flight at a time (one of each direction on a FIFO, terminal or socket), a second
/// throws std::logic_error. `read_at` and `write_at` may run in parallel.
///
/// All operations throw, at the `co_await`, std::system_error with the path in its message (with
/// EBADF on a file that was closed), and `cancelled`. The call itself throws std::logic_error for
/// an empty file object, and std::system_error for an offset that cannot be.
/// A cancel ends an operation that no worker has begun and any wait for a FIFO, terminal or
/// socket; an operation that a worker is at is waited for, so that nothing touches the caller's
/// buffer afterwards, and gives its result.
class SIMUL_API file {
public:
    /// An empty file object.
    file() noexcept = default;
    /// The parts that `fs::open` made.
    explicit file(std::shared_ptr<detail::open_file> opened) noexcept
        : opened_(std::move(opened)) {}
    file(file&&) noexcept = default;
    file& operator=(file&&) noexcept = default;
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() = default;

    /// Hands over what the constructor takes, and is empty afterwards.
    [[nodiscard]] std::shared_ptr<detail::open_file> release() noexcept {
        return std::move(opened_);
    }

    /// Reads up to the buffer's size from where the last sequential operation stopped; gives the
    /// number of bytes, 0 at the end. May give fewer than asked for before the end.
    ///
    ///     while (std::size_t n = co_await in.read(buffer)) use(std::span(buffer).first(n));
    [[nodiscard]] detail::file_read read(mutable_buffer into) {
        return detail::file_read(opened(), into.bytes());
    }
    /// Reads at an offset in bytes from the beginning.
    /// \throws std::system_error    also EINVAL for an offset of 2^63 and more, and ESPIPE for a
    ///                              file without offsets.
    [[nodiscard]] detail::file_read read_at(mutable_buffer into, std::uint64_t offset) {
        return detail::file_read(opened(), into.bytes(), checked(offset, "read"));
    }

    /// Writes some of the buffer, at least one byte, and gives the number of bytes.
    [[nodiscard]] detail::file_write write(const_buffer from) {
        return detail::file_write(opened(), from.bytes());
    }
    /// Writes some of the buffer at an offset. The kernel ignores the offset in append mode.
    [[nodiscard]] detail::file_write write_at(const_buffer from, std::uint64_t offset) {
        return detail::file_write(opened(), from.bytes(), checked(offset, "write"));
    }
    /// Writes all of the buffer. After an error or a cancel a part of it may have been written.
    [[nodiscard]] detail::file_write_all write_all(const_buffer from) {
        return detail::file_write_all(opened(), from.bytes());
    }

    /// Returns when all that was written has reached the disk.
    [[nodiscard]] detail::file_sync sync() { return detail::file_sync(opened()); }
    /// Cuts the file off, or fills it up with zeros, to `size` bytes.
    [[nodiscard]] detail::file_truncate truncate(std::uint64_t size) {
        return detail::file_truncate(opened(), checked(size, "truncate"));
    }
    /// Asks the file system about the file as it is now.
    [[nodiscard]] detail::file_stat stat() { return detail::file_stat(opened()); }
    /// The size in bytes as it is now; 0 for a FIFO or a file of /proc, which may have content.
    [[nodiscard]] detail::file_size size() { return detail::file_size(opened()); }

    /// Closes the file and reports what went wrong, also what the file system kept back of an
    /// earlier write. The file is closed whatever happens, also when the task is cancelled.
    /// \throws std::logic_error    when an operation is in flight; the file is not closed then.
    [[nodiscard]] detail::file_close close() { return detail::file_close(opened()); }

    [[nodiscard]] bool is_open() const noexcept { return opened_ != nullptr && opened_->fd >= 0; }
    /// The path that it was opened with.
    [[nodiscard]] const std::filesystem::path& path() const { return opened()->path; }
    /// What it was when it was opened: a regular file, a FIFO, a character device, a socket, ...
    [[nodiscard]] std::filesystem::file_type kind() const { return opened()->kind; }
    /// The descriptor, which stays the file's own; -1 when it is closed. It is non-blocking, except
    /// where a path like /dev/stdin stands for a socket that others share: that stays as it was.
    [[nodiscard]] int native_handle() const noexcept {
        return opened_ != nullptr ? opened_->fd : -1;
    }

private:
    [[nodiscard]] const std::shared_ptr<detail::open_file>& opened() const {
        if (opened_ == nullptr) [[unlikely]]
            throw_empty();
        return opened_;
    }
    [[nodiscard]] std::int64_t checked(std::uint64_t offset, const char* what) const {
        if (static_cast<std::int64_t>(offset) < 0) [[unlikely]]
            throw_too_far(what);
        return static_cast<std::int64_t>(offset);
    }
    [[noreturn]] static void throw_empty();
    [[noreturn]] void throw_too_far(const char* what) const;

    std::shared_ptr<detail::open_file> opened_;
};

} // namespace simul::fs
