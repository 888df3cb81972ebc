// The kernel for processors with AVX2 and carry-less multiply: Intel from 2013, AMD from 2015 on.

#if defined(__x86_64__)

#include "bit_table.hpp"
#include "csv_scan.hpp"

#include <immintrin.h>

#define SIMUL_SCAN_NAME(what) what##_avx2
#define SIMUL_SCAN_TARGET __attribute__((target("avx2,bmi,popcnt,pclmul")))
#define SIMUL_SCAN_INLINE SIMUL_SCAN_TARGET __attribute__((always_inline)) inline

#include "scan_bits.hpp"

namespace simul::detail {

namespace {

struct simd : scan_bits {
    using vector = __m256i;
    struct block {
        __m256i low;
        __m256i high;
    };

    SIMUL_SCAN_TARGET static block load(const char* text) {
        const auto* parts = reinterpret_cast<const __m256i*>(text);
        return {_mm256_loadu_si256(parts), _mm256_loadu_si256(parts + 1)};
    }
    SIMUL_SCAN_TARGET static vector broadcast(char c) { return _mm256_set1_epi8(c); }
    SIMUL_SCAN_TARGET static std::uint64_t equal(const block& b, vector c) {
        const auto low = static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(b.low, c)));
        const auto high = static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(b.high, c)));
        return low | std::uint64_t{high} << 32U;
    }
    SIMUL_SCAN_TARGET static std::uint64_t equal(const block& b, vector c, std::uint64_t among) {
        return equal(b, c) & among;
    }
    static constexpr int few = 8;
    SIMUL_SCAN_INLINE static std::uint32_t* store(std::uint32_t* to, std::uint64_t mask,
                                                  std::uint32_t base) {
        const int n = count(mask);
        if (n <= few) [[likely]] {
            for (int i = 0; i != few; ++i) { // without a branch for each
                to[i] = base + static_cast<std::uint32_t>(_tzcnt_u64(mask));
                mask = _blsr_u64(mask);
            }
            return to + n;
        }
        __m256i start = _mm256_set1_epi32(static_cast<int>(base));
        const __m256i eight = _mm256_set1_epi32(8);
        for (unsigned i = 0; i != 8; ++i) {
            const std::uint64_t byte = mask >> (8 * i) & 0xffU;
            const auto* positions = reinterpret_cast<const __m128i*>(bits_of_byte[byte].data());
            const __m256i indices = _mm256_cvtepu8_epi32(_mm_loadl_epi64(positions));
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_add_epi32(indices, start));
            start = _mm256_add_epi32(start, eight);
            to += __builtin_popcountll(byte);
        }
        return to;
    }
    SIMUL_SCAN_INLINE static void mark(std::uint32_t* ends, std::uint64_t mask,
                                       std::uint64_t marks) {
        for (marks &= mask; marks != 0; marks &= marks - 1) {
            ends[count(mask & ((marks & (0 - marks)) - 1))] |= csv_end::mark;
        }
    }
    SIMUL_SCAN_INLINE static std::uint32_t* store_marked(std::uint32_t* to, std::uint64_t mask,
                                                         std::uint64_t marks, std::uint32_t base) {
        std::uint32_t* const end = store(to, mask, base);
        mark(to, mask, marks);
        return end;
    }
};

} // namespace

} // namespace simul::detail

#include "scan_kernels.hpp"

#endif
