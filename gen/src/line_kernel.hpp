// The search for line ends, 64 bytes at a time. For what the including file defines see
// csv_kernel.hpp.

#include "line_scan.hpp"

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
    to[0] = base + static_cast<std::uint32_t>(__builtin_ctzll(mask | std::uint64_t{1} << 63U));
    mask &= mask - 1;
    to[1] = base + static_cast<std::uint32_t>(__builtin_ctzll(mask | std::uint64_t{1} << 63U));
    return to + count;
}

template <bool LoneCr>
SIMUL_SCAN_TARGET std::size_t scan_lines(const char* text, std::size_t from, std::size_t to,
                                         bool& after_cr, line_ends& ends, std::size_t most) {
    const auto lf = simd::broadcast('\n');
    const auto cr = simd::broadcast('\r');
    std::uint32_t* next = ends.to + ends.count;
    std::uint32_t* const full = ends.to + most;
    std::uint64_t carry = after_cr ? 1 : 0;
    std::size_t i = from;
    for (; i < to && next < full; i += 64) {
        const auto block = simd::load(text + i);
        std::uint64_t found = simd::equal(block, lf);
        const std::uint64_t valid =
            to - i < 64 ? (std::uint64_t{1} << (to - i)) - 1 : ~std::uint64_t{0};
        if constexpr (LoneCr) {
            const std::uint64_t crs = simd::equal(block, cr) & valid;
            found = crs | (found & ~(crs << 1U | carry));
            carry = to - i < 64 ? crs >> (to - i - 1) : crs >> 63U;
        }
        next = store_ends(next, found & valid, static_cast<std::uint32_t>(i - from));
    }
    after_cr = carry != 0;
    ends.count = static_cast<std::size_t>(next - ends.to);
    return i < to ? i : to;
}

SIMUL_SCAN_TARGET std::size_t scan_any_lines(const char* text, std::size_t from, std::size_t to,
                                             bool lone_cr, bool& after_cr, line_ends& ends,
                                             std::size_t most) {
    return lone_cr ? scan_lines<true>(text, from, to, after_cr, ends, most)
                   : scan_lines<false>(text, from, to, after_cr, ends, most);
}

} // namespace

} // namespace simul::detail
