// What csv_stats keeps of a column: a few numbers, however many rows there are.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Characters of UTF-8 text: every byte that does not continue one.
inline std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

inline std::optional<double> to_number(std::string_view cell) {
    // Most text is told from a number by its first character.
    if (cell.empty() || cell.front() > '9') return std::nullopt;
    double value = 0;
    const char* const end = cell.data() + cell.size();
    const auto parsed = std::from_chars(cell.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(value))
        return std::nullopt; // "-inf" is a word here, and 1e999 no number that can be summed up
    return value;
}

class column_stats {
public:
    column_stats(std::string name, std::size_t index) : name_(std::move(name)), index_(index) {}

    void add(std::string_view cell) {
        if (cell.empty()) {
            ++empty_;
            return;
        }
        ++count_;
        // A text has no more characters than bytes: most cells need no counting.
        if (cell.size() > longest_) longest_ = std::max(longest_, characters(cell));
        if (const auto number = to_number(cell)) {
            min_ = numbers_ == 0 ? *number : std::min(min_, *number);
            max_ = numbers_ == 0 ? *number : std::max(max_, *number);
            sum_ += *number;
            ++numbers_;
        }
    }

    const std::string& name() const { return name_; }
    std::size_t index() const { return index_; }   // in the row, from 0
    std::uint64_t count() const { return count_; } // cells that are not empty
    std::uint64_t empty() const { return empty_; }
    std::uint64_t numbers() const { return numbers_; }
    std::size_t longest() const { return longest_; } // in characters

    // Of the cells that are numbers; only with at least one of them.
    double min() const { return min_; }
    double max() const { return max_; }
    double mean() const { return static_cast<double>(sum_ / static_cast<long double>(numbers_)); }

private:
    std::string name_;
    std::size_t index_;
    std::uint64_t count_ = 0;
    std::uint64_t empty_ = 0;
    std::uint64_t numbers_ = 0;
    std::size_t longest_ = 0;
    double min_ = 0;
    double max_ = 0;
    long double sum_ = 0; // more digits than a double: a billion summands lose nothing that shows
};
