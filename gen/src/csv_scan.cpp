#include "csv_scan.hpp"

#include <algorithm>

namespace simul::detail {

namespace {

void grow(std::unique_ptr<std::uint32_t[]>& array, std::size_t& capacity, std::size_t used,
          std::size_t needed) {
    if (needed <= capacity) return;
    const std::size_t bigger = std::max(needed, capacity + capacity / 2);
    auto larger = std::make_unique_for_overwrite<std::uint32_t[]>(bigger);
    std::copy_n(array.get(), used, larger.get());
    array = std::move(larger);
    capacity = bigger;
}

} // namespace

csv_kernel* csv_choose_kernel(isa wanted) {
    switch (choose_isa(wanted)) {
#if defined(__x86_64__)
    case isa::avx512: return csv_scan_avx512;
    case isa::avx2: return csv_scan_avx2;
    case isa::sse2: return csv_scan_sse2;
#endif
    case isa::exact: return nullptr;
    default: return csv_scan_portable;
    }
}

void csv_index::reserve(std::size_t more) {
    grow(ends, end_capacity, end_count, end_count + more + slack);
    grow(rows, row_capacity, row_count, row_count + more + slack);
}

std::size_t csv_scan_exact(const char* text, std::size_t from, std::size_t to,
                           const csv_dialect& dialect, csv_scan_state& state, csv_index& index) {
    csv_place place = state.place;
    bool escaped = state.escaped;
    bool last_was_cr = state.after_cr;
    bool marked = state.marked;
    std::uint32_t* const ends = index.ends.get();
    std::uint32_t* const rows = index.rows.get();
    std::size_t end_count = index.end_count;
    std::size_t row_count = index.row_count;
    std::uint64_t lines = index.lines;
    const auto end_field = [&](std::size_t at) {
        ends[end_count++] = static_cast<std::uint32_t>(at) | (marked ? csv_end::mark : 0);
        marked = false;
    };

    std::size_t i = from;
    for (; i != to; ++i) {
        if (place >= csv_place::in_field && place != csv_place::after_quote && !escaped &&
            !dialect.special[static_cast<unsigned char>(text[i])]) {
            last_was_cr = false;
            continue;
        }
        const int c = static_cast<unsigned char>(text[i]);
        const bool after_cr = last_was_cr;
        last_was_cr = c == '\r';
        const bool newline = c == '\n' || c == '\r';
        if (newline && !(after_cr && c == '\n')) ++lines;
        if (last_was_cr) state.crs = true;
        if (escaped) {
            escaped = false;
            continue;
        }
        if (place == csv_place::quoted) {
            if (c == dialect.quote) {
                place = csv_place::after_quote;
            } else if (c == dialect.escape) {
                escaped = true;
                marked = true;
            }
            continue;
        }
        if (newline) {
            // The LF of a CRLF: the CR has ended the row.
            if (place == csv_place::row_start && after_cr && c == '\n') continue;
            rows[row_count++] = static_cast<std::uint32_t>(end_count);
            end_field(i);
            place = csv_place::row_start;
            continue;
        }
        if (place == csv_place::comment) continue;
        if (place == csv_place::row_start && c == dialect.comment) {
            place = csv_place::comment;
        } else if (c == dialect.delimiter) {
            end_field(i);
            place = csv_place::field_start;
        } else if (place == csv_place::after_quote && c == dialect.quote && dialect.escape < 0) {
            place = csv_place::quoted;
            marked = true;
        } else if (place == csv_place::after_quote && dialect.strict) {
            state.failed = true;
            last_was_cr = after_cr;
            break;
        } else if (c == dialect.quote &&
                   (place == csv_place::row_start || place == csv_place::field_start)) {
            place = csv_place::quoted;
            state.quotes = true;
        } else {
            escaped = c == dialect.escape;
            if (escaped) state.quotes = true;
            marked = marked || escaped || place == csv_place::after_quote;
            place = csv_place::in_field;
        }
    }
    state.place = place;
    state.escaped = escaped;
    state.after_cr = last_was_cr;
    state.marked = marked;
    index.end_count = end_count;
    index.row_count = row_count;
    index.lines = lines;
    return i;
}

} // namespace simul::detail
