#pragma once

// For processors that cannot compress a mask into positions: the positions of the bits of every
// byte, and where each byte's positions go.

#include <array>
#include <cstdint>

namespace simul::detail {

using csv_bit_positions = std::array<std::array<std::uint8_t, 8>, 256>;

// Element b holds the positions of the bits of b, lowest first; the rest is 0.
inline constexpr csv_bit_positions bits_of_byte = [] {
    csv_bit_positions table{};
    for (std::size_t byte = 0; byte != table.size(); ++byte) {
        std::size_t count = 0;
        for (std::uint8_t bit = 0; bit != 8; ++bit) {
            if ((byte >> bit & 1U) != 0) table[byte][count++] = bit;
        }
    }
    return table;
}();

} // namespace simul::detail
