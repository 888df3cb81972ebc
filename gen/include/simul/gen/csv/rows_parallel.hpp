#pragma once

/// \file
/// The rows of one large CSV file, for machines with several cores.

#include <simul/gen/async_generator.hpp>
#include <simul/gen/csv/options.hpp>
#include <simul/gen/csv/row.hpp>
#include <simul/loop/config.hpp>

#include <cstddef>
#include <filesystem>
#include <utility>

namespace simul {
namespace csv {

/// How `rows_parallel` goes about it. A plain aggregate.
struct parallel_options {
    /// How many parts of the file are read at once, 1024 at most; 0 for one per core.
    std::size_t threads = 0;
    /// The size of a part in bytes.
    std::size_t part_size = 2U << 20;
};

} // namespace csv

namespace detail {

SIMUL_API async_generator<csv::row> read_parallel(std::filesystem::path path, csv::options how,
                                                  csv::parallel_options extra);

} // namespace detail

namespace csv {

/// The same rows as those of `rows(path, how)`, in the same order, with the same errors. The file
/// is read and searched for rows and fields by the threads of `to_thread`, a part each, so that
/// little more than the work of the caller is left to the loop's thread. That gains something where
/// there are cores to spare and the file is in the page cache, or on a disk that is faster than
/// one core.
///
/// Where a part begins no one can know before all text in front of it has been read: a newline may
/// be a part of a quoted field. A guess is made, which is right for almost any file; it is checked,
/// and a part with a wrong one is read again, by the loop's thread. So it is right for every
/// dialect, but slower than `rows` for a text that means to mislead.
///
/// Memory is `threads` + 2 parts, each with an index that takes four bytes for each field; for
/// quoted fields that have quotes in them there is room for one part's unquoted text. All of it is
/// used again and again. What is no regular file, is compressed, or has only a part is read as by
/// `rows`. A generator that is dropped half way waits for parts that a thread is at, some
/// milliseconds.
///
/// \throws std::invalid_argument    here, for options that contradict each other.
///
///     auto rows = simul::csv::rows_parallel("large.csv", {.header = true});
///     while (auto row = co_await rows.next()) ...
[[nodiscard]] inline async_generator<row>
rows_parallel(std::filesystem::path path, options how = {}, parallel_options extra = {}) {
    validate(how);
    return detail::read_parallel(std::move(path), how, extra);
}

} // namespace csv
} // namespace simul
