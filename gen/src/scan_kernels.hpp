// The end of every kernel's file, which has defined SIMUL_SCAN_TARGET, SIMUL_SCAN_NAME(what), that
// adds the instruction set to a name, and `simd`, see csv_kernel.hpp. No #pragma once.

#include "csv_kernel.hpp"
#include "line_kernel.hpp"

namespace simul::detail {

SIMUL_SCAN_TARGET std::size_t SIMUL_SCAN_NAME(csv_scan)(const char* text, std::size_t from,
                                                        std::size_t to, const csv_dialect& dialect,
                                                        csv_scan_state& state, csv_index& index) {
    return scan_any(text, from, to, dialect, state, index);
}

SIMUL_SCAN_TARGET std::size_t SIMUL_SCAN_NAME(line_scan)(const char* text, std::size_t from,
                                                         std::size_t to, bool lone_cr,
                                                         bool& after_cr, line_ends& ends,
                                                         std::size_t most) {
    return scan_any_lines(text, from, to, lone_cr, after_cr, ends, most);
}

} // namespace simul::detail
