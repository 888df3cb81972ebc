#pragma once

#include <simul/gen/csv/options.hpp>
#include <simul/gen/csv/row.hpp>
#include <simul/gen/detail/csv_header.hpp>
#include <simul/gen/detail/isa.hpp>
#include <simul/loop/config.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace simul::detail {

// Turns bytes into rows. It reads nothing itself; whoever has the bytes drives it:
//
//     for (;;) {
//         std::span<csv::row> rows = engine.batch();
//         if (!rows.empty()) { hand out rows; continue; }
//         if (engine.done()) break;
//         std::span<char> space = engine.prepare(chunk_size);
//         std::size_t n = read into space.first(chunk_size);
//         n == 0 ? engine.finish() : engine.commit(n);
//     }
//
// Whoever has a chunk_source instead gives it rest() and takes what comes:
//
//     engine.take(co_await source.next(engine.rest()));
//
// Rows, and all they hand out, are valid until the next call of any of these.
// `batch` throws a csv::error once all rows before the fault have been handed out, and again
// whenever it is called after that.
class SIMUL_API csv_engine {
public:
    static constexpr std::size_t most_per_batch = 1024;

    // `source` names the text in errors. Throws what csv::validate throws.
    explicit csv_engine(const csv::options& options, std::string source,
                        isa instructions = isa::best);
    csv_engine(csv_engine&&) noexcept;
    csv_engine& operator=(csv_engine&&) noexcept;
    ~csv_engine();

    // Complete rows of what has been committed; an empty span when more bytes are needed, or when
    // the text has ended: see done().
    // No more than `most` at a time.
    std::span<csv::row> batch(std::size_t most = most_per_batch);
    bool done() const noexcept;

    // Space for at least `min` further bytes, to be called when batch() has nothing left. An
    // unfinished row is moved in front of it if need be.
    std::span<char> prepare(std::size_t min);
    void commit(std::size_t n) noexcept;
    // No more bytes will come.
    void finish() noexcept;

    // What is left over when batch() has nothing left: the beginning of a row.
    std::span<char> rest() noexcept;
    // Goes on in `text`, which begins with a copy of rest(); if there is nothing else in it no more
    // bytes will come. One byte behind it can be written.
    void take(std::span<char> text) noexcept;

    // Instead of prepare and commit: reads `data` where it is, an unfinished row being copied into
    // the `head_room` writable bytes before it. `data` must stay until the next call of feed,
    // prepare or finish and batch after that have nothing left.
    void feed(std::span<char> data, std::size_t head_room);
    // The whole text at once, where it is; it must stay as long as rows are read.
    void borrow(std::string_view text);

    // For a text that is read in parts, each by an engine of its own:
    //
    // Finds all of the structure of the text at hand at once, on any thread, in place of a piece in
    // each batch(). `inside`: the text is not the beginning of the whole. False at a fault, which
    // may be one only because the part does not begin with a row.
    bool index(bool inside);
    // All rows of the text at hand have been handed out, and with the next byte a row begins.
    bool between_rows() noexcept;
    // The text begins where that of `before` ended, between two rows: takes over names, place, and
    // the memory in which rows are made.
    void follow(csv_engine& before);
    // Takes the memory of an index that is not needed any more. `spent` is to be destroyed, or
    // assigned to; it may be one that has been moved from.
    void reuse_index_of(csv_engine& spent) noexcept;

    // The names of the columns, known once a row has been handed out or the text has ended.
    std::span<const std::string> names() const noexcept;
    // The header, once the text has ended; not known if there is none.
    csv_header header() const;
    const csv::options& options() const noexcept;

private:
    std::unique_ptr<csv_reader> reader_;
};

} // namespace simul::detail
