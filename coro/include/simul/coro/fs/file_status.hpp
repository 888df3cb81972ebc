#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace simul::fs {

/// What the file system knows of an open file.
struct file_status {
    std::uint64_t size = 0; ///< bytes; 0 for what has none, such as a FIFO or a file of /proc
    std::chrono::system_clock::time_point modified; ///< of its content
    std::filesystem::file_type kind = std::filesystem::file_type::none;
    std::filesystem::perms permissions = std::filesystem::perms::none;
};

} // namespace simul::fs
