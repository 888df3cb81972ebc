#pragma once

#include <cstddef>

namespace simul {

/// How `lines` reads. A plain aggregate: `simul::lines(path, {.max_line = 4096})`.
struct line_options {
    /// A longer line, in bytes and without its end, is an error. It bounds the memory.
    std::size_t max_line = 16 << 20;
    /// How many bytes are asked for at a time; any number from 1 gives the same lines. 1 MiB is
    /// where larger chunks stop being faster. Up to that size, what is in the page cache is copied
    /// by the thread of the loop; larger chunks are always read by threads of the pool, ahead of
    /// the consumer.
    std::size_t chunk_size = 1 << 20;
    /// A CR ends a line even where no LF follows it, as in files of old Macintoshes.
    bool lone_cr = false;
};

} // namespace simul
