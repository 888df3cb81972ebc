#pragma once

#include <simul/gen/csv/options.hpp>
#include <simul/gen/detail/csv_convert.hpp>
#include <simul/loop/config.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace simul::detail {

// How fields and rows are written so that a reader with the same options reads them back byte for
// byte: with quotes or escapes only where it would not do so without them, or always with quotes.
class SIMUL_API csv_format {
public:
    // Throws what csv::validate throws.
    csv_format(const csv::options& options, bool quote_all, bool crlf);

private:
    friend class csv_row_format;

    void field(std::string& out, std::string_view text, bool first) const;
    void delimiter(std::string& out) const;
    void end_row(std::string& out, std::size_t fields, bool empty) const;
    [[nodiscard]] bool must_be_quoted(std::string_view text, bool first) const;
    [[nodiscard]] bool is_special_start(std::string_view text, bool first) const;
    [[nodiscard]] bool needs_escape(char c) const {
        return special_[static_cast<unsigned char>(c)];
    }

    csv::options options_;
    bool quote_all_;
    bool crlf_;
    bool plain_numbers_; // no number, date or bool can need a quote
    // What ends an unquoted field, or changes its meaning, wherever it stands in it.
    std::array<bool, 256> special_{};
};

// Appends one row to a text. A row that is not finished is taken back.
class csv_row_format {
public:
    csv_row_format(const csv_format& how, std::string& out, std::string& scratch) noexcept
        : how_(how), out_(out), scratch_(scratch), begin_(out.size()) {}
    csv_row_format(const csv_row_format&) = delete;
    csv_row_format& operator=(const csv_row_format&) = delete;
    ~csv_row_format() {
        if (!finished_) [[unlikely]]
            out_.resize(begin_);
    }

    template <class T>
    void add(const T& value) {
        if constexpr (is_optional<T>) {
            value ? add(*value) : add(std::string_view());
        } else if constexpr (csv_text<T>) {
            if (fields_ != 0) how_.delimiter(out_);
            how_.field(out_, std::string_view(value), fields_++ == 0);
        } else if (csv_scalar<T> && !std::same_as<T, char> && how_.plain_numbers_) {
            if (fields_++ != 0) how_.delimiter(out_);
            csv_print(out_, value);
        } else {
            scratch_.clear();
            csv_print(scratch_, value);
            add(std::string_view(scratch_));
        }
    }

    void finish() {
        how_.end_row(out_, fields_, out_.size() == begin_);
        finished_ = true;
    }

private:
    const csv_format& how_;
    std::string& out_;
    std::string& scratch_;
    std::size_t begin_;
    std::size_t fields_ = 0;
    bool finished_ = false;
};

} // namespace simul::detail
