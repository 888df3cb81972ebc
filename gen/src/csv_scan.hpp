#pragma once

// How the structure of CSV text is found: a byte by byte automaton that is right for everything,
// and kernels that take 64 bytes at a time and leave to it the blocks that are not regular.

#include <simul/gen/detail/csv_window.hpp>
#include <simul/gen/detail/isa.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace simul::detail {

// -1: there is no such character.
struct csv_dialect {
    int delimiter = ',';
    int quote = '"';
    int escape = -1;
    int comment = -1;
    bool strict = true;
    std::array<bool, 256> special{}; // the characters above, CR and LF
};

enum class csv_place : std::uint8_t {
    row_start,
    field_start,
    in_field,
    quoted,
    after_quote, // behind a quote inside quotes: the end of the field, or the first of two
    comment,
};

// The automaton between two bytes.
struct csv_scan_state {
    csv_place place = csv_place::row_start;
    bool escaped = false;  // the next byte has no meaning
    bool after_cr = false; // the last byte was a CR
    bool marked = false;   // the field so far has what must be marked, see csv_end
    bool failed = false;   // the byte at which the scan stopped is text behind a closing quote
    bool quotes = false;   // set if any field may be quoted or marked; never taken back
    bool crs = false;      // set if there was a CR; never taken back
};

// Positions that end a field, marked as csv_end says, and which of them end a row. Blank and
// comment lines are rows here.
struct csv_index {
    static constexpr std::size_t slack = 64; // kernels may write so many more than they count

    std::unique_ptr<std::uint32_t[]> ends;
    std::unique_ptr<std::uint32_t[]> rows; // numbers of elements of `ends`
    std::size_t end_count = 0;
    std::size_t row_count = 0;
    std::size_t end_capacity = 0;
    std::size_t row_capacity = 0;
    std::uint64_t lines = 0; // line ends passed, those inside quotes included

    void reserve(std::size_t more);
};

// Reads [from, to) and returns where it stopped: at `to`, or at a fault.
std::size_t csv_scan_exact(const char* text, std::size_t from, std::size_t to,
                           const csv_dialect& dialect, csv_scan_state& state, csv_index& index);

// Reads whole blocks of 64 bytes from [from, to), whose length is a multiple of 64, and returns
// where it stopped: at `to`, or before the first block that only csv_scan_exact can read. `state`
// must not be in a comment.
using csv_kernel = std::size_t(const char* text, std::size_t from, std::size_t to,
                               const csv_dialect& dialect, csv_scan_state& state, csv_index& index);

csv_kernel csv_scan_portable;
#if defined(__x86_64__)
csv_kernel csv_scan_sse2;
csv_kernel csv_scan_avx2;
csv_kernel csv_scan_avx512;
#endif

// Null for isa::exact.
csv_kernel* csv_choose_kernel(isa wanted);

} // namespace simul::detail
