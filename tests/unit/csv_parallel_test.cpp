// A file in parts, read on several threads: the same rows as those of the sequential reader.

#include "build_kind.hpp"
#include "cancel_each.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <simul/gen/detail/csv_guess.hpp>
#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using simul::task;
using simul::csv::options;
using simul::csv::parallel_options;
using simul_test::run_real;
using simul_test::temp_dir;

// All that a row tells, and the error that ends them.
task<std::string> read(simul::async_generator<simul::csv::row> rows) {
    std::string seen;
    try {
        while (const simul::csv::row* row = co_await rows.next()) {
            seen += std::to_string(row->line()) + "/" + std::to_string(row->offset()) + ":";
            for (const std::string_view field : *row) (seen += '[') += field;
            for (const std::string& name : row->names()) (seen += '|') += name;
            seen += '\n';
        }
    } catch (const simul::csv::error& e) {
        seen += e.what() + std::to_string(e.offset());
    }
    co_return seen;
}

std::vector<options> dialects() {
    return {{},
            {.header = true},
            {.quote = 0},
            {.comment = '#', .trim = true},
            {.skip_blank = false},
            {.strict = false},
            {.escape = '\\'},
            {.quote = 0, .escape = '\\', .header = true},
            {.max_row = 40}};
}

std::string random_text(std::mt19937& random) {
    const std::string_view pieces[] = {
        "plain", "1.5", ",",    ",",    ",",    "\n",        "\n",          "\r\n",
        "\r",    "\"",  "\"\"", "\"a,", "\",",  "\"b\nc\",", "\"d\"\"",     "\\n",
        "\\\"",  "#",   " ",    "\t",   "\n\n", ";",         "\xEF\xBB\xBF"};
    std::string text;
    for (auto n = random() % 60; n != 0; --n) text += pieces[random() % std::size(pieces)];
    return text;
}

TEST(csv_parallel, shows_the_same_names_from_the_first_row_to_the_last) {
    const temp_dir dir;
    std::string text = "name,number\n";
    for (int i = 0; i < 100; ++i) text += "somebody," + std::to_string(i) + "\n";
    const auto path = dir.file("list.csv", text);
    run_real([&]() -> task<> {
        auto rows = simul::csv::rows_parallel(path, {.header = true}, {2, 64});
        std::span<const std::string> names;
        while (const simul::csv::row* row = co_await rows.next()) {
            if (names.empty()) names = row->names();
            EXPECT_EQ(row->names().data(), names.data());
            EXPECT_EQ(names[1], "number");
        }
    });
}

TEST(csv_parallel, gives_the_rows_of_the_sequential_reader_for_every_text_and_part) {
    const temp_dir dir;
    std::mt19937 random(5);
    run_real([&]() -> task<> {
        for (int round = 0; round < (simul_test::sanitized ? 5 : 25); ++round) {
            const std::string text = random_text(random);
            const auto path = dir.file("list.csv", text);
            for (const options& how : dialects()) {
                const std::string expected = co_await read(simul::csv::rows(path, how));
                for (const parallel_options extra :
                     {parallel_options{2, 1 + random() % 40},
                      parallel_options{3, 1 + random() % 200}, parallel_options{SIZE_MAX, 20}}) {
                    const std::string seen =
                        co_await read(simul::csv::rows_parallel(path, how, extra));
                    EXPECT_EQ(seen, expected)
                        << testing::PrintToString(text) << " in parts of " << extra.part_size;
                    if (seen != expected) co_return;
                }
            }
        }
    });
}

std::string regular_text(bool quoted, std::size_t size, std::string_view line_end = "\n") {
    std::string text("number,text,more");
    text += line_end;
    for (std::size_t i = 0; text.size() < size; ++i) {
        text += std::to_string(i);
        text += quoted && i % 3 == 0 ? ",\"two\nlines, \"\"and\"\" more\n\",x" : ",some text,y";
        text += line_end;
    }
    return text;
}

void expect_right_guesses(const std::string& text) {
    std::vector<std::size_t> begins; // of the rows
    for (const simul::csv::row& row : simul::csv::parse(text)) begins.push_back(row.offset());
    const std::size_t last = begins[begins.size() - 8]; // behind it there is too little to tell
    for (std::size_t at = 0; at != last; ++at) {
        const std::size_t found =
            at + simul::detail::csv_guess_row(std::string_view(text).substr(at), {});
        EXPECT_EQ(found, *std::ranges::upper_bound(begins, at)) << at;
    }
}

TEST(csv_parallel, where_a_usual_text_is_cut_the_next_row_is_found) {
    for (const std::string_view line_end : {"\n", "\r\n", "\r"}) {
        SCOPED_TRACE(testing::PrintToString(line_end));
        expect_right_guesses(regular_text(false, 2000, line_end));
        expect_right_guesses(regular_text(true, 2000, line_end));
    }
}

TEST(csv_parallel, the_parts_of_a_usual_file_have_its_rows) {
    const temp_dir dir;
    for (const bool quoted : {false, true}) {
        const auto path = dir.file("list.csv", regular_text(quoted, 100'000));
        for (const std::size_t part : {4096U, 33'333U, 1U << 20U}) {
            run_real([&]() -> task<> {
                const options how{.header = true};
                const std::string expected = co_await read(simul::csv::rows(path, how));
                const std::string seen = co_await read(
                    simul::csv::rows_parallel(path, how, {.threads = 3, .part_size = part}));
                EXPECT_TRUE(seen == expected) << part;
            });
        }
    }
}

TEST(csv_parallel, a_text_that_misleads_is_read_right) {
    // Inside a quoted field stands what looks like rows with quotes of their own.
    std::string text = "a,b,c\n";
    for (int i = 0; i < 20; ++i) {
        text += "1,\"";
        for (int k = 0; k < 40; ++k) text += "x,\"\"y\"\",z\n\"\"p\"\",q,r\n";
        text += "\",3\n";
    }
    const temp_dir dir;
    const auto path = dir.file("list.csv", text);
    run_real([&]() -> task<> {
        const std::string expected = co_await read(simul::csv::rows(path));
        for (const std::size_t part : {100U, 1000U, 50'000U}) {
            const std::string seen = co_await read(
                simul::csv::rows_parallel(path, {}, {.threads = 2, .part_size = part}));
            EXPECT_TRUE(seen == expected) << part;
        }
    });
}

TEST(csv_parallel, what_has_no_parts_is_read_like_any_other) {
    const temp_dir dir;
    run_real([&]() -> task<> {
        const std::string empty = co_await read(simul::csv::rows_parallel(dir.file("empty", "")));
        EXPECT_EQ(empty, "");
        const auto proc = simul::csv::options{.delimiter = ':'};
        auto rows = simul::csv::rows_parallel("/proc/self/status", proc);
        const simul::csv::row* const first = co_await rows.next();
        EXPECT_EQ(first->at(0), "Name");
        std::string error;
        try {
            (void)co_await read(simul::csv::rows_parallel("/nonexistent/list.csv"));
        } catch (const std::system_error& e) {
            error = e.what();
        }
        EXPECT_EQ(error, "open /nonexistent/list.csv: No such file or directory");
    });
    EXPECT_THROW((void)simul::csv::rows_parallel("list.csv", {.delimiter = '"'}),
                 std::invalid_argument);
}

TEST(csv_parallel, dropping_it_and_cancelling_it_leave_nothing_behind) {
    const temp_dir dir;
    const auto path = dir.file("list.csv", regular_text(true, 200'000));
    for (int steps = 0; steps < 8; ++steps) {
        run_real([&]() -> task<> {
            {
                auto rows = simul::csv::rows_parallel(path, {}, {.threads = 4, .part_size = 5000});
                for (int i = 0; i < steps * 50; ++i) (void)co_await rows.next();
            }
            auto reading = simul::spawn(
                read(simul::csv::rows_parallel(path, {}, {.threads = 4, .part_size = 5000})));
            for (int i = 0; i < steps; ++i) co_await simul::yield();
            reading.cancel();
            (void)co_await simul_test::was_cancelled(reading);
        });
    }
}

struct numbered {
    int number = 0;
    static constexpr auto csv_columns =
        simul::csv::columns(simul::csv::column("number", &numbered::number));
};

TEST(csv_parallel, becomes_structs) {
    const temp_dir dir;
    const auto path = dir.file("list.csv", regular_text(true, 100'000));
    run_real([&]() -> task<> {
        auto all = simul::csv::rows_as<numbered>(
            simul::csv::rows_parallel(path, {.header = true}, {.threads = 2, .part_size = 3000}));
        int next = 0;
        while (const numbered* one = co_await all.next()) EXPECT_EQ(one->number, next++);
        EXPECT_GT(next, 3000);
    });
}

} // namespace
