#pragma once

// Where lines end.

#include <simul/gen/detail/isa.hpp>

#include <cstddef>
#include <cstdint>

namespace simul::detail {

// Positions of line ends, counted from where the scan began.
struct line_ends {
    static constexpr std::size_t slack = 64; // kernels may write so many more than they count

    std::uint32_t* to;
    std::size_t count;
};

// Notes the ends of lines in [from, to), which is less than 4 GiB, and stops after the block of 64
// bytes with which there are `most` of them or more; returns where. `ends` has room for `most` and
// slack. 64 bytes from `to` on can be read, whatever they are.
//
// An end is a LF; with `lone_cr` also a CR, and a LF only where no CR is before it. `after_cr` says
// whether the byte before `from` was a CR, and then the same of the byte before the result.
using line_kernel = std::size_t(const char* text, std::size_t from, std::size_t to, bool lone_cr,
                                bool& after_cr, line_ends& ends, std::size_t most);

line_kernel line_scan_exact;
line_kernel line_scan_portable;
#if defined(__x86_64__)
line_kernel line_scan_sse2;
line_kernel line_scan_avx2;
line_kernel line_scan_avx512;
#endif

line_kernel* line_choose_kernel(isa wanted);

} // namespace simul::detail
