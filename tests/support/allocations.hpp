#pragma once

// Counts what is allocated with new. To be included by the one source file of a program.

#include <simul/loop/config.hpp>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace simul_test {

/// Sanitizers have an operator new of their own: nothing is counted then.
inline constexpr bool counts_allocations = !SIMUL_PLAIN_FRAMES;

inline long allocations = 0;

} // namespace simul_test

// Not inlined, else GCC takes the pair for a mismatch.
#if !SIMUL_PLAIN_FRAMES
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++simul_test::allocations;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif
