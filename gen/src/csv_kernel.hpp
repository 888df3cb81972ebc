// The kernels' common part: 64 bytes at a time become bit masks, the masks become the index.
//
// No #pragma once: every kernel includes it once, having defined SIMUL_SCAN_TARGET, the attribute
// that lets the compiler use its instructions, SIMUL_SCAN_INLINE, which also inlines the function
// in any case, and `simd`, a struct of static functions:
//   block load(const char*), std::uint64_t equal(block, vector), vector broadcast(char)
//   std::uint64_t equal(block, vector, std::uint64_t among)      only the bits of `among`
//   std::uint64_t prefix_xor(std::uint64_t)     bit i: xor of bits 0 to i
//   int count(std::uint64_t)                    of the bits
//   int lowest(std::uint64_t)                   the place of the lowest bit; anything without one
//   std::uint32_t* store(std::uint32_t* to, std::uint64_t mask, std::uint32_t base)
//                base + i for each bit i of mask; returns the end of them, and may write up to
//                slack elements behind it
//   std::uint32_t* store_marked(std::uint32_t* to, std::uint64_t mask, std::uint64_t marks,
//                               std::uint32_t base)
//                the same, with the top bit set for those bits of mask that marks has, too
//   std::uint64_t choose(std::uint64_t chosen, std::uint64_t among)
//                a bit for each of `among` that `chosen` has, too, in the same order
//   int ordinal(std::uint64_t below, std::uint64_t among)
//                how many of `among` are before such a bit; `below` are all that are less than it
//
// Attributes instead of compiler flags per file: flags would also compile the inline functions
// that the file shares with others for the newer processor, and the linker might keep those.

#include "csv_scan.hpp"

#include <cstddef>
#include <cstdint>

namespace simul::detail {

namespace {

// Which bytes an escape character before them makes meaningless. `carry` is 1 if the first one is,
// and afterwards, if the first of the next block is.
SIMUL_SCAN_INLINE std::uint64_t find_escaped(std::uint64_t escapes, std::uint64_t& carry) {
    if (escapes == 0) {
        const std::uint64_t escaped = carry;
        carry = 0;
        return escaped;
    }
    // In a run of escapes every second one is escaped. Adding the run's first bit to it carries
    // out of the run at a place whose parity tells what follows the run.
    constexpr std::uint64_t even = 0x5555555555555555U;
    escapes &= ~carry;
    const std::uint64_t follows = escapes << 1U | carry;
    const std::uint64_t odd_starts = escapes & ~even & ~follows;
    std::uint64_t sum = 0;
    carry = __builtin_add_overflow(odd_starts, escapes, &sum) ? 1 : 0;
    return (even ^ (sum << 1U)) & follows;
}

// base + n for the n-th bit of `ends` wherever `newlines` has that bit; how many. Few blocks have
// more than two: writing two in any case spares a branch that nobody can predict.
SIMUL_SCAN_INLINE unsigned store_rows(std::uint32_t* to, std::uint64_t ends, std::uint64_t newlines,
                                      std::uint32_t base) {
    std::uint64_t rows = simd::choose(newlines, ends);
    const auto count = static_cast<unsigned>(simd::count(rows));
    do {
        for (int k = 0; k != 2; ++k) {
            const std::uint64_t below = (rows & (0 - rows)) - 1;
            *to++ = base + static_cast<std::uint32_t>(simd::ordinal(below, ends));
            rows &= rows - 1;
        }
    } while (rows != 0);
    return count;
}

// What is looked for.
struct scan_bytes {
    simd::vector delimiter;
    simd::vector quote;
    simd::vector escape;
    simd::vector comment;
    simd::vector lf;
    simd::vector cr;
    std::uint64_t separating; // all ones, or 0 if there is no delimiter
    std::uint64_t quoting;
};

// What a block leaves to the next one: all ones or 0, or in the lowest bit.
struct scan_carry {
    std::uint64_t inside;
    std::uint64_t after_quote;
    std::uint64_t row_start; // only where escapes or comments are looked for
    std::uint64_t field_start;
    std::uint64_t after_cr;
    std::uint64_t escaped;
    std::uint64_t mark;
};

struct scan_output {
    std::uint32_t* ends;
    std::uint32_t* rows;
    std::size_t end_count;
    std::size_t row_count;
    std::uint64_t lines; // more than there are rows
    std::uint64_t crs;   // not 0 if there was one

    // `newlines` are the bits of `all` that end a row; it may have others that are not in `all`.
    SIMUL_SCAN_INLINE void add_rows(std::uint64_t all, std::uint64_t newlines) {
        row_count +=
            store_rows(rows + row_count, all, newlines, static_cast<std::uint32_t>(end_count));
    }
    // Counts, not the pointers that store returns: the numbers of rows are made of them.
    SIMUL_SCAN_INLINE void add_ends(std::uint64_t all, std::size_t at) {
        simd::store(ends + end_count, all, static_cast<std::uint32_t>(at));
        end_count += static_cast<unsigned>(simd::count(all));
    }
    SIMUL_SCAN_INLINE void add_marked_ends(std::uint64_t all, std::uint64_t marks, std::size_t at) {
        simd::store_marked(ends + end_count, all, marks, static_cast<std::uint32_t>(at));
        end_count += static_cast<unsigned>(simd::count(all));
    }
};

// The bits above those of x, and the lowest bit as it is in `carry`. An addition, as processors can
// shift and add at once.
SIMUL_SCAN_INLINE std::uint64_t next_to(std::uint64_t x, std::uint64_t carry) {
    return x * 2 + carry;
}

// Reads blocks up to the first that has a quote in it; none may be open before.
SIMUL_SCAN_INLINE std::size_t scan_unquoted(const char* text, std::size_t from, std::size_t to,
                                            const scan_bytes& bytes, scan_carry& carry,
                                            scan_output& out) {
    std::size_t i = from;
    for (; i != to; i += 64) {
        const auto block = simd::load(text + i);
        if (simd::equal(block, bytes.quote, bytes.quoting) != 0) break;
        const std::uint64_t lfs = simd::equal(block, bytes.lf);
        const std::uint64_t crs = simd::equal(block, bytes.cr);
        const std::uint64_t separators = simd::equal(block, bytes.delimiter, bytes.separating);
        // In a CRLF the CR ends the row.
        const std::uint64_t row_ends = crs | (lfs & ~next_to(crs, carry.after_cr));
        const std::uint64_t all = separators | row_ends;
        out.add_rows(all, row_ends);
        out.add_ends(all, i);
        out.crs |= crs;
        carry.after_cr = crs >> 63U;
        carry.field_start = separators | lfs | crs; // of which only the last bit is meant
    }
    if (i != from) carry.field_start >>= 63U;
    return i;
}

// Reads a block with whatever there is in it; false if only csv_scan_exact can.
template <bool Escape, bool Comment>
SIMUL_SCAN_INLINE bool scan_block(const char* text, std::size_t at, const scan_bytes& bytes,
                                  scan_carry& carry, scan_output& out) {
    const auto block = simd::load(text + at);
    const std::uint64_t lfs = simd::equal(block, bytes.lf);
    const std::uint64_t crs = simd::equal(block, bytes.cr);
    std::uint64_t separators = simd::equal(block, bytes.delimiter, bytes.separating);
    std::uint64_t quotes = simd::equal(block, bytes.quote, bytes.quoting);

    std::uint64_t newlines = lfs | crs;
    std::uint64_t in_crlf = lfs & next_to(crs, carry.after_cr); // LFs: the CR is what ends the row
    const std::uint64_t line_ends = newlines & ~in_crlf;
    std::uint64_t marked = 0; // bytes for which the end of their field is marked
    std::uint64_t next_escaped = carry.escaped;
    if constexpr (Escape) {
        const std::uint64_t escapes = simd::equal(block, bytes.escape);
        const std::uint64_t escaped = find_escaped(escapes, next_escaped);
        marked = escapes & ~escaped;
        quotes &= ~escaped;
        separators &= ~escaped;
        newlines &= ~escaped;
        // The LF after an escaped CR does end the row.
        in_crlf = lfs & next_to(crs & ~escaped, carry.row_start & carry.after_cr);
    }

    std::uint64_t quoted = 0;
    std::uint64_t outside = 0; // what ends a field, and the LFs of CRLFs
    std::uint64_t closing = 0;
    for (;;) {
        quoted = simd::prefix_xor(quotes) ^ carry.inside;
        outside = (separators | newlines) & ~quoted;
        closing = quotes & ~quoted;
        const std::uint64_t opening = quotes & quoted;
        const std::uint64_t behind = next_to(closing, carry.after_quote);
        const std::uint64_t text_behind = behind & ~(Escape ? outside : outside | quotes);
        // Quotes that open where no field begins.
        const std::uint64_t stray = opening & ~(next_to(outside, carry.field_start) | behind);
        const std::uint64_t odd = stray | text_behind;
        if constexpr (!Escape) marked = opening & behind;
        if (odd == 0) [[likely]]
            break;
        // What is before the first odd byte has been read rightly. If that is a stray quote it is
        // an ordinary character, and the block is read again without it.
        const std::uint64_t first = odd & (0 - odd);
        if ((first & stray) == 0) return false;
        quotes ^= first;
    }
    if constexpr (Comment) {
        if ((next_to(newlines & ~quoted, carry.row_start) & simd::equal(block, bytes.comment)) != 0)
            return false;
    }

    // Added to all bits that end no field, the marked ones carry up to those that do.
    const std::uint64_t all = outside & ~in_crlf;
    std::uint64_t sum = 0;
    carry.mark = __builtin_add_overflow(~all, marked | carry.mark, &sum) ? 1 : 0;
    const std::size_t rows_before = out.row_count;
    out.add_rows(all, newlines);
    out.add_marked_ends(all, sum, at);
    if constexpr (Escape) {
        out.lines +=
            static_cast<std::uint64_t>(simd::count(line_ends)) + rows_before - out.row_count;
    } else {
        out.lines += static_cast<std::uint64_t>(simd::count(line_ends & quoted));
    }

    carry.inside = static_cast<std::uint64_t>(static_cast<std::int64_t>(quoted) >> 63);
    carry.after_quote = closing >> 63U;
    if constexpr (Escape || Comment) carry.row_start = (newlines & ~quoted) >> 63U;
    carry.field_start = outside >> 63U;
    carry.after_cr = crs >> 63U;
    out.crs |= crs;
    carry.escaped = next_escaped;
    return true;
}

template <bool Escape, bool Comment>
SIMUL_SCAN_TARGET std::size_t scan_blocks(const char* text, std::size_t from, std::size_t to,
                                          const csv_dialect& dialect, csv_scan_state& state,
                                          csv_index& index) {
    const scan_bytes bytes{simd::broadcast(static_cast<char>(dialect.delimiter)),
                           simd::broadcast(static_cast<char>(dialect.quote)),
                           simd::broadcast(static_cast<char>(dialect.escape)),
                           simd::broadcast(static_cast<char>(dialect.comment)),
                           simd::broadcast('\n'),
                           simd::broadcast('\r'),
                           dialect.delimiter < 0 ? 0 : ~std::uint64_t{0},
                           dialect.quote < 0 ? 0 : ~std::uint64_t{0}};
    const bool at_row = state.place == csv_place::row_start;
    scan_carry carry{state.place == csv_place::quoted ? ~std::uint64_t{0} : 0,
                     state.place == csv_place::after_quote ? std::uint64_t{1} : 0,
                     at_row ? std::uint64_t{1} : 0,
                     at_row || state.place == csv_place::field_start ? std::uint64_t{1} : 0,
                     state.after_cr ? std::uint64_t{1} : 0,
                     state.escaped ? std::uint64_t{1} : 0,
                     state.marked ? std::uint64_t{1} : 0};
    scan_output out{index.ends.get(), index.rows.get(), index.end_count, index.row_count, 0, 0};

    // Where a quote is others are near: asking each block for one would be a branch that nobody can
    // predict.
    constexpr std::size_t near = std::size_t{16} * 64;
    std::size_t i = from;
    for (bool regular = true; regular;) {
        if constexpr (!Escape && !Comment) {
            if ((carry.inside | carry.after_quote | carry.mark) == 0) {
                i = scan_unquoted(text, i, to, bytes, carry, out);
            }
        }
        if (i == to) break;
        state.quotes = true;
        const std::size_t end = to - i < near ? to : i + near;
        for (; i != end; i += 64) {
            regular = scan_block<Escape, Comment>(text, i, bytes, carry, out);
            if (!regular) break;
        }
    }
    if (i == from) return i;

    const bool after_newline = text[i - 1] == '\n' || text[i - 1] == '\r';
    state.place = carry.inside != 0        ? csv_place::quoted
                  : carry.after_quote != 0 ? csv_place::after_quote
                  : carry.field_start == 0 ? csv_place::in_field
                  : after_newline          ? csv_place::row_start
                                           : csv_place::field_start;
    state.after_cr = carry.after_cr != 0;
    state.escaped = carry.escaped != 0;
    state.marked = carry.mark != 0;
    state.crs = state.crs || out.crs != 0;
    index.lines += out.row_count - index.row_count + out.lines;
    index.end_count = out.end_count;
    index.row_count = out.row_count;
    return i;
}

SIMUL_SCAN_TARGET std::size_t scan_any(const char* text, std::size_t from, std::size_t to,
                                       const csv_dialect& dialect, csv_scan_state& state,
                                       csv_index& index) {
    if (dialect.escape >= 0) {
        return dialect.comment >= 0
                   ? scan_blocks<true, true>(text, from, to, dialect, state, index)
                   : scan_blocks<true, false>(text, from, to, dialect, state, index);
    }
    return dialect.comment >= 0 ? scan_blocks<false, true>(text, from, to, dialect, state, index)
                                : scan_blocks<false, false>(text, from, to, dialect, state, index);
}

} // namespace

} // namespace simul::detail
