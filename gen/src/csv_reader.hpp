#pragma once

// The inside of csv_engine: the text at hand, its index, and what rows ask for.

#include "csv_scan.hpp"

#include <simul/coro/detail/chunk_buffer.hpp>
#include <simul/gen/csv/options.hpp>
#include <simul/gen/csv/row.hpp>
#include <simul/gen/detail/csv_window.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace simul::detail {

// The header: from name to position in constant time.
class csv_names {
public:
    void assign(const csv::row& header);
    std::optional<std::size_t> find(std::string_view name) const noexcept;
    std::span<const std::string> all() const noexcept { return names_; }
    bool known() const noexcept { return known_; }

private:
    std::vector<std::string> names_;
    std::vector<std::uint32_t> slots_; // 0: free, else position + 1; a power of two of them
    bool known_ = false;
};

struct csv_reader {
    csv_reader(const csv::options& o, std::string name, isa instructions);

    std::span<csv::row> batch(std::size_t most);
    std::span<char> prepare(std::size_t min);
    void feed(std::span<char> data, std::size_t head_room);
    std::span<char> rest() noexcept;
    void take(std::span<char> text) noexcept;
    void borrow(std::string_view all);
    bool index(bool inside);
    bool between_rows() noexcept;
    void follow(csv_reader& before);
    void reuse_index_of(csv_reader& spent) noexcept;

    std::string_view cooked(std::uint32_t from, std::uint32_t to);
    std::uint64_t line_at(std::size_t at);
    csv::position locate(std::size_t at) const;
    std::uint64_t offset_of(std::size_t at) const noexcept { return offset_ + at; }

    csv::options options;
    csv_dialect dialect;
    std::string source;
    csv_kernel* kernel;
    csv_window window;
    csv_names names;

    // The text at hand is [window.text, window.text + limit); all positions count from its
    // beginning, which is where a row begins, and move with it in rebase().
    std::size_t limit = 0;
    std::size_t scanned = 0;  // the index is whole up to here
    std::size_t begin = 0;    // the first row that has not been handed out
    bool begin_at_cr = false; // the row before ended with a CR: an LF at `begin` belongs to it
    bool complete = false;    // no more bytes will come
    bool done = false;

private:
    static constexpr std::size_t segment = 32U << 10; // its index stays in the caches
    bool advance();
    bool pass_byte_order_mark();
    void rebase();
    void scan_segment();
    void end_text();
    void fail(std::size_t at, std::string_view problem);
    void fail_too_long(std::size_t at);
    std::size_t build_rows(std::size_t most);
    std::size_t unfinished_row() const noexcept;
    char* scratch_at(std::size_t from);
    char* unescape(const char* first, const char* last, char* out) const;

    csv_scan_state state_;
    csv_index index_;
    std::size_t next_row_ = 0; // in index_.rows
    std::size_t next_end_ = 0; // in index_.ends
    std::vector<csv::row> rows_;

    chunk_buffer buffer_;
    bool writable_ = false; // the byte behind the text at hand
    // A cooked field lies where it lies in the text: no book-keeping, no growth.
    std::unique_ptr<char[]> scratch_;
    std::size_t scratch_size_ = 0;

    std::uint64_t offset_ = 0;     // of window.text in the whole
    std::uint64_t first_line_ = 1; // the line of window.text
    bool first_after_cr_ = false;
    std::size_t counted_ = 0; // lines have been counted up to here,
    std::uint64_t counted_line_ = 1;
    bool mark_passed_ = false;
    std::optional<csv::error> failure_;
};

} // namespace simul::detail
