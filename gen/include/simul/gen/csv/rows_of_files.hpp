#pragma once

/// \file
/// The rows of several CSV files, one after the other.

#include <simul/coro/task.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/csv/options.hpp>
#include <simul/gen/csv/row.hpp>
#include <simul/gen/csv/rows.hpp>
#include <simul/loop/config.hpp>

#include <concepts>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <ranges>
#include <utility>
#include <vector>

namespace simul {
namespace detail {

using path_list = std::vector<std::filesystem::path>;

// Leaves the header that all of the files have in `header`, if there is one.
SIMUL_API async_generator<csv::row> read_files(task<path_list> find, csv::options how,
                                               std::shared_ptr<csv_header> header);
SIMUL_API task<path_list> list_of(path_list paths);

template <class Range>
concept range_of_paths =
    std::ranges::input_range<Range> && !std::convertible_to<Range, std::filesystem::path> &&
    std::convertible_to<std::ranges::range_reference_t<Range>, std::filesystem::path>;

inline async_generator<csv::row> read_csv(task<path_list> paths, const csv::options& how,
                                          std::shared_ptr<csv_header> header = nullptr) {
    csv::validate(how);
    return read_files(std::move(paths), how, std::move(header));
}
template <range_of_paths Paths>
async_generator<csv::row> read_csv(Paths&& paths, const csv::options& how,
                                   std::shared_ptr<csv_header> header = nullptr) {
    path_list all;
    for (auto&& path : paths) all.emplace_back(path);
    return read_csv(list_of(std::move(all)), how, std::move(header));
}

} // namespace detail

namespace csv {

/// The rows of several files of one dialect, in the order given, as if they were one; `row::source`
/// tells which file a row is from, and `line` and `offset` count from the beginning of that. With
/// `options::header` each file has one, and it must be the same in all files that are not
/// empty: otherwise a `csv::error`, which names both, comes in place of what follows the header. A
/// file is opened when all rows before it were handed out. All that is said of `rows` holds.
///
///     std::vector<std::filesystem::path> months{"january.csv", "february.csv"};
///     auto rows = simul::csv::rows(months, {.header = true});
template <detail::range_of_paths Paths>
[[nodiscard]] async_generator<row> rows(Paths&& paths, options how = {}) {
    return detail::read_csv(std::forward<Paths>(paths), how);
}
[[nodiscard]] inline async_generator<row> rows(std::initializer_list<std::filesystem::path> paths,
                                               options how = {}) {
    return rows(detail::path_list(paths), how);
}

/// The same for files that are looked for when the first row is asked for, which throws what the
/// task throws.
///
///     auto rows = simul::csv::rows(simul::glob("data/*.csv"), {.header = true});
[[nodiscard]] inline async_generator<row> rows(task<std::vector<std::filesystem::path>> paths,
                                               options how = {}) {
    return detail::read_csv(std::move(paths), how);
}

} // namespace csv
} // namespace simul
