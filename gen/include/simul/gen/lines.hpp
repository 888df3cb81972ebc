#pragma once

#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/chunk_source.hpp>
#include <simul/gen/detail/line_splitter.hpp>
#include <simul/gen/line_error.hpp>
#include <simul/gen/line_options.hpp>
#include <simul/loop/config.hpp>

#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

namespace simul {
namespace detail {

SIMUL_API async_generator<std::string_view> split_lines(std::unique_ptr<chunk_source> from,
                                                        line_splitter with);

inline async_generator<std::string_view> split_lines(std::unique_ptr<chunk_source> from,
                                                     const line_options& options) {
    line_splitter splitter(options, from->name());
    return split_lines(std::move(from), std::move(splitter));
}

} // namespace detail

/// The lines of a file, without their ends (LF or CRLF, and a lone CR if `options.lone_cr` is set);
/// the last one need not have any. The file is never in memory, only a few chunks of it, and a line
/// is a view of that chunk: valid until the next `next()`. A leading UTF-8 byte order mark is
/// dropped; other bytes pass as they are.
///
/// The file is opened at the first `next()`, which throws a `std::system_error` naming the path
/// when that fails, as any `next()` does when reading fails. FIFOs, terminals and files of /proc
/// work.
///
/// \throws line_error               at `next()`, for a line longer than `options.max_line`.
/// \throws std::invalid_argument    here, for a chunk size of 0.
///
///     auto lines = simul::lines("log.txt");
///     while (auto line = co_await lines.next()) use(*line);
[[nodiscard]] inline async_generator<std::string_view> lines(const std::filesystem::path& path,
                                                             line_options options = {}) {
    return detail::split_lines(detail::open_text(path, options.chunk_size), options);
}

/// The lines of an open file, from where it stands, or of any other byte stream. A temporary or
/// moved stream is kept, a named one is referred to and must live as long as its lines are read.
/// A file that is kept is read ahead; one that is referred to always stands behind the last chunk
/// that was read.
template <byte_stream Stream>
[[nodiscard]] async_generator<std::string_view> lines(Stream&& stream, line_options options = {}) {
    return detail::split_lines(
        detail::text_of<Stream>(std::forward<Stream>(stream), options.chunk_size), options);
}

} // namespace simul
