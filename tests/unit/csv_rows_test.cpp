#include "byte_stream.hpp"
#include "run_virtual.hpp"
#include "suspensions.hpp"
#include "temp_dir.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using simul::async_generator;
using simul::task;
using simul_test::run_real;
using simul_test::run_virtual;
using simul_test::temp_dir;
using simul_test::text_stream;

struct row_copy {
    row_copy() = default;
    explicit row_copy(const simul::csv::row& row)
        : fields(row.begin(), row.end()), line(row.line()), offset(row.offset()),
          names(row.names().begin(), row.names().end()) {}
    bool operator==(const row_copy&) const = default;

    std::vector<std::string> fields;
    std::uint64_t line = 0;
    std::uint64_t offset = 0;
    std::vector<std::string> names;
};

struct everything {
    everything() = default;
    bool operator==(const everything&) const = default;

    std::vector<row_copy> rows;
    std::string error; // without the name of the source
    std::uint64_t line = 0;
    std::uint64_t column = 0;
    std::uint64_t offset = 0;
};

void PrintTo(const everything& all, std::ostream* out) {
    for (const row_copy& row : all.rows) {
        *out << row.line << "/" << row.offset << ": " << testing::PrintToString(row.fields) << "\n";
    }
    *out << all.error << " at " << all.line << ":" << all.column << "/" << all.offset;
}

void take_error(everything& into, const simul::csv::error& e) {
    into.error = std::string(e.what()).substr(e.source().size());
    into.line = e.line();
    into.column = e.column();
    into.offset = e.offset();
}

task<everything> read(async_generator<simul::csv::row> from) {
    everything all;
    try {
        while (const auto* row = co_await from.next()) all.rows.emplace_back(*row);
    } catch (const simul::csv::error& e) {
        take_error(all, e);
    }
    const auto* const after = co_await from.next();
    EXPECT_EQ(after, nullptr);
    co_return all;
}

everything parse(const std::string& text, const simul::csv::options& options) {
    everything all;
    auto rows = simul::csv::parse(std::string_view(text), options);
    try {
        while (const auto* row = rows.next()) all.rows.emplace_back(*row);
    } catch (const simul::csv::error& e) {
        take_error(all, e);
    }
    return all;
}

std::vector<std::string> awkward_texts() {
    return {
        "",
        "\n",
        "a",
        "a,b\n",
        "a,b\r\nc,d\r\n",
        "a,b\rc,d\r",
        "a,b\r\rc\r\n\n\rd",
        ",\n,,\n",
        "\"\"\n\"\",\"\"\n",
        "\"a,b\",\"c\"\"d\",\"\"\"\"\n",
        "\"two\nlines\",\"three\r\nmore\rlines\"\nlast,row",
        "\xEF\xBB\xBF\"first\",second\n1,2\n",
        "\xEF\xBB\xBF",
        "\xEF\xBB",
        "gr\xC3\xBC\xC3\x9F,\xE2\x82\xAC\n",
        "with\0NUL,\"\0\"\n\0\n"s,
        "ragged\na,b,c\n\nd,e\n",
        "unquoted \"quote\" inside,x\n",
        "# a comment\na,b\n#b,c\n",
        "  a  ,\t\"b\" , c\t\n",
        "x\n\"text\" after,1\nnever\n",
        "x\ny,\"left open\nto the end",
        "x\ny,\"left open by two\"\"",
        "x\n" + std::string(300, 'y') + ",1\nz\n",
        std::string(5000, 'x') + ",\"" + std::string(4094, 'y') + "\r\n\"\"" +
            std::string(4096, 'z') + "\"\n",
    };
}

std::vector<simul::csv::options> dialects() {
    return {
        {},
        {.header = true},
        {.comment = '#', .trim = true},
        {.skip_blank = false},
        {.strict = false},
        {.escape = '\\', .header = true, .strict = false},
        {.max_row = 200},
    };
}

TEST(csv_rows, are_those_of_parse_for_every_chunk_size) {
    std::vector<std::size_t> chunks{4095, 4096, 4097, 65536};
    for (std::size_t n = 1; n <= 64; ++n) chunks.push_back(n);
    for (const std::string& text : awkward_texts()) {
        for (simul::csv::options options : dialects()) {
            const everything expected = parse(text, options);
            for (const std::size_t chunk : chunks) {
                options.chunk_size = chunk;
                const everything all =
                    run_virtual(read(simul::csv::rows(text_stream(text), options)));
                ASSERT_EQ(all, expected) << testing::PrintToString(text) << " by " << chunk;
            }
        }
    }
}

TEST(csv_rows, are_those_of_parse_for_reads_of_any_length) {
    for (const std::string& text : awkward_texts()) {
        for (const simul::csv::options& options : dialects()) {
            const everything expected = parse(text, options);
            for (std::uint64_t seed = 0; seed < 20; ++seed) {
                text_stream stream(text);
                stream.random_reads(seed, 1 + seed * 3);
                const everything all = run_virtual(read(simul::csv::rows(stream, options)));
                ASSERT_EQ(all, expected) << testing::PrintToString(text) << " by seed " << seed;
                if (expected.error.empty()) {
                    ASSERT_EQ(stream.position(), text.size());
                }
            }
        }
    }
}

TEST(csv_rows, of_a_file_are_read_by_name_and_by_number) {
    const std::filesystem::path path = std::filesystem::path(SIMUL_DATA_DIR) / "startups.csv";
    for (const std::size_t chunk : {1U, 100U, 65536U}) {
        const double sum = run_real([&]() -> task<double> {
            double total = 0;
            auto rows = simul::csv::rows(path, {.header = true, .chunk_size = chunk});
            while (auto row = co_await rows.next()) {
                const std::string_view round = (*row)["round"];
                if (round == "a") total += row->get<double>("raisedAmt");
            }
            co_return total;
        });
        EXPECT_EQ(sum, 4'380'015'000.0);
    }
}

TEST(csv_rows, the_header_is_known_with_every_row) {
    const temp_dir dir;
    const auto path = dir.file("list.csv", "name,\"the age\"\nAnn,30\nBob,40\n");
    for (const std::size_t chunk : {1U, 5U, 4096U}) {
        run_real([&]() -> task<> {
            auto rows = simul::csv::rows(path, {.header = true, .chunk_size = chunk});
            int ages = 0;
            while (auto row = co_await rows.next()) {
                EXPECT_EQ(row->names().size(), 2u);
                EXPECT_EQ(row->names().back(), "the age");
                ages += row->get<int>("the age");
            }
            EXPECT_EQ(ages, 70);
        });
    }
}

TEST(csv_rows, an_error_names_path_line_and_column_after_the_rows_before_it) {
    const temp_dir dir;
    const auto path = dir.file("list.csv", "a,b\n1,2\n\"3\"x,4\n5,6\n");
    for (const std::size_t chunk : {1U, 2U, 3U, 5U, 8U, 13U, 4096U}) {
        run_real([&]() -> task<> {
            auto rows = simul::csv::rows(path, {.chunk_size = chunk});
            std::vector<std::string> before;
            std::string error;
            try {
                while (auto row = co_await rows.next()) before.emplace_back(row->at(0));
            } catch (const simul::csv::error& e) {
                error = e.what();
                EXPECT_EQ(e.offset(), 11u);
            }
            EXPECT_TRUE(error.starts_with(path.string() + ":3:4: ")) << error;
            EXPECT_EQ(before, (std::vector<std::string>{"a", "1"}));
            const auto* const after = co_await rows.next();
            EXPECT_EQ(after, nullptr);
        });
    }
}

TEST(csv_rows, a_bad_field_names_path_line_and_column) {
    const temp_dir dir;
    const auto path = dir.file("list.csv", "name,age\nAnn,30\nBob,old\nCy\n");
    run_real([&]() -> task<> {
        auto rows = simul::csv::rows(path, {.header = true, .chunk_size = 3});
        const simul::csv::row* row = co_await rows.next();
        EXPECT_EQ(row->get<int>("age"), 30);
        row = co_await rows.next();
        try {
            (void)row->get<int>("age");
            ADD_FAILURE() << "no error";
        } catch (const simul::csv::error& e) {
            EXPECT_TRUE(std::string(e.what()).starts_with(path.string() + ":3:5: ")) << e.what();
        }
        row = co_await rows.next();
        try {
            (void)(*row)["age"];
            ADD_FAILURE() << "no error";
        } catch (const simul::csv::error& e) {
            EXPECT_EQ(e.line(), 4u);
            EXPECT_NE(std::string(e.what()).find("age"), std::string::npos) << e.what();
        }
        row = co_await rows.next();
        EXPECT_EQ(row, nullptr);
    });
}

TEST(csv_rows, a_row_past_the_bound_is_an_error_and_takes_no_more_memory) {
    for (const std::size_t chunk : {1U, 64U, 4096U}) {
        text_stream stream("short,row\n\"" + std::string(1 << 20, 'x'));
        const everything all =
            run_virtual(read(simul::csv::rows(stream, {.max_row = 1000, .chunk_size = chunk})));
        ASSERT_EQ(all.rows.size(), 1u);
        EXPECT_EQ(all.line, 2u);
        EXPECT_NE(all.error.find("max_row"), std::string::npos) << all.error;
        EXPECT_LE(stream.position(), 10 + 1000 + 2 * 4096u);
    }
}

TEST(csv_rows, of_a_file_that_is_none_are_errors_by_name) {
    const temp_dir dir;
    const auto error_of = [](std::filesystem::path path) -> task<std::string> {
        auto rows = simul::csv::rows(path);
        try {
            (void)co_await rows.next();
        } catch (const std::system_error& e) {
            co_return e.what();
        }
        co_return "no error";
    };
    const std::string missing = run_real(error_of("/nonexistent/list.csv"));
    EXPECT_NE(missing.find("/nonexistent/list.csv: No such file"), std::string::npos) << missing;
    const std::string directory = run_real(error_of(dir.path()));
    EXPECT_NE(directory.find(dir.path().string() + ": Is a directory"), std::string::npos)
        << directory;
    EXPECT_THROW((void)simul::csv::rows("list.csv", {.delimiter = '"'}), std::invalid_argument);
    EXPECT_THROW((void)simul::csv::rows("list.csv", {.chunk_size = 0}), std::invalid_argument);
}

TEST(csv_rows, a_huge_chunk_size_is_bounded) {
    text_stream stream("a,b\nc,d\n");
    const everything all =
        run_virtual(read(simul::csv::rows(stream, {.chunk_size = std::size_t{1} << 40U})));
    EXPECT_EQ(all.rows.size(), 2u);
    EXPECT_LE(stream.largest(), 1U << 30U);
}

TEST(csv_rows, of_a_fifo_come_as_they_are_written) {
    const temp_dir dir;
    const auto path = dir / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    run_real([&]() -> task<> {
        const auto write_slowly = [&]() -> task<> {
            int fd = -1;
            for (;;) { // until somebody reads
                fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
                if (fd >= 0 || errno != ENXIO) break;
                co_await simul::sleep(1ms);
            }
            EXPECT_GE(fd, 0);
            for (const std::string_view part : {"a,\"b", "\n\"\"\"", ",c\nd,e", "\nlast"}) {
                EXPECT_EQ(::write(fd, part.data(), part.size()), static_cast<ssize_t>(part.size()));
                co_await simul::sleep(5ms);
            }
            ::close(fd);
        };
        auto reader = simul::spawn(read(simul::csv::rows(path)));
        co_await simul::sleep(10ms);
        auto writer = simul::spawn(write_slowly);
        const everything& all = co_await reader;
        co_await writer;
        EXPECT_EQ(all.rows.size(), 3u);
        EXPECT_EQ(all.rows[0].fields, (std::vector<std::string>{"a", "b\n\"", "c"}));
        EXPECT_EQ(all.rows[2].fields, std::vector<std::string>{"last"});
        EXPECT_EQ(all.rows[2].line, 4u);
    });
}

TEST(csv_rows, of_an_open_file_begin_where_it_stands) {
    const temp_dir dir;
    const auto path = dir.file("list.csv", "skip\na,b\n");
    run_real([&]() -> task<> {
        auto file = co_await simul::fs::open(path);
        std::array<std::byte, 5> head;
        (void)co_await file.read(head);
        const everything all = co_await read(simul::csv::rows(file));
        EXPECT_EQ(all.rows.size(), 1u);
        EXPECT_TRUE(file.is_open());
        co_await file.close();
    });
}

TEST(csv_rows, a_consumer_that_is_cancelled_closes_the_file) {
    const temp_dir dir;
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + ",\"quoted \"\"text\"\"\"\n";
    const auto path = dir.file("list.csv", text);
    for (int turns = 0; turns < 20; ++turns) {
        run_real([&]() -> task<> {
            const auto descriptors = [] {
                return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                     std::filesystem::directory_iterator());
            };
            const auto before = descriptors();
            bool reading = false;
            auto reader = simul::spawn([&]() -> task<> {
                auto rows = simul::csv::rows(path, {.chunk_size = 1000});
                while (co_await rows.next() != nullptr) reading = true;
            });
            // Before that a worker may have opened the file without the reader knowing it.
            while (!reading) co_await simul::sleep(1us);
            for (int i = 0; i < turns; ++i) co_await simul::yield();
            reader.cancel();
            bool cancelled = false;
            try {
                co_await reader;
            } catch (const simul::cancelled&) {
                cancelled = true;
            }
            EXPECT_TRUE(cancelled);
            EXPECT_EQ(descriptors(), before);
        });
    }
}

TEST(csv_rows, stream_while_a_hundred_other_tasks_tick) {
    const temp_dir dir;
    std::string text = "number,text\n";
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + ",\"a, b\"\n";
    const auto path = dir.file("list.csv", text);
    std::vector<int> ticks(100);
    const auto tick = [](int& count) -> task<> {
        for (;; ++count) co_await simul::sleep(1ms);
    };
    run_real(simul::with_task_group([&](simul::task_group& tickers) -> task<> {
        for (int& count : ticks) tickers.spawn(tick(count));
        std::int64_t sum = 0;
        auto rows = simul::csv::rows(path, {.header = true, .chunk_size = 4096});
        const auto began = simul::clock::now();
        while (auto row = co_await rows.next()) sum += row->get<std::int64_t>("number");
        const auto took = simul::clock::now() - began;
        EXPECT_EQ(sum, 4'999'950'000);
        for (const int count : ticks) EXPECT_GE(count, took / 50ms);
        tickers.cancel();
    }));
}

TEST(csv_rows, of_a_cached_file_cost_one_suspension_a_chunk) {
    const temp_dir dir;
    constexpr std::size_t chunk = 16 << 10;
    constexpr std::size_t chunks = 40;
    std::string text;
    for (int i = 0; text.size() < chunks * chunk; ++i) text += std::to_string(i) + ",x\n";
    const auto path = dir.file("text", std::string_view(text).substr(0, chunks * chunk));
    const std::size_t seen =
        run_virtual(simul_test::suspensions_of(simul::csv::rows(path, {.chunk_size = chunk})));
    EXPECT_GE(seen, chunks);
    EXPECT_LE(seen, chunks + 2) << "the opening, and the end";
}

TEST(csv_rows, ask_the_stream_once_a_chunk_and_not_once_a_row) {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + ",x\n";
    run_virtual([&]() -> task<> {
        text_stream stream(text);
        stream.slow(1ms);
        const everything all = co_await read(simul::csv::rows(stream, {.chunk_size = 10'000}));
        EXPECT_EQ(all.rows.size(), 50'000u);
        EXPECT_LE(stream.reads(), text.size() / 10'000 + 2);
    });
}

} // namespace
