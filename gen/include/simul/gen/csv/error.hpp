#pragma once

/// \file
/// The error of the CSV readers.

#include <simul/loop/config.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace simul::csv {

/// Where in a text something is. Lines and columns count from 1, the offset from 0; columns and
/// offset count bytes, and a byte order mark belongs to the offset only.
struct position {
    std::uint64_t line = 1;
    std::uint64_t column = 1;
    std::uint64_t offset = 0;
};

/// What is wrong with a CSV text, and where. It is thrown after every row before it was delivered.
///
///     catch (const simul::csv::error& e) { std::puts(e.what()); }
///     // list.csv:12:7: text after a closing quote
class SIMUL_API error : public std::runtime_error {
public:
    error(std::string_view source, const position& where, std::string_view problem);
    error(const error&) = default;
    error& operator=(const error&) = default;
    ~error() override;

    /// The path of the file, or a name for what else was read.
    const std::string& source() const noexcept { return source_; }
    std::uint64_t line() const noexcept { return where_.line; }
    /// In bytes from the start of the line; the first is 1.
    std::uint64_t column() const noexcept { return where_.column; }
    /// In bytes from the start of the text; the first is 0.
    std::uint64_t offset() const noexcept { return where_.offset; }

private:
    std::string source_;
    position where_;
};

} // namespace simul::csv
