#pragma once

/// \file
/// Which columns of a CSV text the members of a struct belong to.

#include <simul/gen/csv/row.hpp>
#include <simul/gen/detail/csv_header.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace simul::detail {

struct no_columns {};

template <class T>
constexpr auto declared_columns() {
    if constexpr (requires { T::csv_columns; }) {
        return T::csv_columns;
    } else {
        return no_columns{};
    }
}

} // namespace simul::detail

namespace simul::csv {

/// A column by its name in the header, and the member that its fields go to. The name must outlive
/// it, as a literal does.
template <class Record, class Member>
struct column {
    using member_type = Member;

    constexpr column(std::string_view called, Member Record::* to) noexcept
        : name(called), member(to) {}

    std::string_view name;
    Member Record::* member;
};

/// The columns of a struct, in the order in which they are written. It stands in the struct, after
/// its members:
///
///     struct company {
///         std::string name;
///         std::optional<int> employees;
///         double raised = 0;
///
///         static constexpr auto csv_columns = simul::csv::columns(
///             simul::csv::column("company", &company::name),
///             simul::csv::column("numEmps", &company::employees),
///             simul::csv::column("raisedAmt", &company::raised));
///     };
template <class... Record, class... Member>
constexpr std::tuple<column<Record, Member>...> columns(column<Record, Member>... all) noexcept {
    static_assert(sizeof...(all) != 0, "simul::csv::columns() needs at least one column");
    return std::tuple<column<Record, Member>...>(all...);
}

/// The columns of T: those that it declares itself. For a struct that cannot, it is specialised:
///
///     template <>
///     inline constexpr auto simul::csv::columns_of<point> = simul::csv::columns(
///         simul::csv::column("x", &point::x), simul::csv::column("y", &point::y));
template <class T>
inline constexpr auto columns_of = detail::declared_columns<T>();

} // namespace simul::csv

namespace simul::detail {

/// A struct with columns.
template <class T>
concept csv_record = !std::same_as<std::remove_cv_t<decltype(csv::columns_of<T>)>, no_columns>;

/// A record from a row, column by column; finds each column in the header once.
template <class T>
class csv_binding {
    static_assert(csv_record<T>, "T has no columns: give it a member csv_columns, or specialise "
                                 "simul::csv::columns_of<T> (see simul/gen/csv/columns.hpp)");
    static_assert(std::default_initializable<T>, "a record must have a default constructor");

public:
    // At the end of a text: throws csv::error if it had a header, without all columns, and no row
    // that would have said so.
    void finish(const csv_header& header) const {
        if (bound_ || !header.known) return;
        std::apply(
            [&](const auto&... column) {
                const auto find = [&](std::string_view name) {
                    if (std::ranges::find(header.names, name) == header.names.end())
                        header.no_column(name);
                };
                (find(column.name), ...);
            },
            csv::columns_of<T>);
    }

    void read(const csv::row& from, T& into) {
        if (!bound_) bind(from);
        std::apply(
            [&](const auto&... column) {
                std::size_t i = 0;
                (set(from, into, column, places_[i++]), ...);
            },
            csv::columns_of<T>);
    }

private:
    static constexpr std::size_t count =
        std::tuple_size_v<std::remove_cv_t<decltype(csv::columns_of<T>)>>;

    void bind(const csv::row& row) {
        const std::span<const std::string> names = row.names();
        std::apply(
            [&](const auto&... column) {
                std::size_t i = 0;
                const auto find = [&](std::string_view name) {
                    const auto found = std::ranges::find(names, name);
                    if (found == names.end()) (void)row[name]; // throws
                    places_[i++] = static_cast<std::size_t>(found - names.begin());
                };
                (find(column.name), ...);
            },
            csv::columns_of<T>);
        bound_ = true;
    }

    template <class Column>
    static void set(const csv::row& from, T& into, const Column& column, std::size_t place) {
        if (place >= from.size()) [[unlikely]]
            (void)from[column.name]; // throws
        into.*column.member = from.get<typename Column::member_type>(place);
    }

    std::array<std::size_t, count> places_{};
    bool bound_ = false;
};

} // namespace simul::detail
