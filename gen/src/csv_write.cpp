#include <simul/gen/detail/csv_write.hpp>

#include <stdexcept>

namespace simul::detail {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::size_t find_either(std::string_view text, char one, char other) {
    if (one == other) return text.find(one); // most often, and much faster
    const char both[] = {one, other};
    return text.find_first_of(std::string_view(both, 2));
}

} // namespace

csv_format::csv_format(const csv::options& options, bool quote_all, bool crlf)
    : options_(options), quote_all_(quote_all), crlf_(crlf) {
    csv::validate(options);
    if (quote_all && options.quote == 0) {
        throw std::invalid_argument("csv: all fields are to be quoted, without a quote character");
    }
    for (const char c : {'\n', '\r', options.delimiter, options.quote, options.escape}) {
        if (c != 0) special_[static_cast<unsigned char>(c)] = true;
    }
    plain_numbers_ = !quote_all;
    for (const char c : std::string_view("0123456789+-.abcdefghijklmnopqrstuvwxyz")) {
        if (needs_escape(c) || c == options.comment) plain_numbers_ = false;
    }
}

// Changes the meaning of an unquoted field by being its beginning.
bool csv_format::is_special_start(std::string_view text, bool first) const {
    return (first && options_.comment != 0 && text.front() == options_.comment) ||
           (first && text.starts_with(byte_order_mark)) ||
           (options_.trim && is_blank(text.front()));
}

bool csv_format::must_be_quoted(std::string_view text, bool first) const {
    if (quote_all_) return true;
    if (text.empty()) return false;
    if (is_special_start(text, first) || (options_.trim && is_blank(text.back()))) return true;
    unsigned found = 0;
    for (const char c : text) found |= static_cast<unsigned>(needs_escape(c));
    return found != 0;
}

void csv_format::delimiter(std::string& out) const {
    if (options_.delimiter == 0) {
        throw std::invalid_argument("csv: a row of several fields needs a delimiter");
    }
    out += options_.delimiter;
}

void csv_format::field(std::string& out, std::string_view text, bool first) const {
    if (!must_be_quoted(text, first)) {
        out += text;
    } else if (options_.quote != 0) {
        const char escape = options_.escape != 0 ? options_.escape : options_.quote;
        out += options_.quote;
        for (;;) {
            const std::size_t plain = find_either(text, options_.quote, escape);
            out += text.substr(0, plain);
            if (plain == text.npos) break;
            out += escape;
            out += text[plain];
            text.remove_prefix(plain + 1);
        }
        out += options_.quote;
    } else if (options_.escape != 0) {
        for (std::size_t i = 0; i != text.size(); ++i) {
            const bool edge = (i == 0 && is_special_start(text, first)) ||
                              (i + 1 == text.size() && options_.trim && is_blank(text[i]));
            if (edge || needs_escape(text[i])) out += options_.escape;
            out += text[i];
        }
    } else {
        throw std::invalid_argument("csv: a field cannot be written without a quote character");
    }
}

// A row of a single empty field would be a blank line, which is no row or one of no fields.
void csv_format::end_row(std::string& out, std::size_t fields, bool empty) const {
    if (fields == 0 && options_.skip_blank) {
        throw std::invalid_argument("csv: a row of no fields is not read back with skip_blank");
    }
    if (fields == 1 && empty) {
        if (options_.quote == 0) {
            throw std::invalid_argument(
                "csv: a row of one empty field cannot be written without a quote character");
        }
        out.append(2, options_.quote);
    }
    if (crlf_) out += '\r';
    out += '\n';
}

} // namespace simul::detail
