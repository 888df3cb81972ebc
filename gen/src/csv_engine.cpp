#include <simul/gen/detail/csv_engine.hpp>

#include "csv_reader.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace simul::detail {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t largest_row = 0x7ff00000;              // positions have 31 bits
constexpr std::size_t most_in_buffer = std::size_t{1} << 20; // unless more is asked for

char* to_chars(std::span<std::byte> bytes) { return reinterpret_cast<char*>(bytes.data()); }

int character(char c) { return c == 0 ? -1 : static_cast<unsigned char>(c); }

std::uint64_t count_lines(const char* text, std::size_t from, std::size_t to, bool after_cr) {
    if (from == to) return 0;
    std::uint64_t lines = text[from] == '\r' || (text[from] == '\n' && !after_cr);
    for (std::size_t i = from + 1; i < to; ++i) {
        lines +=
            static_cast<unsigned>(text[i] == '\r') |
            (static_cast<unsigned>(text[i] == '\n') & static_cast<unsigned>(text[i - 1] != '\r'));
    }
    return lines;
}

} // namespace

csv_reader::csv_reader(const csv::options& o, std::string name, isa instructions)
    : options(o), source(std::move(name)), kernel(csv_choose_kernel(instructions)),
      buffer_(std::min(o.chunk_size, most_in_buffer)) {
    csv::validate(o);
    options.max_row = std::min(options.max_row, largest_row);
    dialect.delimiter = character(o.delimiter);
    dialect.quote = character(o.quote);
    dialect.escape = character(o.escape);
    dialect.comment = character(o.comment);
    dialect.strict = o.strict;
    for (const int c : {dialect.delimiter, dialect.quote, dialect.escape, int{'\r'}, int{'\n'}}) {
        if (c >= 0) dialect.special[static_cast<std::size_t>(c)] = true;
    }
    window.quote = dialect.quote;
    window.marks = o.trim ? csv_end::mark : 0;
    window.reader = this;
}

std::span<csv::row> csv_reader::batch(std::size_t most) {
    for (;;) {
        if (next_row_ < index_.row_count) {
            const std::size_t count = build_rows(most);
            if (count != 0) return {rows_.data(), count};
        } else if (failure_) {
            throw csv::error(*failure_);
        } else if (!advance()) {
            return {};
        }
    }
}

bool csv_reader::advance() {
    if (done) return false;
    rebase();
    if (!mark_passed_ && !pass_byte_order_mark()) return false;
    if (scanned < limit) {
        scan_segment();
    } else if (complete) {
        end_text();
    } else {
        return false;
    }
    return true;
}

bool csv_reader::pass_byte_order_mark() {
    const std::string_view start(window.text, std::min(limit, byte_order_mark.size()));
    if (start.size() < byte_order_mark.size() && byte_order_mark.starts_with(start) && !complete) {
        return false; // it may still become one
    }
    mark_passed_ = true;
    if (start == byte_order_mark) {
        window.text += start.size();
        limit -= start.size();
        offset_ += start.size();
    }
    return true;
}

void csv_reader::scan_segment() {
    const std::size_t to = std::min(limit, scanned + segment);
    index_.reserve(to - scanned);
    std::size_t at = scanned;
    while (at < to && !state_.failed) {
        if (kernel != nullptr && state_.place != csv_place::comment && to - at >= 64) {
            at = kernel(window.text, at, at + ((to - at) & ~std::size_t{63}), dialect, state_,
                        index_);
        }
        if (at < to) {
            at = csv_scan_exact(window.text, at, std::min(to, at + 64), dialect, state_, index_);
        }
    }
    scanned = at;
    window.plain = !state_.quotes && dialect.escape < 0 && window.marks == 0;

    const std::size_t row = unfinished_row();
    if (state_.failed && scanned - row < options.max_row) {
        fail(scanned, "text after a closing quote");
    } else if (state_.failed || scanned - row > options.max_row) {
        fail_too_long(row);
    }
}

std::size_t csv_reader::unfinished_row() const noexcept {
    std::size_t row = begin;
    bool after_cr = begin_at_cr;
    if (index_.row_count > next_row_) {
        const std::size_t end = csv_end::position(index_.ends[index_.rows[index_.row_count - 1]]);
        row = end + 1;
        after_cr = window.text[end] == '\r';
    }
    return after_cr && row < scanned && window.text[row] == '\n' ? row + 1 : row;
}

// The end of the text ends the last row.
void csv_reader::end_text() {
    done = true;
    const std::size_t row = unfinished_row();
    if (row == limit) return;
    if (options.strict && state_.place == csv_place::quoted) {
        const std::size_t field =
            index_.end_count > next_end_
                ? std::size_t{csv_end::position(index_.ends[index_.end_count - 1])} + 1
                : row;
        fail(field, "the quote that opens here is never closed");
        return;
    }
    if (options.strict && state_.escaped) {
        fail(limit - 1, "an escape character with nothing after it");
        return;
    }
    // Rows may look at the byte behind their last field.
    if (!writable_) window.text = to_chars(buffer_.prepare({window.text, limit}, 1)) - limit;
    const_cast<char*>(window.text)[limit] = '\n';
    index_.reserve(1);
    index_.rows[index_.row_count++] = static_cast<std::uint32_t>(index_.end_count);
    const bool marked = state_.marked || state_.place == csv_place::quoted;
    index_.ends[index_.end_count++] =
        static_cast<std::uint32_t>(limit) | (marked ? csv_end::mark : 0);
}

// Rows of the index become row objects, a bounded number at a time; returns how many.
std::size_t csv_reader::build_rows(std::size_t most) {
    if (rows_.empty()) rows_.resize(csv_engine::most_per_batch);
    most = std::min(most, rows_.size());
    // Copies: a compiler cannot know that writing a row leaves the members alone.
    const char* const text = window.text;
    const std::uint32_t* const ends = index_.ends.get();
    const std::uint32_t* next = index_.rows.get() + next_row_;
    const std::uint32_t* const last = index_.rows.get() + index_.row_count;
    csv::row* const first_row = rows_.data();
    csv::row* row = first_row;
    csv::row* const full = first_row + most;
    const std::size_t longest = options.max_row;
    const int comment = dialect.comment;
    const bool skip_blank = options.skip_blank;
    // Where there is no CR the text need not be looked at; it may be in another core's cache.
    const bool crs = state_.crs;
    bool wants_names = options.header && !names.known();
    std::size_t first = next_end_;
    std::size_t from = begin;
    bool after_cr = begin_at_cr;
    while (next != last && row != full) {
        const std::size_t behind = std::size_t{*next++} + 1;
        if (after_cr && text[from] == '\n') ++from;
        const std::size_t end = csv_end::position(ends[behind - 1]);
        const std::size_t at = std::exchange(from, end + 1);
        const std::size_t field = std::exchange(first, behind);
        std::size_t fields = behind - field;
        after_cr = crs && text[end] == '\r';
        if (end - at > longest) [[unlikely]] {
            fail_too_long(at);
            next = last;
            break;
        }
        if (end == at) [[unlikely]] {
            if (skip_blank) continue;
            fields = 0;
        } else if (comment >= 0 && static_cast<unsigned char>(text[at]) == comment) {
            continue;
        }
        *row = csv::row(&window, ends + field, static_cast<std::uint32_t>(fields),
                        static_cast<std::uint32_t>(at));
        if (wants_names) [[unlikely]] {
            names.assign(*row);
            wants_names = false;
            continue;
        }
        ++row;
    }
    next_row_ = static_cast<std::size_t>(next - index_.rows.get());
    next_end_ = first;
    begin = from;
    begin_at_cr = after_cr;
    return static_cast<std::size_t>(row - first_row);
}

// Makes the first row that has not been handed out the beginning of the text at hand.
void csv_reader::rebase() {
    assert(next_row_ == index_.row_count);
    if (begin == 0 || done) return;
    const bool skip = begin_at_cr && begin < scanned && window.text[begin] == '\n';
    const std::size_t shift = begin + (skip ? 1 : 0);
    first_after_cr_ = begin_at_cr && !skip;
    begin_at_cr = first_after_cr_;
    // Only inside quotes, or behind an escape, a row that has not ended has line ends.
    first_line_ = 1 + index_.lines -
                  (state_.quotes ? count_lines(window.text, shift, scanned, first_after_cr_) : 0);
    counted_ = 0;
    counted_line_ = first_line_;

    std::uint32_t* ends = index_.ends.get();
    const std::size_t kept = index_.end_count - next_end_;
    std::transform(ends + next_end_, ends + index_.end_count, ends,
                   [&](std::uint32_t end) { return end - static_cast<std::uint32_t>(shift); });
    index_.end_count = kept;
    index_.row_count = 0;
    next_row_ = 0;
    next_end_ = 0;

    window.text += shift;
    offset_ += shift;
    limit -= shift;
    scanned -= shift;
    begin = 0;
    state_.quotes = state_.quotes && scanned != 0 && dialect.quote >= 0 &&
                    std::memchr(window.text, dialect.quote, scanned) != nullptr;
}

std::span<char> csv_reader::prepare(std::size_t min) {
    rebase();
    char* const space =
        to_chars(buffer_.prepare({window.text, limit}, std::max<std::size_t>(min, 1)));
    window.text = space - limit;
    writable_ = true;
    return {space, std::max<std::size_t>(min, 1)};
}

void csv_reader::feed(std::span<char> data, std::size_t head_room) {
    rebase();
    if (limit > head_room) {
        const std::span<char> space = prepare(data.size());
        std::copy(data.begin(), data.end(), space.begin());
    } else {
        if (limit != 0) std::memcpy(data.data() - limit, window.text, limit);
        window.text = data.data() - limit;
        writable_ = false;
    }
    limit += data.size();
}

std::span<char> csv_reader::rest() noexcept {
    rebase();
    return {const_cast<char*>(window.text), limit}; // it lies in memory that was given for change
}

void csv_reader::take(std::span<char> text) noexcept {
    complete = text.size() == limit;
    window.text = text.data();
    limit = text.size();
    writable_ = true;
}

void csv_reader::borrow(std::string_view all) {
    window.text = all.data();
    limit = all.size();
    writable_ = false;
    complete = true;
}

char* csv_reader::scratch_at(std::size_t from) {
    if (scratch_size_ < scanned) {
        const std::size_t bigger = std::max(scanned, scratch_size_ * 2);
        scratch_ = std::make_unique_for_overwrite<char[]>(bigger);
        scratch_size_ = bigger;
    }
    return scratch_.get() + from;
}

bool csv_reader::index(bool inside) {
    mark_passed_ = mark_passed_ || inside;
    if (!mark_passed_ && !pass_byte_order_mark()) return true;
    while (scanned < limit && !failure_) scan_segment();
    return !failure_;
}

bool csv_reader::between_rows() noexcept {
    if (failure_ || next_row_ < index_.row_count) return false;
    rebase();
    return limit == 0;
}

void csv_reader::follow(csv_reader& before) {
    names = std::move(before.names); // where they are: rows have shown them
    rows_ = std::move(before.rows_);
    buffer_ = std::move(before.buffer_);
    scratch_ = std::move(before.scratch_);
    scratch_size_ = std::exchange(before.scratch_size_, 0);
    offset_ += before.offset_;
    const std::uint64_t lines = before.first_line_ - 1;
    first_line_ += lines;
    counted_line_ += lines;
    index_.lines += lines;
}

void csv_reader::reuse_index_of(csv_reader& spent) noexcept {
    index_.ends = std::move(spent.index_.ends);
    index_.end_capacity = std::exchange(spent.index_.end_capacity, 0);
    index_.rows = std::move(spent.index_.rows);
    index_.row_capacity = std::exchange(spent.index_.row_capacity, 0);
}

std::uint64_t csv_reader::line_at(std::size_t at) {
    if (at < counted_) {
        counted_ = 0;
        counted_line_ = first_line_;
    }
    const bool after_cr = counted_ == 0 ? first_after_cr_ : window.text[counted_ - 1] == '\r';
    counted_line_ += count_lines(window.text, counted_, at, after_cr);
    counted_ = at;
    return counted_line_;
}

csv::position csv_reader::locate(std::size_t at) const {
    csv::position where{first_line_, 1, offset_ + at};
    std::size_t line_begin = 0;
    bool after_cr = first_after_cr_;
    for (std::size_t i = 0; i < at; ++i) {
        const bool cr = window.text[i] == '\r';
        if (cr || window.text[i] == '\n') {
            if (cr || !after_cr) ++where.line;
            line_begin = i + 1;
        }
        after_cr = cr;
    }
    where.column = at - line_begin + 1;
    return where;
}

void csv_reader::fail(std::size_t at, std::string_view problem) {
    failure_.emplace(source, locate(at), problem);
}

void csv_reader::fail_too_long(std::size_t at) {
    fail(at, "a row longer than max_row, which is " + std::to_string(options.max_row) + " bytes");
}

csv_engine::csv_engine(const csv::options& options, std::string source, isa instructions)
    : reader_(std::make_unique<csv_reader>(options, std::move(source), instructions)) {}
csv_engine::csv_engine(csv_engine&&) noexcept = default;
csv_engine& csv_engine::operator=(csv_engine&&) noexcept = default;
csv_engine::~csv_engine() = default;

std::span<csv::row> csv_engine::batch(std::size_t most) { return reader_->batch(most); }
bool csv_engine::done() const noexcept { return reader_->done; }
std::span<char> csv_engine::prepare(std::size_t min) { return reader_->prepare(min); }
void csv_engine::commit(std::size_t n) noexcept { reader_->limit += n; }
void csv_engine::finish() noexcept { reader_->complete = true; }
void csv_engine::feed(std::span<char> data, std::size_t head_room) {
    reader_->feed(data, head_room);
}
std::span<char> csv_engine::rest() noexcept { return reader_->rest(); }
void csv_engine::take(std::span<char> text) noexcept { reader_->take(text); }
void csv_engine::borrow(std::string_view text) { reader_->borrow(text); }
bool csv_engine::index(bool inside) { return reader_->index(inside); }
bool csv_engine::between_rows() noexcept { return reader_->between_rows(); }
void csv_engine::follow(csv_engine& before) { reader_->follow(*before.reader_); }
void csv_engine::reuse_index_of(csv_engine& spent) noexcept {
    if (spent.reader_) reader_->reuse_index_of(*spent.reader_);
}
std::span<const std::string> csv_engine::names() const noexcept { return reader_->names.all(); }
csv_header csv_engine::header() const {
    const std::span<const std::string> names = reader_->names.all();
    return {reader_->names.known(), reader_->source, {names.begin(), names.end()}};
}
const csv::options& csv_engine::options() const noexcept { return reader_->options; }

} // namespace simul::detail
