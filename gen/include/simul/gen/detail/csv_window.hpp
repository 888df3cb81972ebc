#pragma once

#include <simul/gen/csv/error.hpp>
#include <simul/loop/config.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace simul::csv {
class row;
}

namespace simul::detail {

struct csv_reader;

// Where a field ends; the top bit says that there is more to do than to take off its quotes.
struct csv_end {
    static constexpr std::uint32_t mark = std::uint32_t{1} << 31U;
    static constexpr std::uint32_t position(std::uint32_t end) noexcept { return end & ~mark; }
};

// The part of the text that the rows of a batch look at. Offsets in rows count from `text`, and
// the byte behind the last field is always readable.
struct csv_window {
    const char* text = nullptr;
    int quote = -1;
    bool plain = false;      // no field here is quoted, or has anything to be done with it
    std::uint32_t marks = 0; // csv_end::mark if there is more to do with every field
    csv_reader* reader = nullptr;

    std::string_view field(std::uint32_t begin, std::uint32_t end) const {
        if (plain) return {text + begin, end - begin};
        if (((end | marks) & csv_end::mark) != 0) [[unlikely]] {
            return cooked(begin, csv_end::position(end));
        }
        return unquoted(text, begin, end, quote);
    }
    // Without a branch on the quote, which nobody can predict where only some fields have one.
    static std::string_view unquoted(const char* text, std::uint32_t begin, std::uint32_t end,
                                     int quote) noexcept {
        const char* first = text + begin;
        const std::size_t quoted = static_cast<unsigned char>(*first) == quote ? 1 : 0;
        return {first + quoted, end - begin - 2 * quoted};
    }

    // The field without its quotes, escapes and surrounding blanks; stored in the reader if it
    // is not a part of the text. Always the same place for the same field.
    SIMUL_API std::string_view cooked(std::uint32_t begin, std::uint32_t end) const;
    SIMUL_API std::optional<std::size_t> column(std::string_view name) const;
    SIMUL_API std::span<const std::string> names() const noexcept;
    SIMUL_API std::string_view source() const noexcept;
    SIMUL_API csv::position locate(std::uint32_t at) const;
    SIMUL_API std::uint64_t line(std::uint32_t at) const;
    SIMUL_API std::uint64_t offset(std::uint32_t at) const noexcept;

    [[noreturn]] SIMUL_API void no_field(const csv::row& row, std::size_t index) const;
    [[noreturn]] SIMUL_API void no_column(const csv::row& row, std::string_view name) const;
    // `index` is the field, `wanted` says what its text should have been.
    [[noreturn]] SIMUL_API void bad_field(const csv::row& row, std::size_t index,
                                          const char* wanted) const;
};

} // namespace simul::detail
