// The kernel for any processor: eight bytes at a time in a 64-bit word.

#include "bit_table.hpp"
#include "csv_scan.hpp"
#include "scan_words.hpp"

#include <bit>
#include <cstring>

#define SIMUL_SCAN_NAME(what) what##_portable
#define SIMUL_SCAN_TARGET
#define SIMUL_SCAN_INLINE __attribute__((always_inline)) inline

namespace simul::detail {

namespace {

struct simd : scan_words {
    using vector = std::uint64_t;
    struct block {
        std::uint64_t words[8];
    };

    static constexpr std::uint64_t low_bits = 0x7f7f7f7f7f7f7f7fU;

    static block load(const char* text) {
        block b;
        std::memcpy(b.words, text, sizeof b.words);
        if constexpr (std::endian::native == std::endian::big) {
            for (std::uint64_t& word : b.words) word = __builtin_bswap64(word);
        }
        return b;
    }
    static vector broadcast(char c) { return ones * static_cast<unsigned char>(c); }
    static std::uint64_t equal(const block& b, vector c) {
        std::uint64_t mask = 0;
        for (unsigned i = 0; i != 8; ++i) {
            const std::uint64_t x = b.words[i] ^ c;
            // The top bit of each byte that is 0; the product collects them in its top byte.
            const std::uint64_t zeros = ~(((x & low_bits) + low_bits) | x | low_bits);
            mask |= ((zeros >> 7U) * 0x0102040810204080U >> 56U) << (8 * i);
        }
        return mask;
    }
    static std::uint64_t equal(const block& b, vector c, std::uint64_t among) {
        return equal(b, c) & among;
    }
    static std::uint32_t* store(std::uint32_t* to, std::uint64_t mask, std::uint32_t base) {
        const std::uint64_t sums = byte_counts(mask) * ones; // byte i: of the bytes 0 to i
        for (unsigned i = 0; i != 8; ++i) {
            const auto& positions = bits_of_byte[mask >> (8 * i) & 0xffU];
            std::uint32_t* next = to + (i == 0 ? 0 : sums >> (8 * i - 8) & 0xffU);
            for (unsigned k = 0; k != 8; ++k) next[k] = base + 8 * i + positions[k];
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
