#include <simul/gen/detail/csv_guess.hpp>

#include <simul/gen/detail/csv_engine.hpp>

#include <algorithm>
#include <span>
#include <string>

namespace simul::detail {
namespace {

constexpr std::size_t enough = 16U << 10; // to tell a right guess from a wrong one

// What comes of reading a text that may begin in the middle of a row.
struct attempt {
    std::size_t second_row = std::string_view::npos; // where it begins
    std::size_t uneven = 0;                          // later rows of another length than it
    bool broken = false;
};

attempt try_reading(std::string_view text, csv::options how) {
    attempt made;
    how.header = false;
    how.skip_blank = false; // the rest of a row may be blank
    how.chunk_size = enough;
    csv_engine engine(how, {});
    std::copy(text.begin(), text.end(), engine.prepare(text.size()).begin());
    engine.commit(text.size());
    try {
        std::size_t count = 0;
        std::size_t width = 0;
        for (auto rows = engine.batch(); !rows.empty(); rows = engine.batch()) {
            for (const csv::row& row : rows) {
                if (count == 1) made.second_row = static_cast<std::size_t>(row.offset());
                if (count++ == 0 || row.empty()) continue;
                if (width == 0) width = row.size();
                if (row.size() != width) ++made.uneven;
            }
        }
    } catch (const csv::error&) {
        made.broken = true;
    }
    return made;
}

std::size_t after_first_line(std::string_view text) {
    const std::size_t end = text.find_first_of("\r\n");
    if (end == text.npos) return text.size();
    return end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
}

} // namespace

// Where the text begins, a quote is open or not. Both is tried; what is right leaves no text behind
// a closing quote, and rows of one length.
std::size_t csv_guess_row(std::string_view text, const csv::options& how) {
    if (how.quote == 0) return after_first_line(text);
    // Behind quotes one is open or not all the same, and they do nothing more.
    const std::size_t begin = std::min(text.find_first_not_of(how.quote), text.size());
    const std::string_view sample = text.substr(begin, enough);
    const attempt outside = try_reading(sample, how);
    if (!outside.broken && outside.uneven == 0 && outside.second_row < sample.size()) {
        return begin + outside.second_row;
    }
    const attempt inside = try_reading(how.quote + std::string(sample), how);
    const bool is_inside = !inside.broken && inside.second_row <= sample.size() &&
                           (outside.broken || inside.uneven < outside.uneven);
    if (is_inside) return begin + inside.second_row - 1; // less the quote in front
    if (outside.second_row < sample.size()) return begin + outside.second_row;
    return begin + after_first_line(text.substr(begin));
}

} // namespace simul::detail
