// For processors with carry-less multiply and a population count; the including file has defined
// SIMUL_SCAN_TARGET. No #pragma once.

#include <immintrin.h>

#include <bit>
#include <cstdint>

namespace simul::detail {

namespace {

struct scan_bits {
    SIMUL_SCAN_TARGET static std::uint64_t prefix_xor(std::uint64_t x) {
        const __m128i all = _mm_set1_epi8(-1);
        const __m128i bits = _mm_cvtsi64_si128(static_cast<long long>(x));
        return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(bits, all, 0)));
    }
    SIMUL_SCAN_TARGET static int count(std::uint64_t x) { return __builtin_popcountll(x); }
    SIMUL_SCAN_TARGET static int lowest(std::uint64_t x) { return std::countr_zero(x); }
    SIMUL_SCAN_TARGET static std::uint64_t choose(std::uint64_t chosen, std::uint64_t among) {
        return chosen & among;
    }
    SIMUL_SCAN_TARGET static int ordinal(std::uint64_t below, std::uint64_t among) {
        return count(below & among);
    }
};

} // namespace

} // namespace simul::detail
