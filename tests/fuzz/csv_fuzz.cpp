// The CSV engine against a parser that goes byte by byte and knows nothing of it. The first bytes
// of the input choose the dialect, the kernel and the size of the chunks.

#include "csv_text.hpp"
#include "fuzz_input.hpp"

#include <simul/gen/csv/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace simul_test;

struct reading {
    std::vector<std::vector<std::string>> rows;
    bool failed = false;
};

// What docs/files.md says, a byte at a time.
reading read_by_the_book(std::string_view text, const simul::csv::options& o) {
    enum { at_start, in_plain, in_quotes, after_quotes, in_comment } place = at_start;
    reading result;
    std::vector<std::string> row;
    std::string field;
    std::size_t kept = 0; // of the field; behind that are blanks to be trimmed
    bool trims = o.trim;  // only an unquoted field is trimmed
    bool escaped = false;
    bool row_ended_at_cr = false;
    const auto add = [&](char c, bool blank) {
        if (blank && kept == 0) return;
        field += c;
        if (!blank) kept = field.size();
    };
    const auto end_field = [&] {
        row.push_back(field.substr(0, kept));
        field.clear();
        kept = 0;
        trims = o.trim;
        place = at_start;
    };
    const auto end_row = [&] {
        const bool blank = place == at_start && row.empty();
        if (place != in_comment && !blank) end_field();
        if (place != in_comment && !(blank && o.skip_blank)) result.rows.push_back(row);
        row.clear();
        place = at_start;
    };
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (const char c : text) {
        const auto is = [&](char role) { return role != 0 && c == role; };
        const bool second_of_crlf = row_ended_at_cr && c == '\n';
        row_ended_at_cr = false;
        if (escaped) {
            add(c, false);
            escaped = false;
        } else if (place == in_quotes) {
            if (is(o.quote))
                place = after_quotes;
            else if (is(o.escape))
                escaped = true;
            else
                add(c, false);
        } else if (c == '\n' || c == '\r') {
            if (!second_of_crlf) end_row();
            row_ended_at_cr = c == '\r';
        } else if (place == in_comment || (place == at_start && row.empty() && is(o.comment))) {
            place = in_comment;
        } else if (is(o.delimiter)) {
            end_field();
        } else if (place == after_quotes && is(o.quote) && o.escape == 0) {
            add(c, false);
            place = in_quotes;
        } else if (place == after_quotes && o.strict) {
            result.failed = true;
            return result;
        } else if (place == at_start && is(o.quote)) {
            place = in_quotes;
            trims = false;
        } else {
            escaped = is(o.escape);
            if (!escaped) add(c, trims && (c == ' ' || c == '\t'));
            place = in_plain;
        }
    }
    if (escaped) add('\n', false); // as Python's csv module reads it
    result.failed = o.strict && (escaped || place == in_quotes);
    if (!result.failed && !(place == at_start && row.empty())) end_row();
    return result;
}

simul::csv::options dialect_of(fuzz_input& input) {
    simul::csv::options o;
    const unsigned roles = input.choice();
    o.delimiter = ",;\t\0"[roles % 4];
    o.quote = "\"\"'\0"[roles / 4 % 4];
    o.escape = "\0\0\\^"[roles / 16 % 4];
    o.comment = "\0\0#\0"[roles / 64 % 4];
    const unsigned flags = input.choice();
    o.strict = (flags & 1U) != 0;
    o.skip_blank = (flags & 2U) != 0;
    o.trim = (flags & 4U) != 0;
    o.header = (flags & 8U) != 0;
    return o;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz_input input(data, size);
    const simul::csv::options o = dialect_of(input);
    static const std::vector<simul::detail::isa> kernels = all_csv_kernels();
    const simul::detail::isa kernel = kernels[input.choice() % kernels.size()];
    const std::size_t chunk = input.chunk_size();

    const csv_result whole = read_csv(input.text(), o, 0, simul::detail::isa::exact);
    reading expected = read_by_the_book(input.text(), o);
    if (o.header && !expected.rows.empty()) expected.rows.erase(expected.rows.begin());
    require(whole.fields() == expected.rows, "other rows");
    require(whole.error.empty() != expected.failed, "other errors");
    require(read_csv(input.text(), o, 0, kernel) == whole, "a kernel reads otherwise");
    require(read_csv(input.text(), o, chunk, kernel) == whole, "chunks are read otherwise");
    require(feed_csv(input.text(), o, chunk, 16, kernel) == whole, "fed chunks are read otherwise");
    return 0;
}
