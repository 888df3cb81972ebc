#pragma once

#include <simul/coro/detail/whole_file.hpp>
#include <simul/loop/config.hpp>

#include <filesystem>
#include <string>

namespace simul {
namespace detail {

class SIMUL_API read_file_awaiter final : public whole_file {
public:
    explicit read_file_awaiter(const std::filesystem::path& path);

    std::string await_resume();
};

} // namespace detail

namespace fs {

/// Reads a file from its beginning to its end, in one trip to the pool; gives its bytes. Files
/// whose size the system does not know (those of /proc) and streams (FIFOs, terminals, sockets)
/// are read until they end.
///
/// A cancel ends the await at once.
/// \throws std::system_error    with errno's generic category and the path in its message.
/// \throws cancelled            when the task is cancelled.
///
///     std::string text = co_await simul::fs::read_file("notes.txt");
[[nodiscard]] inline detail::read_file_awaiter read_file(const std::filesystem::path& path) {
    return detail::read_file_awaiter(path);
}

} // namespace fs
} // namespace simul
