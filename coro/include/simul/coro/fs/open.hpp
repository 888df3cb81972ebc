#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/coro/fs/file.hpp>
#include <simul/coro/fs/mode.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/detail/request.hpp>

#include <coroutine>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>

namespace simul {
namespace detail {

class SIMUL_API file_open final : public operation, private request_listener {
public:
    using awaited_once = void;

    file_open(const std::filesystem::path& path, fs::mode m, unsigned permissions);
    /// Copies one that has not begun, for gather() and its like.
    file_open(const file_open& other) noexcept;
    file_open& operator=(const file_open&) = delete;
    ~file_open() = default;

    [[nodiscard]] static bool await_ready() noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        return start(line_of(awaiting), awaiting);
    }

    fs::file await_resume();

    void cancel() noexcept override;
    void describe(std::string& out) const override;

private:
    static constexpr std::int64_t was_cancelled = std::numeric_limits<std::int64_t>::min();

    bool start(waiter& line, std::coroutine_handle<> at) noexcept;
    void request_done(std::int64_t result) noexcept override;

    std::shared_ptr<open_file> file_;
    std::int64_t result_ = 0;
    request request_;
    int flags_; // or a negative errno
    int permissions_;
};

} // namespace detail

namespace fs {

/// Opens a file; gives an `fs::file`. `permissions` are those of a file that is made, less the
/// process's umask. The descriptor is not inherited by programs that are executed.
///
/// Opening never waits for another process: a FIFO is open for reading at once and its first read
/// waits for a writer; opening one for writing alone needs a reader (ENXIO). A directory is an
/// error (EISDIR), and so are `truncate` of what is not opened for writing and `exclusive` without
/// `create` (EINVAL).
///
/// A cancel ends the await at once; the descriptor that may come all the same is closed.
/// \throws std::system_error    with errno's generic category and the path in its message.
/// \throws cancelled            when the task is cancelled.
///
///     auto in = co_await simul::fs::open("data.bin");
///     auto out = co_await simul::fs::open("copy.bin", mode::create | mode::write);
[[nodiscard]] inline detail::file_open open(const std::filesystem::path& path, mode m = mode::read,
                                            unsigned permissions = 0666) {
    return detail::file_open(path, m, permissions);
}

} // namespace fs
} // namespace simul
