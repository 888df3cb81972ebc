#pragma once

// For processors that have neither carry-less multiply nor a population count: the same in words
// of 64 bits.

#include <simul/gen/detail/csv_window.hpp>

#include <bit>
#include <cstdint>

namespace simul::detail {

struct scan_words {
    static constexpr std::uint64_t ones = 0x0101010101010101U;

    static std::uint64_t prefix_xor(std::uint64_t x) {
        for (unsigned shift = 1; shift != 64; shift *= 2) x ^= x << shift;
        return x;
    }
    static std::uint64_t byte_counts(std::uint64_t x) {
        x -= x >> 1U & 0x5555555555555555U;
        x = (x & 0x3333333333333333U) + (x >> 2U & 0x3333333333333333U);
        return (x + (x >> 4U)) & 0x0f0f0f0f0f0f0f0fU;
    }
    static int count(std::uint64_t x) { return static_cast<int>(byte_counts(x) * ones >> 56U); }
    static int lowest(std::uint64_t x) { return std::countr_zero(x | std::uint64_t{1} << 63U); }
    static std::uint64_t choose(std::uint64_t chosen, std::uint64_t among) {
        return chosen & among;
    }
    static int ordinal(std::uint64_t below, std::uint64_t among) { return count(below & among); }
    static void mark(std::uint32_t* ends, std::uint64_t mask, std::uint64_t marks) {
        for (marks &= mask; marks != 0; marks &= marks - 1) {
            ends[count(mask & ((marks & (0 - marks)) - 1))] |= csv_end::mark;
        }
    }
};

} // namespace simul::detail
