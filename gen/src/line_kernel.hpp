// The search for line ends, 64 bytes at a time. For what the including file defines see
// csv_kernel.hpp.

#include "line_scan.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace simul::detail {

namespace {

// Few blocks have more than two line ends: writing two in any case spares a branch that nobody can
// predict.
SIMUL_SCAN_INLINE std::uint32_t* store_ends(std::uint32_t* to, std::uint64_t mask,
                                            std::uint32_t base) {
    const int count = simd::count(mask);
    if (count > 2) [[unlikely]]
        return simd::store(to, mask, base);
    to[0] = base + static_cast<std::uint32_t>(simd::lowest(mask));
    to[1] = base + static_cast<std::uint32_t>(simd::lowest(mask & (mask - 1)));
    return to + count;
}

struct line_scan {
    simd::vector lf;
    simd::vector cr;
    std::uint64_t after_cr; // 0 or 1
    std::uint32_t* next;    // where the next end is noted
};

// Only the first `size` bytes of the block belong to the text.
template <bool LoneCr>
SIMUL_SCAN_INLINE void scan_line_block(const char* text, unsigned size, std::uint32_t base,
                                       line_scan& scan) {
    const std::uint64_t valid = ~std::uint64_t{0} >> (64 - size);
    const auto block = simd::load(text);
    std::uint64_t found = simd::equal(block, scan.lf);
    if constexpr (LoneCr) {
        const std::uint64_t crs = simd::equal(block, scan.cr) & valid;
        found = crs | (found & ~(crs << 1U | scan.after_cr));
        scan.after_cr = crs >> (size - 1);
    }
    scan.next = store_ends(scan.next, found & valid, base);
}

template <bool LoneCr>
SIMUL_SCAN_TARGET std::size_t scan_lines(const char* text, std::size_t from, std::size_t to,
                                         bool& after_cr, line_ends& ends, std::size_t most) {
    line_scan scan{simd::broadcast('\n'), simd::broadcast('\r'), after_cr ? 1U : 0U,
                   ends.to + ends.count};
    const std::uint32_t* const full = ends.to + most;
    const std::size_t blocks_end = from + ((to - from) & ~std::size_t{63});
    std::size_t i = from;
    for (; i != blocks_end && scan.next < full; i += 64) {
        scan_line_block<LoneCr>(text + i, 64, static_cast<std::uint32_t>(i - from), scan);
    }
    if (i != to && i == blocks_end && scan.next < full) {
        scan_line_block<LoneCr>(text + i, static_cast<unsigned>(to - i),
                                static_cast<std::uint32_t>(i - from), scan);
        i = to;
    }
    after_cr = scan.after_cr != 0;
    ends.count = static_cast<std::size_t>(scan.next - ends.to);
    return i;
}

SIMUL_SCAN_TARGET std::size_t scan_any_lines(const char* text, std::size_t from, std::size_t to,
                                             bool lone_cr, bool& after_cr, line_ends& ends,
                                             std::size_t most) {
    return lone_cr ? scan_lines<true>(text, from, to, after_cr, ends, most)
                   : scan_lines<false>(text, from, to, after_cr, ends, most);
}

} // namespace

} // namespace simul::detail
