#pragma once

/// \file
/// How a type of the program's own is read from a CSV field and written to one.

namespace simul::csv {

/// To be specialised for a type that `row::get`, `rows_as` and `writer` do not know. It has any of
/// these static members:
///
///     template <>
///     struct simul::csv::field_format<money> {
///         static std::optional<money> read(std::string_view text);        // nullopt: it is none
///         static void write(std::string& out, const money& value);        // appends the text
///         static constexpr const char* what = "an amount of money";       // for error messages
///     };
///
/// or, for an enumeration and the like, the names of its values, which serve both ways:
///
///     template <>
///     struct simul::csv::field_format<stage> {
///         static constexpr std::pair<const char*, stage> values[] = {
///             {"seed", stage::seed}, {"a", stage::a}};
///     };
///
/// `read` gets the field without its quotes, and `write` need not care for any: a field is quoted
/// where it must be. What they throw leaves `get` and `write_row` as it is.
template <class T>
struct field_format {};

} // namespace simul::csv
