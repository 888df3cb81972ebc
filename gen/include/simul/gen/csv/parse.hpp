#pragma once

/// \file
/// CSV text that is in memory already, as a generator of rows.

#include <simul/gen/csv/options.hpp>
#include <simul/gen/csv/row.hpp>
#include <simul/gen/detail/csv_engine.hpp>
#include <simul/gen/generator.hpp>

#include <concepts>
#include <memory>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace simul::detail {

// `Text` is a view, or a text to keep. Leaves the header in `header`, if there is one, when the
// text has ended.
template <class Text>
generator<csv::row> parse_csv(Text text, csv::options how,
                              std::shared_ptr<csv_header> header = nullptr) {
    csv_engine engine(how, "csv");
    engine.borrow(text);
    for (std::span<csv::row> rows = engine.batch(); !rows.empty(); rows = engine.batch()) {
        for (csv::row& row : rows) co_yield row;
    }
    if (header) *header = engine.header();
}

template <class Text>
concept temporary_text =
    !std::is_lvalue_reference_v<Text> && std::ranges::range<Text> &&
    !std::ranges::borrowed_range<Text> && std::convertible_to<Text&, std::string_view>;

// What a generator holds of a text that it is given.
template <class Text>
using kept_text =
    std::conditional_t<temporary_text<Text>, std::remove_const_t<Text>, std::string_view>;

} // namespace simul::detail

namespace simul::csv {

/// The rows of a CSV text in memory. The text is read where it is and must outlive the generator;
/// a temporary, such as a `std::string`, is moved into it. A row is valid until the next one is
/// asked for.
///
///     for (simul::csv::row& row : simul::csv::parse("a,b\n1,2\n", {.header = true})) {
///         sum += row.get<int>("b");
///     }
///
/// Throws `std::invalid_argument` when the options contradict each other, and from the generator
/// `csv::error` after every row before the fault; the text is called `csv` there.
inline generator<row> parse(std::string_view text, const options& o = {}) {
    validate(o);
    return detail::parse_csv<std::string_view>(text, o);
}

template <detail::temporary_text Text>
generator<row> parse(Text&& text, const options& o = {}) {
    validate(o);
    return detail::parse_csv<detail::kept_text<Text>>(std::forward<Text>(text), o);
}

} // namespace simul::csv
