#pragma once

#include <simul/loop/config.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace simul {

/// A line that `lines` cannot hand out, because it is longer than `line_options::max_line`. All
/// lines before it have been handed out. The message reads "log.txt:12: ...".
class SIMUL_API line_error : public std::runtime_error {
public:
    line_error(const std::string& source, std::uint64_t line, std::uint64_t offset,
               const std::string& what);
    ~line_error() override;

    /// The line's number, from 1.
    [[nodiscard]] std::uint64_t line() const noexcept { return line_; }
    /// Where the line begins, in bytes from the beginning of the text.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

private:
    std::uint64_t line_;
    std::uint64_t offset_;
};

} // namespace simul
