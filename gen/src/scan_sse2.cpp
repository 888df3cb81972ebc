// The kernel for every x86-64 processor. It has neither carry-less multiply nor a population count.

#if defined(__x86_64__)

#include "bit_table.hpp"
#include "csv_scan.hpp"
#include "scan_words.hpp"

#include <emmintrin.h>

#define SIMUL_SCAN_NAME(what) what##_sse2
#define SIMUL_SCAN_TARGET
#define SIMUL_SCAN_INLINE __attribute__((always_inline)) inline

namespace simul::detail {

namespace {

struct simd : scan_words {
    using vector = __m128i;
    struct block {
        __m128i parts[4];
    };

    static block load(const char* text) {
        block b;
        for (int i = 0; i != 4; ++i) {
            b.parts[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text) + i);
        }
        return b;
    }
    static vector broadcast(char c) { return _mm_set1_epi8(c); }
    static std::uint64_t equal(const block& b, vector c) {
        std::uint64_t mask = 0;
        for (int i = 0; i != 4; ++i) {
            const int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(b.parts[i], c));
            mask |= std::uint64_t{static_cast<unsigned>(bits)} << (16 * i);
        }
        return mask;
    }
    static std::uint64_t equal(const block& b, vector c, std::uint64_t among) {
        return equal(b, c) & among;
    }
    static std::uint32_t* store(std::uint32_t* to, std::uint64_t mask, std::uint32_t base) {
        const std::uint64_t sums = byte_counts(mask) * ones; // byte i: of the bytes 0 to i
        const __m128i zero = _mm_setzero_si128();
        for (unsigned i = 0; i != 8; ++i) {
            const auto* positions =
                reinterpret_cast<const __m128i*>(bits_of_byte[mask >> (8 * i) & 0xffU].data());
            const __m128i words = _mm_unpacklo_epi8(_mm_loadl_epi64(positions), zero);
            const __m128i start = _mm_set1_epi32(static_cast<int>(base + 8 * i));
            auto* next =
                reinterpret_cast<__m128i*>(to + (i == 0 ? 0 : sums >> (8 * i - 8) & 0xffU));
            _mm_storeu_si128(next, _mm_add_epi32(_mm_unpacklo_epi16(words, zero), start));
            _mm_storeu_si128(next + 1, _mm_add_epi32(_mm_unpackhi_epi16(words, zero), start));
        }
        return to + (sums >> 56U);
    }
    static std::uint32_t* store_marked(std::uint32_t* to, std::uint64_t mask, std::uint64_t marks,
                                       std::uint32_t base) {
        std::uint32_t* const end = store(to, mask, base);
        mark(to, mask, marks);
        return end;
    }
};

} // namespace

} // namespace simul::detail

#include "scan_kernels.hpp"

#endif
