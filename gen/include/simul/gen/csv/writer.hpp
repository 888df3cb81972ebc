#pragma once

/// \file
/// CSV files, written.

#include <simul/coro/fs.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/byte_sink.hpp>
#include <simul/gen/csv/columns.hpp>
#include <simul/gen/csv/options.hpp>
#include <simul/gen/detail/csv_write.hpp>
#include <simul/gen/detail/write_buffer.hpp>

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace simul::csv {

/// What a writer decides that a reader need not know. A plain aggregate.
struct writer_options {
    /// Every field stands in quotes, and not only those that must.
    bool quote_all = false;
    /// Rows end with CRLF, as RFC 4180 has it, and not with LF alone.
    bool crlf = false;
    /// The columns' names come before the first record, if that is the first row.
    bool header = true;
    /// How many bytes are collected before they are written. Memory is twice that and a row.
    std::size_t buffer_size = 256U << 10;
};

/// Writes rows that a reader with the same `options` reads back byte for byte, whatever the bytes
/// are. Fields are quoted only where they must be, unless `writer_options::quote_all` is set. What
/// the dialect cannot express, as a delimiter in a field without quotes and escapes, throws
/// `std::invalid_argument`, and nothing of that row is written.
///
///     auto out = co_await simul::csv::writer::open("list.csv");
///     co_await out.write_row("company", "raised");
///     co_await out.write_row("Brooklyn, Inc", 2.5e6);
///     co_await out.close();                            // reports errors
///
/// A row is formatted at once, by the call itself; the `co_await` goes on without suspending while
/// the buffer has room. A full buffer is written in the background and the next one filled; when
/// that is full too, the `co_await` waits. Rows of several tasks do not mix. What writing fails
/// with is thrown by whichever call comes next, and by every later one.
///
/// Only `close` writes the rest and says whether all went well. A writer that is dropped without
/// it, also by an exception or a cancel, loses what has not been written, and logs how much that
/// was. A cancel while a `co_await` waits for room loses nothing by itself.
///
/// Numbers are written so that they are read back as the same, dates as in 2001-12-31, an empty
/// `std::optional` as an empty field; types of the program's own have a `field_format`.
class writer {
public:
    /// Opens or makes a file, which is emptied. `options` are those of the reader.
    ///
    /// \throws std::system_error        at the `co_await`, when the file cannot be opened.
    /// \throws std::invalid_argument    here, for options that contradict each other.
    [[nodiscard]] static task<writer> open(std::filesystem::path path, options how = {},
                                           writer_options extra = {}) {
        return open_file(std::move(path), detail::csv_format(how, extra.quote_all, extra.crlf),
                         extra);
    }

    /// Writes to an open file, from where it stands, or to any other byte sink. A temporary or
    /// moved sink is kept, and closed by `close`; a named one is referred to, must live longer than
    /// the writer, and is left open.
    template <byte_sink Sink>
        requires(!std::same_as<std::remove_cvref_t<Sink>, writer>)
    explicit writer(Sink&& sink, options how = {}, writer_options extra = {})
        : writer(std::make_unique<detail::sink_of<Sink>>(std::forward<Sink>(sink)),
                 detail::csv_format(how, extra.quote_all, extra.crlf), extra) {}

    writer(writer&&) noexcept = default;
    writer& operator=(writer&& other) noexcept {
        writer(std::move(other)).swap(*this);
        return *this;
    }
    ~writer() {
        if (state_) state_->buffer->abandon();
    }

    void swap(writer& other) noexcept { state_.swap(other.state_); }

    /// A row of these fields: text, numbers, `bool`, `char`, dates, `std::optional`s and types with
    /// a `field_format`.
    template <detail::csv_field... Fields>
    detail::buffered_write write_row(const Fields&... fields) {
        return add_row([&](detail::csv_row_format& row) { (row.add(fields), ...); });
    }

    /// A row of a range's fields: a vector, or a row that was read.
    template <std::ranges::input_range Fields>
        requires(detail::csv_field<std::remove_cvref_t<std::ranges::range_reference_t<Fields>>> &&
                 !detail::csv_text<std::remove_cvref_t<Fields>> &&
                 !detail::csv_record<std::remove_cvref_t<Fields>>)
    detail::buffered_write write(Fields&& fields) {
        return add_row([&](detail::csv_row_format& row) {
            for (auto&& field : fields) row.add(field);
        });
    }

    /// A row of a struct with `columns`; before the first, the header, see
    /// `writer_options::header`.
    template <detail::csv_record Record>
    detail::buffered_write write(const Record& record) {
        if (state_->at_start && state_->header) (void)write_header<Record>();
        return add_row([&](detail::csv_row_format& row) {
            std::apply([&](const auto&... column) { (row.add(record.*column.member), ...); },
                       columns_of<Record>);
        });
    }

    /// A row of the names of a struct's columns, for a file that may come to hold no record.
    template <detail::csv_record Record>
    detail::buffered_write write_header() {
        return add_row([](detail::csv_row_format& row) {
            std::apply([&](const auto&... column) { (row.add(column.name), ...); },
                       columns_of<Record>);
        });
    }

    /// Returns when all rows so far have been written to the file or the sink.
    [[nodiscard]] task<> flush() { return state_->buffer->flush(); }

    /// Writes what is left, closes a file or sink that the writer owns, and reports what has gone
    /// wrong, now or before. Cancelled while it waits, it has neither written all nor closed
    /// anything; `co_await simul::shield(out.close())` goes through with it.
    [[nodiscard]] task<> close() { return state_->buffer->close(); }

private:
    struct parts {
        parts(std::unique_ptr<detail::any_sink> sink, const detail::csv_format& how,
              const writer_options& extra)
            : format(how),
              buffer(std::make_shared<detail::write_buffer>(std::move(sink), extra.buffer_size)),
              header(extra.header) {}

        detail::csv_format format;
        std::shared_ptr<detail::write_buffer> buffer;
        std::string scratch;
        bool header;
        bool at_start = true;
    };

    writer(std::unique_ptr<detail::any_sink> sink, const detail::csv_format& how,
           const writer_options& extra)
        : state_(std::make_unique<parts>(std::move(sink), how, extra)) {}

    static task<writer> open_file(std::filesystem::path path, detail::csv_format how,
                                  writer_options extra) {
        using fs::mode;
        fs::file file = co_await fs::open(path, mode::create | mode::write | mode::truncate);
        co_return writer(std::make_unique<detail::sink_of<fs::file>>(std::move(file)), how, extra);
    }

    template <class Add>
    detail::buffered_write add_row(Add add) {
        detail::csv_row_format row(state_->format, state_->buffer->text(), state_->scratch);
        add(row);
        row.finish();
        state_->at_start = false;
        return detail::buffered_write(*state_->buffer);
    }

    std::unique_ptr<parts> state_;
};

} // namespace simul::csv
