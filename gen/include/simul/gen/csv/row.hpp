#pragma once

/// \file
/// One row of a CSV text: its fields by position and by name, as text and as numbers.

#include <simul/gen/csv/error.hpp>
#include <simul/gen/detail/csv_convert.hpp>
#include <simul/gen/detail/csv_window.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace simul::csv {

/// A view of one row. It is cheap to copy, and valid, with every `string_view` it hands out, until
/// the reader is asked for the next row. A quoted field is unquoted when it is asked for.
///
///     std::string_view city = row["city"];
///     double amount = row.get<double>("raisedAmt");
///     for (std::string_view field : row) ...
///
/// Functions that take a position or a name throw when the row has no such field.
class row {
public:
    class iterator;
    using value_type = std::string_view;

    /// An empty row that belongs to no text; all that can be asked of it is its size, which is 0.
    row() = default;

    /// The number of fields.
    std::size_t size() const noexcept { return count_; }
    bool empty() const noexcept { return count_ == 0; }

    /// The field at position `i`, from 0. Throws `std::out_of_range` that tells line and column.
    std::string_view at(std::size_t i) const {
        if (i >= count_) [[unlikely]]
            window_->no_field(*this, i);
        return field(i);
    }
    /// The same as `at`: rows of a file may differ in length, so this is checked, too.
    std::string_view operator[](std::size_t i) const { return at(i); }
    /// The field in the column of that name. Throws `csv::error`, with line and name, when the
    /// header has no such column or the row is too short to reach it.
    ///
    ///     if (row["round"] == "a") ...
    std::string_view operator[](std::string_view name) const { return field(index_of(name)); }
    std::string_view at(std::string_view name) const { return field(index_of(name)); }

    /// The field as it stands in the text: with its quotes, escapes and surrounding blanks.
    ///
    ///     out += row.raw(2); // what was quoted stays quoted
    std::string_view raw(std::size_t i) const {
        if (i >= count_) [[unlikely]]
            window_->no_field(*this, i);
        const std::uint32_t begin = field_begin(i);
        return {window_->text + begin, detail::csv_end::position(ends_[i]) - begin};
    }
    std::string_view raw(std::string_view name) const { return raw(index_of(name)); }

    /// Whether the header has the column and the row reaches it.
    bool contains(std::string_view name) const {
        const std::optional<std::size_t> i = window_ ? window_->column(name) : std::nullopt;
        return i && *i < count_;
    }

    /// The field as a `T`: an integer, a floating-point number, `bool` (true, false, 1, 0), `char`,
    /// `std::string`, `std::string_view`, a date (`std::chrono::sys_days` or `year_month_day`, from
    /// 2001-12-31), a type with a `field_format`, or a `std::optional` of one of these, which is
    /// empty when the field is. The whole field must be the number, read as by `std::from_chars`:
    /// no blanks, no plus sign. Throws `csv::error` with line, column and the offending text when
    /// it is not, and what `at` and `operator[]` throw.
    ///
    ///     auto workers = row.get<std::optional<int>>("numEmps");
    template <class T>
    T get(std::size_t i) const {
        if (i >= count_) [[unlikely]]
            window_->no_field(*this, i);
        return convert<T>(i);
    }
    template <class T>
    T get(std::string_view name) const {
        return convert<T>(index_of(name));
    }

    iterator begin() const noexcept;
    iterator end() const noexcept;
    /// The fields as a range of `std::string_view`.
    auto fields() const noexcept;

    /// The names of the columns; none unless `options::header` is set. They live as long as the
    /// reader; of several files, until the first row of the next one.
    std::span<const std::string> names() const noexcept {
        return window_ ? window_->names() : std::span<const std::string>();
    }

    /// The path of the file that the row is from, or a name for what else is read.
    std::string_view source() const noexcept { return window_->source(); }
    /// The line on which the row begins, from 1.
    std::uint64_t line() const { return window_->line(begin_); }
    /// Where the row begins, in bytes from the start of the text.
    std::uint64_t offset() const noexcept { return window_->offset(begin_); }
    /// The row as it stands in the text, quotes and all, without its line end.
    std::string_view text() const noexcept {
        if (count_ == 0) return {};
        return {window_->text + begin_, detail::csv_end::position(ends_[count_ - 1]) - begin_};
    }

    /// For the reader: a row that begins at `begin`, and the positions behind its fields.
    row(const detail::csv_window* window, const std::uint32_t* ends, std::uint32_t count,
        std::uint32_t begin) noexcept
        : window_(window), ends_(ends), count_(count), begin_(begin) {}

private:
    friend struct detail::csv_window;

    std::uint32_t field_begin(std::size_t i) const noexcept {
        return i == 0 ? begin_ : detail::csv_end::position(ends_[i - 1]) + 1;
    }
    std::string_view field(std::size_t i) const { return window_->field(field_begin(i), ends_[i]); }
    std::size_t index_of(std::string_view name) const {
        const std::optional<std::size_t> i = window_->column(name);
        if (!i || *i >= count_) [[unlikely]]
            window_->no_column(*this, name);
        return *i;
    }
    template <class T>
    T convert(std::size_t i) const;

    const detail::csv_window* window_ = nullptr;
    const std::uint32_t* ends_ = nullptr;
    std::uint32_t count_ = 0;
    std::uint32_t begin_ = 0;
};

/// Walks over the fields of a row. Its elements are values: a `string_view` each.
class row::iterator {
public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using reference = std::string_view;

    iterator() = default;

    std::string_view operator*() const {
        const std::uint32_t end = *end_;
        if (plain_) return {text_ + begin_, end - begin_};
        if (((end | marks_) & detail::csv_end::mark) != 0) [[unlikely]]
            return window_->cooked(begin_, detail::csv_end::position(end));
        return detail::csv_window::unquoted(text_, begin_, end, quote_);
    }
    iterator& operator++() noexcept {
        begin_ = detail::csv_end::position(*end_) + 1;
        ++end_;
        return *this;
    }
    iterator operator++(int) noexcept {
        iterator old = *this;
        ++*this;
        return old;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
        return a.end_ == b.end_;
    }
    friend difference_type operator-(const iterator& a, const iterator& b) noexcept {
        return a.end_ - b.end_;
    }

private:
    friend class row;
    iterator(const detail::csv_window* window, const std::uint32_t* end,
             std::uint32_t begin) noexcept
        : window_(window), text_(window->text), end_(end), begin_(begin), marks_(window->marks),
          quote_(window->quote), plain_(window->plain) {}
    explicit iterator(const std::uint32_t* end) noexcept : end_(end) {}

    // Copies of what the window holds: behind a call that may change it, a compiler would have to
    // load it again for every field.
    const detail::csv_window* window_ = nullptr;
    const char* text_ = nullptr;
    const std::uint32_t* end_ = nullptr;
    std::uint32_t begin_ = 0;
    std::uint32_t marks_ = 0;
    int quote_ = -1;
    bool plain_ = false;
};

inline row::iterator row::begin() const noexcept {
    return window_ != nullptr ? iterator(window_, ends_, begin_) : iterator(ends_);
}
inline row::iterator row::end() const noexcept { return iterator(ends_ + count_); }
inline auto row::fields() const noexcept { return std::ranges::subrange(begin(), end()); }

template <class T>
T row::convert(std::size_t i) const {
    const std::string_view text = field(i);
    if constexpr (detail::is_optional<T>) {
        if (text.empty()) return std::nullopt;
        return T(convert<typename T::value_type>(i));
    } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
        return T(text);
    } else {
        static_assert(detail::csv_readable<T>,
                      "row::get<T>: T must be a number, bool, char, std::string, "
                      "std::string_view, a date, a type that simul::csv::field_format is "
                      "specialised for, or a std::optional of one of these");
        std::optional<T> value = detail::csv_read<T>(text);
        if (!value) [[unlikely]]
            window_->bad_field(*this, i, detail::csv_wanted<T>().c_str());
        return *std::move(value);
    }
}

} // namespace simul::csv
