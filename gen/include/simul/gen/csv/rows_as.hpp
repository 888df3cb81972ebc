#pragma once

/// \file
/// The rows of a CSV text as structs.

#include <simul/gen/async_generator.hpp>
#include <simul/gen/batch.hpp>
#include <simul/gen/csv/columns.hpp>
#include <simul/gen/csv/options.hpp>
#include <simul/gen/csv/parse.hpp>
#include <simul/gen/csv/row.hpp>
#include <simul/gen/csv/rows.hpp>
#include <simul/gen/csv/rows_of_files.hpp>
#include <simul/gen/generator.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace simul {
namespace detail {

template <class T>
async_generator<T> convert_rows(async_generator<csv::row> from,
                                std::shared_ptr<const csv_header> header) {
    co_await only_destructors();
    // A coroutine's parameters live as long as the generator; a file is to be closed at its end.
    async_generator<csv::row> rows(std::move(from));
    csv_binding<T> binding;
    std::vector<T> records;
    for (;;) {
        auto next = rows.next();
        // Waiting for more rows ends the life of those that the records may look into.
        if (!records.empty() && !next.await_ready()) {
            co_yield batch(records);
            records.clear();
        }
        const csv::row* const row = co_await next;
        if (row == nullptr) {
            if (header) binding.finish(*header);
            break;
        }
        std::exception_ptr error;
        try {
            binding.read(*row, records.emplace_back());
        } catch (...) {
            error = std::current_exception();
        }
        if (error) {
            records.pop_back();
            if (!records.empty()) co_yield batch(records);
            std::rethrow_exception(error);
        }
    }
}

template <class T>
generator<T> convert_parsed(generator<csv::row> rows, std::shared_ptr<const csv_header> header) {
    csv_binding<T> binding;
    for (const csv::row& row : rows) {
        T record{};
        binding.read(row, record);
        co_yield record;
    }
    binding.finish(*header);
}

} // namespace detail

namespace csv {

/// A `T` from a row of a text that is read with its header; see `columns`. Throws `csv::error`,
/// naming line and column, when the row has no such column or a field is no value of its member.
///
///     company c = simul::csv::row_as<company>(row);
template <class T>
T row_as(const row& from) {
    T record{};
    detail::csv_binding<T>().read(from, record);
    return record;
}

/// The rows of a CSV file as structs with `columns`, found by their names in the header. `from` is
/// whatever `rows` takes, and the option `header` is set for it; or it is a generator of rows, as
/// from `rows`, whose option `header` must be set. A struct is the generator's own and may be moved
/// from; it is valid until the next `next()`, as is what its `string_view`s look at. A member that
/// belongs to no column has its default value.
///
/// The first row throws `csv::error` when the header lacks a column, and so does the end of a text
/// that has a header but no rows, unless `from` is a generator. So does each row that is too short
/// for one or that has a field which is no value of its member, after all rows before it were
/// handed out. That ends the sequence: to go on, read `rows` and use `row_as`.
///
///     auto companies = simul::csv::rows_as<company>("companies.csv");
///     while (company* c = co_await companies.next()) sum += c->raised;
template <class T, class From>
    requires(!std::same_as<std::remove_cvref_t<From>, async_generator<row>>)
[[nodiscard]] async_generator<T> rows_as(From&& from, options how = {}) {
    how.header = true;
    auto header = std::make_shared<detail::csv_header>();
    auto all = detail::read_csv(std::forward<From>(from), how, header);
    return detail::convert_rows<T>(std::move(all), std::move(header));
}
template <class T>
[[nodiscard]] async_generator<T> rows_as(async_generator<row> from) {
    return detail::convert_rows<T>(std::move(from), nullptr);
}

/// The same for a text in memory, which is taken as by `parse`.
///
///     for (const point& p : simul::csv::parse_as<point>("x,y\n1,2\n")) ...
template <class T, class Text>
generator<T> parse_as(Text&& text, options how = {}) {
    how.header = true;
    csv::validate(how);
    auto header = std::make_shared<detail::csv_header>();
    auto all = detail::parse_csv<detail::kept_text<Text>>(std::forward<Text>(text), how, header);
    return detail::convert_parsed<T>(std::move(all), std::move(header));
}

} // namespace csv
} // namespace simul
