// What rows ask of their reader: fields that must be unquoted, names, positions and errors.

#include <simul/gen/detail/csv_header.hpp>

#include "csv_reader.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace simul::csv {

namespace {

std::string message(std::string_view source, const position& where, std::string_view problem) {
    std::string text(source);
    text += ':' + std::to_string(where.line) + ':' + std::to_string(where.column) + ": ";
    return text += problem;
}

} // namespace

error::error(std::string_view source, const position& where, std::string_view problem)
    : std::runtime_error(message(source, where, problem)), source_(source), where_(where) {}
error::~error() = default;

void validate(const options& o) {
    const struct {
        char character;
        const char* name;
    } roles[] = {{o.delimiter, "delimiter"},
                 {o.quote, "quote"},
                 {o.escape, "escape"},
                 {o.comment, "comment"}};
    for (const auto& role : roles) {
        if (role.character == '\n' || role.character == '\r') {
            throw std::invalid_argument(std::string("csv::options: ") + role.name +
                                        " cannot be a newline");
        }
        for (const auto& other : roles) {
            if (&other == &role) break;
            if (role.character != 0 && role.character == other.character) {
                throw std::invalid_argument(std::string("csv::options: ") + other.name + " and " +
                                            role.name + " are the same character");
            }
        }
    }
    for (const auto& role : {roles[1], roles[2]}) {
        if (o.trim && (role.character == ' ' || role.character == '\t')) {
            throw std::invalid_argument(std::string("csv::options: ") + role.name +
                                        " is a blank, which trim takes away");
        }
    }
    if (o.max_row == 0) throw std::invalid_argument("csv::options: max_row is 0");
    if (o.chunk_size == 0) throw std::invalid_argument("csv::options: chunk_size is 0");
}

} // namespace simul::csv

namespace simul::detail {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::size_t hash(std::string_view name) {
    std::uint64_t h = 14695981039346656037U;
    for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return static_cast<std::size_t>(h ^ (h >> 32U));
}

// For messages: printable, and not endless.
std::string quoted(std::string_view text) {
    constexpr std::size_t longest = 60;
    constexpr char digits[] = "0123456789abcdef";
    std::string result = "\"";
    for (const char c : text.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            result += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
        } else {
            result += c;
        }
    }
    return result += text.size() > longest ? "\"..." : "\"";
}

// Copies [first, last), of each pair of quotes one. Never writes further than it reads.
char* copy_halving(const char* first, const char* last, char quote, char* out) {
#if defined(__SSE2__)
    const __m128i quotes = _mm_set1_epi8(quote);
    while (last - first >= 16) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(first));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), block);
        const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, quotes)));
        const int before = std::countr_zero(found | 0x10000U);
        const int pair = found != 0 ? 1 : 0;
        out += before + pair;
        first += before + 2 * pair;
    }
#endif
    for (unsigned second = 0; first < last; ++first) {
        *out = *first;
        second = static_cast<unsigned>(*first == quote) & ~second;
        out += 1 - static_cast<int>(second);
    }
    return out;
}

std::string count_of_fields(std::size_t n) {
    return "the row has " + std::to_string(n) + (n == 1 ? " field" : " fields");
}

} // namespace

void csv_names::assign(const csv::row& header) {
    known_ = true;
    names_ = std::vector<std::string>(header.begin(), header.end());
    slots_.assign(std::bit_ceil(names_.size() * 2 + 1), 0);
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (find(names_[i])) continue;
        std::size_t slot = hash(names_[i]) & (slots_.size() - 1);
        while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
        slots_[slot] = static_cast<std::uint32_t>(i + 1);
    }
}

std::optional<std::size_t> csv_names::find(std::string_view name) const noexcept {
    if (slots_.empty()) return std::nullopt;
    for (std::size_t slot = hash(name);; ++slot) {
        const std::uint32_t found = slots_[slot & (slots_.size() - 1)];
        if (found == 0) return std::nullopt;
        if (names_[found - 1] == name) return found - 1;
    }
}

std::string_view csv_reader::cooked(std::uint32_t from, std::uint32_t to) {
    const char* first = window.text + from;
    const char* last = window.text + to;
    const auto is = [](char c, int role) { return static_cast<unsigned char>(c) == role; };
    const auto escaped = [&](const char* p) {
        bool odd = false;
        while (p != first && is(*--p, dialect.escape)) odd = !odd;
        return odd;
    };

    if (first == last || !is(*first, dialect.quote)) {
        if (options.trim) {
            while (first != last && is_blank(*first)) ++first;
            while (first != last && is_blank(last[-1]) && !escaped(last - 1)) --last;
        }
        const std::string_view raw(first, static_cast<std::size_t>(last - first));
        if (dialect.escape < 0 || raw.find(options.escape) == raw.npos) return raw;
        char* const out = scratch_at(from);
        return {out, static_cast<std::size_t>(unescape(first, last, out) - out)};
    }

    const auto find_quote = [&](const char* p) {
        const auto* q = static_cast<const char*>(
            std::memchr(p, dialect.quote, static_cast<std::size_t>(last - p)));
        return q == nullptr ? last : q;
    };
    ++first;
    if (dialect.escape < 0) {
        const char* quote = find_quote(first);
        if (last - quote <= 1) return {first, static_cast<std::size_t>(quote - first)};
        char* const start = scratch_at(from);
        char* out = start;
        if (dialect.strict) {
            // Nothing but pairs of quotes between the first and the last.
            out = copy_halving(first, last - 1, options.quote, out);
            return {start, static_cast<std::size_t>(out - start)};
        }
        for (;;) {
            out = std::copy(first, quote, out);
            if (quote == last) break;
            first = quote + 1;
            if (first == last) break;
            if (!is(*first, dialect.quote)) { // closed; what follows is as it stands
                out = std::copy(first, last, out);
                break;
            }
            *out++ = *first++;
            quote = find_quote(first);
        }
        return {start, static_cast<std::size_t>(out - start)};
    }

    const char* quote = first;
    bool plain = true;
    for (; quote != last && !is(*quote, dialect.quote); ++quote) {
        if (is(*quote, dialect.escape)) {
            plain = false;
            if (++quote == last) break;
        }
    }
    if (plain && last - quote <= 1) return {first, static_cast<std::size_t>(quote - first)};
    char* const start = scratch_at(from);
    char* out = unescape(first, quote, start);
    if (quote != last) out = unescape(quote + 1, last, out);
    return {start, static_cast<std::size_t>(out - start)};
}

// An escape with nothing after it can only be the last byte of the text; Python's csv reads it as
// one before a newline.
char* csv_reader::unescape(const char* first, const char* last, char* out) const {
    for (; first != last; ++first) {
        if (*first != options.escape) {
            *out++ = *first;
        } else {
            *out++ = ++first == last ? '\n' : *first;
            if (first == last) break;
        }
    }
    return out;
}

std::string_view csv_window::cooked(std::uint32_t begin, std::uint32_t end) const {
    return reader->cooked(begin, end);
}
std::optional<std::size_t> csv_window::column(std::string_view name) const {
    return reader->names.find(name);
}
std::span<const std::string> csv_window::names() const noexcept { return reader->names.all(); }
std::string_view csv_window::source() const noexcept { return reader->source; }
csv::position csv_window::locate(std::uint32_t at) const { return reader->locate(at); }
std::uint64_t csv_window::line(std::uint32_t at) const { return reader->line_at(at); }
std::uint64_t csv_window::offset(std::uint32_t at) const noexcept { return reader->offset_of(at); }

void csv_window::no_field(const csv::row& row, std::size_t index) const {
    std::string problem =
        count_of_fields(row.size()) + ", there is none at [" + std::to_string(index) + "]";
    const std::span<const std::string> header = names();
    if (index < header.size()) problem += ", column " + quoted(header[index]);
    throw std::out_of_range(csv::error(reader->source, locate(row.begin_), problem).what());
}

void csv_window::no_column(const csv::row& row, std::string_view name) const {
    std::string problem = "no column " + quoted(name);
    if (const std::optional<std::size_t> i = column(name)) {
        problem +=
            ": " + count_of_fields(row.size()) + ", the column is at [" + std::to_string(*i) + "]";
    } else if (reader->names.known()) {
        problem += " in the header";
    } else {
        problem += ": the text is read without a header";
    }
    throw csv::error(reader->source, locate(row.begin_), problem);
}

void csv_header::no_column(std::string_view name) const {
    throw csv::error(source, {}, "no column " + quoted(name) + " in the header");
}

void csv_window::bad_field(const csv::row& row, std::size_t index, const char* wanted) const {
    const std::span<const std::string> header = names();
    const std::string what = index < header.size() ? "column " + quoted(header[index])
                                                   : "field [" + std::to_string(index) + "]";
    throw csv::error(reader->source, locate(static_cast<std::uint32_t>(row.field_begin(index))),
                     what + ": " + quoted(row.field(index)) + " is not " + wanted);
}

} // namespace simul::detail
