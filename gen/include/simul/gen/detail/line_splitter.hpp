#pragma once

#include <simul/gen/detail/isa.hpp>
#include <simul/gen/line_options.hpp>
#include <simul/loop/config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace simul::detail {

// Turns bytes into lines. It reads nothing itself; whoever has the bytes, a chunk_source, drives
// it:
//
//     while (!splitter.done()) {
//         if (auto found = splitter.batch(); !found.empty()) { hand out; continue; }
//         if (!splitter.done()) splitter.take(co_await source.next(splitter.rest()));
//     }
//
// Lines are views of the text they were found in; only the beginning of one that goes on in the
// next chunk is copied there, by the source. They are valid until the next call of any of these.
class SIMUL_API line_splitter {
public:
    // Few enough that a batch stays in the first-level cache.
    static constexpr std::size_t most_per_batch = 512;

    // `source` names the text in errors. Throws std::invalid_argument for a chunk size of zero.
    line_splitter(const line_options& options, std::string source, isa instructions = isa::best);
    line_splitter(line_splitter&&) noexcept;
    ~line_splitter();

    // The lines found next, `most` of them at most, or none when more bytes are needed or the text
    // has ended. Throws a line_error for a line that is too long, when those before it have been
    // handed out.
    std::span<std::string_view> batch(std::size_t most = most_per_batch);
    [[nodiscard]] bool done() const noexcept { return finished_ && begin_ == end_; }

    // What is left over when batch() has nothing left: the beginning of a line.
    [[nodiscard]] std::span<char> rest() noexcept { return {text_ + begin_, end_ - begin_}; }
    // Goes on in `text`, which begins with a copy of rest(); if there is nothing else in it no more
    // bytes will come. The byte before it can be written, and 64 behind it can be read.
    void take(std::span<char> text) noexcept;

private:
    struct findings;

    bool skip_byte_order_mark() noexcept;
    void skip_second_half() noexcept;
    void scan();
    template <bool LoneCr>
    std::size_t build(std::size_t most) noexcept;
    void check_length(std::size_t size) const;

    line_options options_;
    std::string source_;
    std::unique_ptr<findings> found_;
    char* text_ = nullptr;
    std::size_t begin_ = 0;   // of the first line that was not handed out
    std::size_t scanned_ = 0; // the line ends up to here have been found
    std::size_t end_ = 0;
    std::uint64_t lines_ = 0;  // handed out
    std::uint64_t offset_ = 0; // of text_ in the whole text
    bool finished_ = false;
    bool started_ = false;
    bool after_cr_ = false;    // the scan has just passed a CR that ends a line
    bool second_half_ = false; // a CR ended the last line: a LF at begin_ belongs to it
};

} // namespace simul::detail
