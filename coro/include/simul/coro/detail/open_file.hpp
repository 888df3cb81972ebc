#pragma once

#include <simul/loop/config.hpp>

#include <cstdint>
#include <filesystem>

namespace simul::detail {

/// An open descriptor and what its operations must know of it. A `fs::file` and its operations in
/// flight share it; it is closed when the last of them goes.
class SIMUL_API open_file {
public:
    explicit open_file(const std::filesystem::path& named) : path(named) {}
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    /// Closes without blocking a loop that runs here.
    ~open_file();

    /// Takes `opened` over and learns its kind; 0 or a negative errno. Directories are refused.
    int adopt(int opened) noexcept;

    /// Sequential operations of one direction at a time, and of one at all where both directions
    /// share a position.
    [[nodiscard]] bool is_busy(bool writing) const noexcept {
        if (is_stream()) return writing ? writes : reads;
        return reads || writes;
    }
    [[nodiscard]] bool is_stream() const noexcept {
        using enum std::filesystem::file_type;
        return kind == fifo || kind == socket || kind == character;
    }

    int fd = -1;
    std::filesystem::file_type kind = std::filesystem::file_type::none;
    std::int64_t size = 0; ///< when it was opened; 0 also where the file system does not know it
    bool polls = false;    ///< the kernel says when a transfer would not block
    bool appends = false;
    bool asks_cache = true;    ///< reads look into the page cache before they go to the pool
    bool reads = false;        ///< a sequential read is in flight
    bool writes = false;       ///< a sequential write is in flight
    int operations = 0;        ///< all that are in flight
    std::int64_t position = 0; ///< what sequential operations have transferred, for messages
    std::filesystem::path path;
};

} // namespace simul::detail
