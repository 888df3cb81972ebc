#include "decoder.hpp"

#include <stdexcept>
#include <string>

namespace simul::detail {

compression recognise(std::string_view start, bool& undecided) noexcept {
    constexpr struct {
        std::string_view magic;
        compression by;
    } known[] = {{"\x1f\x8b\x08", compression::gzip}, {"\x28\xb5\x2f\xfd", compression::zstd}};
    undecided = false;
    for (const auto& one : known) {
        if (start.starts_with(one.magic)) return one.by;
        if (one.magic.starts_with(start)) undecided = true;
    }
    return compression::none;
}

std::unique_ptr<decoder> make_decoder(compression by) {
#if defined(SIMUL_HAS_ZLIB)
    if (by == compression::gzip) return make_gzip_decoder();
#endif
#if defined(SIMUL_HAS_ZSTD)
    if (by == compression::zstd) return make_zstd_decoder();
#endif
    throw std::runtime_error(std::string("it is compressed with ") +
                             (by == compression::gzip ? "gzip" : "zstd") +
                             ", which this simul was built without");
}

} // namespace simul::detail
