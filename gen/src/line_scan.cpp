#include "line_scan.hpp"

namespace simul::detail {

line_kernel* line_choose_kernel(isa wanted) {
    switch (choose_isa(wanted)) {
#if defined(__x86_64__)
    case isa::avx512: return line_scan_avx512;
    case isa::avx2: return line_scan_avx2;
    case isa::sse2: return line_scan_sse2;
#endif
    case isa::exact: return line_scan_exact;
    default: return line_scan_portable;
    }
}

std::size_t line_scan_exact(const char* text, std::size_t from, std::size_t to, bool lone_cr,
                            bool& after_cr, line_ends& ends, std::size_t most) {
    std::size_t i = from;
    for (; i != to && ends.count < most; ++i) {
        const bool cr = lone_cr && text[i] == '\r';
        if (cr || (text[i] == '\n' && !after_cr)) {
            ends.to[ends.count++] = static_cast<std::uint32_t>(i - from);
        }
        after_cr = cr;
    }
    return i;
}

} // namespace simul::detail
