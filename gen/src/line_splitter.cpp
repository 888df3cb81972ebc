#include <simul/gen/detail/line_splitter.hpp>

#include <simul/gen/line_error.hpp>

#include "line_scan.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace simul {

line_error::line_error(const std::string& source, std::uint64_t line, std::uint64_t offset,
                       const std::string& what)
    : std::runtime_error(source + ":" + std::to_string(line) + ": " + what), line_(line),
      offset_(offset) {}

line_error::~line_error() = default;

namespace detail {
namespace {

// What is scanned at once is still in the first-level cache when its lines are handed out.
constexpr std::size_t window = 32 * 1024;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

} // namespace

// The ends of lines that have been found, and the views that are handed out.
struct line_splitter::findings {
    explicit findings(isa instructions) : kernel(line_choose_kernel(instructions)) {}

    line_kernel* kernel;
    std::size_t base = 0; // positions count from there
    std::size_t count = 0;
    std::size_t next = 0;
    std::array<std::uint32_t, most_per_batch + line_ends::slack> ends;
    std::array<std::string_view, most_per_batch> lines;
};

line_splitter::line_splitter(const line_options& options, std::string source, isa instructions)
    : options_(options), source_(std::move(source)),
      found_(std::make_unique<findings>(instructions)) {
    if (options.chunk_size == 0)
        throw std::invalid_argument("simul: line_options: chunk_size must not be 0");
}

line_splitter::line_splitter(line_splitter&&) noexcept = default;
line_splitter::~line_splitter() = default;

void line_splitter::take(std::span<char> text) noexcept {
    finished_ = text.size() == end_ - begin_;
    offset_ += begin_;
    scanned_ -= begin_;
    begin_ = 0;
    end_ = text.size();
    text_ = text.data();
    // A line's last byte is looked at, and an empty one has none.
    if (!text.empty()) text_[-1] = '\n';
}

bool line_splitter::skip_byte_order_mark() noexcept {
    const std::string_view text(text_ + begin_, end_ - begin_);
    const bool may_be_one = byte_order_mark.starts_with(text.substr(0, byte_order_mark.size()));
    if (text.size() < byte_order_mark.size() && may_be_one && !finished_) return false;
    if (text.starts_with(byte_order_mark)) begin_ = scanned_ = begin_ + byte_order_mark.size();
    return true;
}

void line_splitter::skip_second_half() noexcept {
    if (!second_half_ || begin_ == end_) return;
    second_half_ = false;
    if (text_[begin_] != '\n') return;
    ++begin_;
    if (scanned_ >= begin_) return;
    scanned_ = begin_;
    after_cr_ = false;
}

void line_splitter::check_length(std::size_t size) const {
    if (size <= options_.max_line) return;
    throw line_error(source_, lines_ + 1, offset_ + begin_,
                     "a line is longer than " + std::to_string(options_.max_line) + " bytes");
}

void line_splitter::scan() {
    line_ends ends{found_->ends.data(), 0};
    found_->base = scanned_;
    scanned_ = found_->kernel(text_, scanned_, std::min(end_, scanned_ + window), options_.lone_cr,
                              after_cr_, ends, most_per_batch);
    found_->count = ends.count;
    found_->next = 0;
}

// Lines up to the first that is too long.
template <bool LoneCr>
std::size_t line_splitter::build(std::size_t most) noexcept {
    findings& found = *found_;
    const char* const base = text_ + found.base;
    const std::uint32_t* const ends = found.ends.data() + found.next;
    const std::size_t max_line = options_.max_line;
    const char* first = text_ + begin_;
    std::size_t n = 0;
    for (; n != most; ++n) {
        const char* const last = base + ends[n];
        auto size = static_cast<std::size_t>(last - first);
        if constexpr (!LoneCr) size -= last[-1] == '\r' ? 1 : 0;
        if (size > max_line) [[unlikely]]
            break;
        found.lines[n] = std::string_view(first, size);
        first = last + 1;
        if constexpr (LoneCr) {
            if (*last == '\r' && first != text_ + end_ && *first == '\n') ++first;
        }
    }
    begin_ = static_cast<std::size_t>(first - text_);
    if constexpr (LoneCr) second_half_ = n != 0 && begin_ == end_ && first[-1] == '\r';
    found.next += n;
    lines_ += n;
    return n;
}

std::span<std::string_view> line_splitter::batch(std::size_t most) {
    if (!started_ && !(started_ = skip_byte_order_mark())) return {};
    findings& found = *found_;
    skip_second_half();
    while (found.next == found.count && scanned_ < end_) scan();
    if (const std::size_t there = found.count - found.next; there != 0) {
        most = std::min(most, there);
        const std::size_t n = options_.lone_cr ? build<true>(most) : build<false>(most);
        if (n == 0) check_length(options_.max_line + 1);
        return {found.lines.data(), n};
    }
    if (begin_ == end_) return {};
    const std::size_t size = end_ - begin_;
    // A CR may turn out to belong to the line's end, as long as there is more to come.
    const bool may_end = !finished_ && text_[end_ - 1] == '\r';
    check_length(size - (may_end ? 1 : 0));
    if (!finished_) return {};
    found.lines[0] = std::string_view(text_ + begin_, size); // the last line need not end
    begin_ = end_;
    ++lines_;
    return {found.lines.data(), 1};
}

} // namespace detail
} // namespace simul
