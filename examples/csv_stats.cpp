// Reads a CSV file of any size in constant memory and prints a summary of each column.
//
//   csv_stats FILE [COLUMN...]     "-" reads standard input; csv_stats --help shows the options
//
// FILE may be a pattern, as in "data/*.csv": all files of one header are summed up.
//
// Two tasks take turns on one thread: one reads the rows, the other draws a progress bar. They
// share a plain struct, without locks or atomics, because a task is only ever interrupted where it
// says co_await.
#include "column_stats.hpp"
#include "output.hpp"
#include "text_table.hpp"

#include <simul/simul.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;

struct arguments {
    std::string file;
    std::vector<std::string> columns; // all of them when empty
    std::string delimiter = ",";
    bool no_header = false;
};

// How far the reader has come.
struct progress {
    std::uint64_t bytes = 0; // of the text
    std::uint64_t read = 0;  // of the files: less than that if they are compressed
    std::uint64_t size = 0;  // of all files; 0 when nobody knows, as for a pipe
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    double megabytes() const { return static_cast<double>(bytes) / 1e6; }
    double rate() const { return megabytes() / seconds(); }
};

struct summary {
    std::uint64_t rows = 0;
    std::uint64_t short_rows = 0;
    std::vector<column_stats> columns;
};

// Draws for ever; run() cancels it when the reader is done, at a co_await as always. The
// destructors run then, and leave a clean line.
simul::task<> draw_progress(const progress& seen) {
    struct clean_line {
        ~clean_line() { std::fputs("\r\x1b[K", stderr); }
    } const clean_at_the_end;
    constexpr int width = 40;
    for (;;) {
        co_await simul::sleep(100ms);
        if (seen.size == 0) {
            std::fprintf(stderr, "\r\x1b[K%.1f MB, %.0f MB/s", seen.megabytes(), seen.rate());
        } else {
            const double part = static_cast<double>(seen.read) / static_cast<double>(seen.size);
            const std::string bar(static_cast<std::size_t>(std::min(part, 1.0) * width), '#');
            std::fprintf(stderr, "\r\x1b[K[%-*s] %3.0f %%, %.0f MB/s", width, bar.c_str(),
                         part * 100, seen.rate());
        }
    }
}

// The first row says which columns there are; the arguments say which of them are wanted.
std::vector<column_stats> columns_of(const std::vector<std::string>& first_row,
                                     const arguments& args) {
    std::vector<column_stats> columns;
    for (std::size_t i = 0; i < first_row.size(); ++i)
        columns.emplace_back(args.no_header ? std::to_string(i + 1) : first_row[i], i);
    if (args.columns.empty()) return columns;

    std::vector<column_stats> wanted;
    for (const std::string& name : args.columns) {
        const auto found = std::ranges::find(columns, name, &column_stats::name);
        if (found == columns.end())
            throw std::runtime_error(args.file + ": there is no column '" + name + "'");
        wanted.push_back(*found);
    }
    return wanted;
}

bool is_compressed(const std::filesystem::path& file) {
    return file.extension() == ".gz" || file.extension() == ".zst";
}

// simul::csv::rows reads anything that has `read`. This one tells how much of a compressed file has
// been read, which the rows do not know.
class counted_file {
public:
    counted_file(simul::fs::file file, std::uint64_t& count)
        : file_(std::move(file)), count_(&count) {}

    const std::filesystem::path& path() const { return file_.path(); } // for errors
    simul::task<std::size_t> read(std::span<std::byte> to) {
        const std::size_t count = co_await file_.read(to);
        *count_ += count;
        co_return count;
    }

private:
    simul::fs::file file_;
    std::uint64_t* count_;
};

bool is_pattern(const std::string& name) {
    return name.find_first_of("*?[") != name.npos && !std::filesystem::exists(name);
}

// What there is to read. Of several files of which some are compressed nobody can say how far the
// text in front of one is on the way to the end.
simul::task<std::vector<std::filesystem::path>> find_files(const arguments& args, progress& seen) {
    std::vector<std::filesystem::path> files{args.file};
    if (is_pattern(args.file)) files = co_await simul::glob(args.file);
    for (const std::filesystem::path& file : files) {
        std::error_code not_a_file;
        const std::uint64_t size = std::filesystem::file_size(file, not_a_file);
        if (not_a_file || (is_compressed(file) && files.size() != 1)) {
            seen.size = 0;
            break;
        }
        seen.size += size;
    }
    co_return files;
}

simul::task<summary> summarise(const arguments& args, progress& seen) {
    std::vector<std::filesystem::path> files = co_await find_files(args, seen);
    if (isatty(STDERR_FILENO) != 0) (void)simul::spawn(draw_progress(seen), "progress bar");

    summary result;
    std::vector<std::string> first_row;
    std::string file;
    std::uint64_t bytes_before = 0; // in the files before this one
    const simul::csv::options how{.delimiter = args.delimiter.front()};
    const bool counted = files.size() == 1 && is_compressed(files.front());
    simul::async_generator<simul::csv::row> rows;
    if (counted) {
        simul::fs::file compressed = co_await simul::fs::open(files.front());
        rows = simul::csv::rows(counted_file(std::move(compressed), seen.read), how);
    } else {
        rows = simul::csv::rows(std::move(files), how);
    }
    while (auto row = co_await rows.next()) {
        if (row->source() != file) {
            file = row->source();
            bytes_before = seen.bytes;
            if (first_row.empty()) {
                first_row = std::vector<std::string>(row->begin(), row->end());
                result.columns = columns_of(first_row, args);
            } else if (!args.no_header && !std::ranges::equal(*row, first_row)) {
                throw std::runtime_error(file +
                                         ": the header differs from that of the files before");
            }
            if (!args.no_header) continue;
        }
        seen.bytes = bytes_before + row->offset() + row->text().size();
        if (!counted) seen.read = seen.bytes;
        // That a row lacks its last cells is common. One that has too many is broken: most often
        // somebody forgot the quotes around a comma.
        const std::size_t width = first_row.size();
        if (row->size() > width) {
            throw std::runtime_error(file + ":" + std::to_string(row->line()) +
                                     ": a cell in column " + std::to_string(width + 1) +
                                     ", but the first row has " + std::to_string(width));
        }
        if (row->size() < width) ++result.short_rows;
        ++result.rows;
        for (column_stats& column : result.columns) {
            const std::size_t i = column.index();
            column.add(i < row->size() ? row->at(i) : std::string_view());
        }
    }
    // Of nothing, there are no columns that somebody may have asked for.
    if (first_row.empty()) result.columns = columns_of(first_row, args);
    co_return result;
}

std::string to_text(double number, int digits = 12) {
    std::array<char, 32> buffer;
    const int size = std::snprintf(buffer.data(), buffer.size(), "%.*g", digits, number);
    return std::string(buffer.data(), static_cast<std::size_t>(size));
}

void print(const summary& result, const arguments& args, const progress& seen) {
    standard_output out;
    out.write(args.file + ": " + std::to_string(result.rows) + " rows");
    if (result.short_rows != 0)
        out.write(", " + std::to_string(result.short_rows) + " of them without their last cells");
    out.write("\n");

    text_table table;
    table.add({"column", "count", "empty", "numbers", "min", "max", "mean", "longest"});
    for (const column_stats& column : result.columns) {
        std::vector<std::string> row{column.name(), std::to_string(column.count()),
                                     std::to_string(column.empty()),
                                     std::to_string(column.numbers())};
        if (column.numbers() != 0) {
            row.push_back(to_text(column.min()));
            row.push_back(to_text(column.max()));
            row.push_back(to_text(column.mean(), 8));
        } else {
            row.insert(row.end(), 3, "-");
        }
        row.push_back(std::to_string(column.longest()));
        table.add(std::move(row));
    }
    out.write(table.text());

    std::array<char, 80> line;
    std::snprintf(line.data(), line.size(), "%.1f MB in %.2f s, %.0f MB/s\n", seen.megabytes(),
                  seen.seconds(), seen.rate());
    out.write(line.data());
    out.flush();
}

int main(int argc, char** argv) {
    arguments args;
    CLI::App app{"Prints a summary of the columns of a CSV file, which may be larger than memory.",
                 "csv_stats"};
    app.add_option("FILE", args.file,
                   "the file, a pattern for several of them, or - for standard input")
        ->required();
    app.add_option("COLUMN", args.columns, "the columns to show (all of them unless told)");
    app.add_option("-d,--delimiter", args.delimiter, "stands between two cells; \"tab\" for a tab")
        ->capture_default_str()
        ->transform([](const std::string& text) { return text == "tab" ? "\t" : text; })
        ->check([](const std::string& text) {
            return text.size() == 1 ? "" : "a delimiter is a single character";
        });
    app.add_flag("--no-header", args.no_header,
                 "the first row holds data; columns are known by number");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EXIT_SUCCESS : 2;
    }
    if (args.file == "-") args.file = "/dev/stdin";

    try {
        progress seen;
        const summary result = simul::run(summarise(args, seen), {.handle_sigint = true});
        print(result, args, seen);
        return EXIT_SUCCESS;
    } catch (const simul::cancelled&) { // by Ctrl-C; every task has unwound
        return 128 + SIGINT;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "csv_stats: %s\n", error.what());
        return 2;
    }
}
