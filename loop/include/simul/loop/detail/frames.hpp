#pragma once

#include <simul/loop/config.hpp>
#include <simul/loop/detail/frame_bin.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace simul::detail {

/// Under sanitizers every frame is a heap block of its own.
using plain_frames = std::bool_constant<SIMUL_PLAIN_FRAMES != 0>;

/// The frames that one thread keeps to use them again.
struct SIMUL_API frame_cache {
    static constexpr std::size_t bin_of(std::size_t size) noexcept {
        return (size + frame_bin::granule - 1) / frame_bin::granule;
    }
    static constexpr bool holds(std::size_t size) noexcept {
        return !plain_frames() && size <= frame_bin::largest;
    }

    std::array<frame_bin, frame_bin::largest / frame_bin::granule + 1> bins{};
    std::int64_t in_heap = 0;

    frame_cache() = default;
    frame_cache(const frame_cache&) = delete;
    frame_cache& operator=(const frame_cache&) = delete;
    ~frame_cache();

    [[nodiscard]] std::int64_t live() const noexcept;
};

/// This thread's, or null. A bare pointer keeps the fast path at one load; the owner behind it runs
/// at the thread's end. Frames that come and go later still (in the destructors of static objects)
/// find no cache.
[[gnu::tls_model("initial-exec")]] extern SIMUL_API constinit thread_local frame_cache* frames_here;

/// The library has them for its own setting alone: a program with the other one does not link.
[[nodiscard]] SIMUL_API void* allocate_frame_slowly(std::size_t size, plain_frames plain);
SIMUL_API void deallocate_frame_slowly(void* frame, std::size_t size, plain_frames plain) noexcept;

/// Memory for a coroutine frame: from this thread's cache of recycled frames, else from the heap.
/// Inlined, as a frame's size is known where it is made: its bin is, too, then.
[[nodiscard, gnu::always_inline]] inline void* allocate_frame(std::size_t size) {
    if (frame_cache* const here = frames_here; here != nullptr && frame_cache::holds(size))
        [[likely]] {
        if (void* const frame = here->bins[frame_cache::bin_of(size)].pop()) [[likely]]
            return frame;
    }
    return allocate_frame_slowly(size, plain_frames());
}

[[gnu::always_inline]] inline void deallocate_frame(void* frame, std::size_t size) noexcept {
    if (frame_cache* const here = frames_here; here != nullptr && frame_cache::holds(size))
        [[likely]] {
        if (here->bins[frame_cache::bin_of(size)].push(frame)) [[likely]]
            return;
    }
    deallocate_frame_slowly(frame, size, plain_frames());
}

/// Base of promises and control blocks that live in recycled memory.
struct in_frame_memory {
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
        deallocate_frame(frame, size);
    }
};

} // namespace simul::detail
