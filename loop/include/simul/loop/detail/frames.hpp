#pragma once

#include <simul/loop/config.hpp>

#include <cstddef>

namespace simul::detail {

/// Memory for a coroutine frame: from this thread's cache of recycled frames, else from the heap.
/// Under sanitizers (SIMUL_PLAIN_FRAMES) every frame is a heap block of its own.
[[nodiscard]] SIMUL_API void* allocate_frame(std::size_t size);
SIMUL_API void deallocate_frame(void* frame, std::size_t size) noexcept;

/// Base of promises and control blocks that live in recycled memory.
struct in_frame_memory {
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
        deallocate_frame(frame, size);
    }
};

} // namespace simul::detail
