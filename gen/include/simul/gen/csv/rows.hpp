#pragma once

#include <simul/gen/async_generator.hpp>
#include <simul/gen/csv/error.hpp>
#include <simul/gen/csv/options.hpp>
#include <simul/gen/csv/row.hpp>
#include <simul/gen/detail/chunk_source.hpp>
#include <simul/gen/detail/csv_engine.hpp>
#include <simul/loop/config.hpp>

#include <filesystem>
#include <memory>
#include <utility>

namespace simul {
namespace detail {

// Leaves the header in `header`, if there is one, when the text has ended.
SIMUL_API async_generator<csv::row> read_rows(std::unique_ptr<chunk_source> from, csv_engine with,
                                              std::shared_ptr<csv_header> header);

inline async_generator<csv::row> read_csv(std::unique_ptr<chunk_source> from,
                                          const csv::options& how,
                                          std::shared_ptr<csv_header> header) {
    csv_engine engine(how, from->name());
    return read_rows(std::move(from), std::move(engine), std::move(header));
}
inline async_generator<csv::row> read_csv(const std::filesystem::path& path,
                                          const csv::options& how,
                                          std::shared_ptr<csv_header> header = nullptr) {
    return read_csv(open_text(path, how.chunk_size), how, std::move(header));
}
template <byte_stream Stream>
async_generator<csv::row> read_csv(Stream&& stream, const csv::options& how,
                                   std::shared_ptr<csv_header> header = nullptr) {
    return read_csv(text_of<Stream>(std::forward<Stream>(stream), how.chunk_size), how,
                    std::move(header));
}

} // namespace detail

namespace csv {

/// The rows of a CSV file (RFC 4180: quoted fields may hold delimiters, doubled quotes and line
/// breaks). The file is never in memory, only a few chunks of it and the longest row; a row and all
/// that it hands out are valid until the next `next()`. See `csv::options` for dialects.
///
/// The file is opened at the first `next()`, which throws a `std::system_error` naming the path
/// when that fails, as any `next()` does when reading fails.
///
/// \throws csv::error               at `next()`, with path, line and column, for text that is no
/// CSV of
///                                  this dialect, when all rows before it have been handed out.
/// \throws std::invalid_argument    here, for options that contradict each other.
///
///     auto rows = simul::csv::rows("companies.csv", {.header = true});
///     while (auto row = co_await rows.next()) sum += row->get<double>("raisedAmt");
[[nodiscard]] inline async_generator<row> rows(const std::filesystem::path& path,
                                               options how = {}) {
    return detail::read_csv(path, how);
}

/// The rows of an open file, from where it stands, or of any other byte stream. A temporary or
/// moved stream is kept, a named one is referred to and must live as long as its rows are read.
/// A file that is kept is read ahead; one that is referred to always stands behind the last chunk
/// that was read.
template <byte_stream Stream>
[[nodiscard]] async_generator<row> rows(Stream&& stream, options how = {}) {
    return detail::read_csv(std::forward<Stream>(stream), how);
}

} // namespace csv
} // namespace simul
