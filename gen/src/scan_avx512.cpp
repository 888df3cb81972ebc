// The kernel for processors that compress bytes under a mask: Intel from 2019, AMD from 2022 on.

#if defined(__x86_64__)

#include "csv_scan.hpp"

#include <immintrin.h>

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 takes the undefined operands inside its own intrinsics for a fault of ours.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define SIMUL_SCAN_NAME(what) what##_avx512
#define SIMUL_SCAN_TARGET                                                                          \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi,bmi2,popcnt,pclmul")))
#define SIMUL_SCAN_INLINE SIMUL_SCAN_TARGET __attribute__((always_inline)) inline

#include "scan_bits.hpp"

namespace simul::detail {

namespace {

struct simd : scan_bits {
    using vector = __m512i;
    using block = __m512i;

    SIMUL_SCAN_TARGET static block load(const char* text) { return _mm512_loadu_si512(text); }
    SIMUL_SCAN_TARGET static vector broadcast(char c) { return _mm512_set1_epi8(c); }
    SIMUL_SCAN_TARGET static std::uint64_t equal(block b, vector c) {
        return _mm512_cmpeq_epi8_mask(b, c);
    }
    SIMUL_SCAN_TARGET static std::uint64_t equal(block b, vector c, std::uint64_t among) {
        return _mm512_mask_cmpeq_epi8_mask(among, b, c);
    }
    // The chosen bits side by side: where one stands is its ordinal.
    SIMUL_SCAN_INLINE static std::uint64_t choose(std::uint64_t chosen, std::uint64_t among) {
        return _pext_u64(chosen, among);
    }
    SIMUL_SCAN_INLINE static int ordinal(std::uint64_t below, std::uint64_t) {
        return count(below);
    }
    SIMUL_SCAN_INLINE static std::uint32_t* store(std::uint32_t* to, std::uint64_t mask,
                                                  std::uint32_t base) {
        const __m512i positions = _mm512_maskz_compress_epi8(mask, every());
        const __m512i start = _mm512_set1_epi32(static_cast<int>(base));
        const int n = count(mask);
        put(to, start, _mm512_castsi512_si128(positions));
        if (n > 16) [[unlikely]] {
            put(to + 16, start, _mm512_extracti32x4_epi32(positions, 1));
            put(to + 32, start, _mm512_extracti32x4_epi32(positions, 2));
            put(to + 48, start, _mm512_extracti32x4_epi32(positions, 3));
        }
        return to + n;
    }
    SIMUL_SCAN_INLINE static void put(std::uint32_t* to, __m512i start, __m128i positions) {
        _mm512_storeu_si512(to, _mm512_add_epi32(start, _mm512_cvtepu8_epi32(positions)));
    }
    // Not by what store has written: reading that back at once would wait for it.
    SIMUL_SCAN_INLINE static std::uint32_t* store_marked(std::uint32_t* to, std::uint64_t mask,
                                                         std::uint64_t marks, std::uint32_t base) {
        const __m512i positions = _mm512_maskz_compress_epi8(mask, every());
        const __m512i start = _mm512_set1_epi32(static_cast<int>(base));
        const std::uint64_t top = choose(marks, mask);
        const int n = count(mask);
        put(to, start, _mm512_castsi512_si128(positions), top);
        if (n > 16) [[unlikely]] {
            put(to + 16, start, _mm512_extracti32x4_epi32(positions, 1), top >> 16U);
            put(to + 32, start, _mm512_extracti32x4_epi32(positions, 2), top >> 32U);
            put(to + 48, start, _mm512_extracti32x4_epi32(positions, 3), top >> 48U);
        }
        return to + n;
    }
    SIMUL_SCAN_INLINE static void put(std::uint32_t* to, __m512i start, __m128i positions,
                                      std::uint64_t top) {
        const __m512i ends = _mm512_add_epi32(start, _mm512_cvtepu8_epi32(positions));
        const __m512i mark = _mm512_set1_epi32(static_cast<int>(csv_end::mark));
        _mm512_storeu_si512(to,
                            _mm512_mask_or_epi32(ends, static_cast<__mmask16>(top), ends, mark));
    }
    SIMUL_SCAN_INLINE static __m512i every() {
        return _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47,
                               46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30,
                               29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
                               12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    }
};

} // namespace

} // namespace simul::detail

#include "scan_kernels.hpp"

#endif
