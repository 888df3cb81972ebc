// The rows of several files, one after the other.

#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using simul::task;
using simul_test::run_real;
using simul_test::temp_dir;
using paths = std::vector<std::filesystem::path>;

// Each row as its file's name, its line and its fields; then the error, if there is one.
task<std::string> read(simul::async_generator<simul::csv::row> rows) {
    std::string seen;
    std::string error;
    try {
        while (const simul::csv::row* row = co_await rows.next()) {
            seen += std::filesystem::path(row->source()).filename().string() + ":" +
                    std::to_string(row->line());
            for (const std::string_view field : *row) (seen += ' ') += field;
            seen += '\n';
        }
    } catch (const std::exception& e) {
        error = e.what();
    }
    co_return seen + error;
}

TEST(csv_files, come_one_after_the_other_and_say_where_they_are_from) {
    const temp_dir dir;
    const paths all{dir.file("b.csv", "x,y\n1,2\n3,4"), dir.file("empty.csv", ""),
                    dir.file("header.csv", "x,y\n"), dir.file("a.csv", "\nx,y\n5,\"6\n7\"\n8,9\n")};
    const std::string expected = "b.csv:2 1 2\nb.csv:3 3 4\na.csv:3 5 6\n7\na.csv:5 8 9\n";
    for (const std::size_t chunk : {1U, 5U, 65536U}) {
        const simul::csv::options how{.header = true, .chunk_size = chunk};
        EXPECT_EQ(run_real(read(simul::csv::rows(all, how))), expected);
        EXPECT_EQ(run_real(read(simul::csv::rows(std::span(all), how))), expected);
    }
    EXPECT_EQ(run_real(read(simul::csv::rows({all[0], all[3]}))),
              "b.csv:1 x y\nb.csv:2 1 2\nb.csv:3 3 4\na.csv:2 x y\na.csv:3 5 6\n7\na.csv:5 8 9\n");
    EXPECT_EQ(run_real(read(simul::csv::rows(paths()))), "");
}

TEST(csv_files, are_found_by_a_pattern) {
    const temp_dir dir;
    (void)dir.file("2.csv", "n\n3\n");
    (void)dir.file("1.csv", "n\n1\n2\n");
    (void)dir.file("1.txt", "no CSV");
    EXPECT_EQ(
        run_real(read(simul::csv::rows(simul::glob((dir / "*.csv").string()), {.header = true}))),
        "1.csv:2 1\n1.csv:3 2\n2.csv:2 3\n");
    const std::string none = run_real(read(simul::csv::rows(simul::glob("/nonexistent/*.csv"))));
    EXPECT_EQ(none, "glob /nonexistent/*.csv: No such file or directory");
}

TEST(csv_files, a_header_that_differs_is_an_error_that_names_both) {
    const temp_dir dir;
    const auto first = dir.file("first.csv", "x,y\n1,2\n");
    const auto error_of = [&](std::string_view header) {
        const auto second = dir.file("second.csv", std::string(header) + "\n3,4\n");
        const std::string seen =
            run_real(read(simul::csv::rows({first, second}, {.header = true})));
        const std::string start = "first.csv:2 1 2\n" + second.string() +
                                  ":1:1: the header differs from that of " + first.string() + ": ";
        EXPECT_TRUE(seen.starts_with(start)) << seen;
        return seen.substr(start.size());
    };
    EXPECT_EQ(error_of("x,z"), "column 2 is \"z\" and not \"y\"");
    EXPECT_EQ(error_of("x"), "column 2 is missing");
    EXPECT_EQ(error_of("x,y,z"), "column 3 is one too many: \"z\"");
}

TEST(csv_files, a_file_without_rows_must_have_the_header_of_the_others) {
    const temp_dir dir;
    const auto rows = dir.file("rows.csv", "x,y\n1,2\n");
    const auto bare = dir.file("bare.csv", "x,z\n");
    const auto same = dir.file("same.csv", "x,y");
    const auto empty = dir.file("empty.csv", "\n\n");
    const auto error = [](const auto& of, const auto& first, const char* what) {
        return of.string() + ":1:1: the header differs from that of " + first.string() +
               ": column 2 is " + what;
    };
    for (const std::size_t chunk : {1U, 5U, 65536U}) {
        const simul::csv::options how{.header = true, .chunk_size = chunk};
        EXPECT_EQ(run_real(read(simul::csv::rows({rows, bare, rows}, how))),
                  "rows.csv:2 1 2\n" + error(bare, rows, "\"z\" and not \"y\""));
        EXPECT_EQ(run_real(read(simul::csv::rows({bare, rows}, how))),
                  error(rows, bare, "\"y\" and not \"z\""));
        EXPECT_EQ(run_real(read(simul::csv::rows({empty, same, rows, empty, same}, how))),
                  "rows.csv:2 1 2\n");
    }
}

TEST(csv_files, an_error_names_its_file_after_the_rows_before_it) {
    const temp_dir dir;
    const auto first = dir.file("first.csv", "1\n");
    const auto broken = dir.file("broken.csv", "2\n\"3");
    EXPECT_EQ(run_real(read(simul::csv::rows({first, broken, first}))),
              "first.csv:1 1\nbroken.csv:1 2\n" + broken.string() +
                  ":2:1: the quote that opens here is never closed");
    EXPECT_EQ(run_real(read(simul::csv::rows({first, dir / "missing.csv"}))),
              "first.csv:1 1\nopen " + (dir / "missing.csv").string() +
                  ": No such file or directory");
    EXPECT_THROW((void)simul::csv::rows({first, broken}, {.delimiter = '\n'}),
                 std::invalid_argument);
}

struct number {
    int n = 0;
    static constexpr auto csv_columns = simul::csv::columns(simul::csv::column("n", &number::n));
};

TEST(csv_files, become_structs_as_one_file_does) {
    const temp_dir dir;
    std::vector<std::string> all;
    int expected = 0;
    for (int file = 0; file < 3; ++file) {
        std::string text = "n\n";
        for (int i = 0; i < 2000; ++i) text += std::to_string(expected++) + "\n";
        all.push_back(dir.file(std::to_string(file), text).string());
    }
    run_real([&]() -> task<> {
        auto numbers = simul::csv::rows_as<number>(all);
        int next = 0;
        while (const number* one = co_await numbers.next()) EXPECT_EQ(one->n, next++);
        EXPECT_EQ(next, expected);
    });
}

} // namespace
