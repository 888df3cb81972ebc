// Rows on their way to a file: buffers, back-pressure, errors, and what is read back.

#include "byte_sink.hpp"
#include "cancel_each.hpp"
#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::task;
using simul::csv::writer;
using simul_test::content_of;
using simul_test::log_capture;
using simul_test::run_real;
using simul_test::run_virtual;
using simul_test::sink_log;
using simul_test::temp_dir;
using simul_test::text_sink;

struct point {
    int x = 0;
    std::optional<double> y;

    static constexpr auto csv_columns = simul::csv::columns(simul::csv::column("the x", &point::x),
                                                            simul::csv::column("y", &point::y));
};

constexpr simul::csv::writer_options small{.buffer_size = 16};

// The message of what an await throws.
template <class Awaitable>
task<std::string> error_of(Awaitable awaited) {
    std::string message = "nothing was thrown";
    try {
        co_await std::move(awaited);
    } catch (const std::exception& e) {
        message = e.what();
    }
    co_return message;
}

TEST(csv_writer, rows_of_fields_ranges_and_records_reach_the_file) {
    const temp_dir dir;
    run_real([&]() -> task<> {
        writer out = co_await writer::open(dir / "list.csv");
        co_await out.write_row("a,b", 1, 2.5, true, std::optional<int>());
        const std::vector<std::string> fields{"c", "d \"e\""};
        co_await out.write(fields);
        co_await out.write_header<point>();
        co_await out.write(point{1, 0.5});
        co_await out.close();
    });
    EXPECT_EQ(content_of(dir / "list.csv"),
              "\"a,b\",1,2.5,true,\nc,\"d \"\"e\"\"\"\nthe x,y\n1,0.5\n");
}

TEST(csv_writer, the_header_comes_before_the_first_record_and_is_read_back) {
    const temp_dir dir;
    const auto path = dir / "list.csv";
    run_real([&]() -> task<> {
        writer out = co_await writer::open(path, {.delimiter = ';'}, small);
        for (int i = 0; i < 100; ++i) {
            point p{i, {}};
            if (i % 2 == 0) p.y = i / 8.0;
            co_await out.write(p);
        }
        co_await out.close();
        auto all = simul::csv::rows_as<point>(path, {.delimiter = ';'});
        int i = 0;
        while (const point* p = co_await all.next()) {
            EXPECT_EQ(p->x, i);
            EXPECT_EQ(p->y, i % 2 == 0 ? std::optional(i / 8.0) : std::nullopt);
            ++i;
        }
        EXPECT_EQ(i, 100);

        sink_log bare;
        writer second(text_sink(bare), {}, {.header = false});
        co_await second.write(point{1, 2});
        co_await second.close();
        EXPECT_EQ(bare.text, "1,2\n");
    });
}

TEST(csv_writer, what_was_read_is_written_as_it_was) {
    const temp_dir dir;
    std::mt19937 random(11);
    std::string text;
    for (int row = 0; row < 2000; ++row) {
        for (int field = 0; field < 5; ++field) {
            if (field != 0) text += ',';
            text += '"';
            for (auto n = 1 + random() % 12; n != 0; --n) {
                const char c = static_cast<char>(random() % 256);
                text.append(c == '"' ? 2 : 1, c);
            }
            text += '"';
        }
        text += '\n';
    }
    const auto from = dir.file("from.csv", text);
    run_real([&]() -> task<> {
        writer out =
            co_await writer::open(dir / "to.csv", {}, {.quote_all = true, .buffer_size = 1000});
        auto rows = simul::csv::rows(from);
        while (const auto* row = co_await rows.next()) co_await out.write(*row);
        co_await out.close();
    });
    EXPECT_EQ(content_of(dir / "to.csv"), text);
}

TEST(csv_writer, an_open_file_is_written_from_where_it_stands) {
    using simul::fs::mode;
    const temp_dir dir;
    const auto path = dir.file("log.csv", "old\n");
    run_real([&]() -> task<> {
        simul::fs::file log = co_await simul::fs::open(path, mode::append);
        writer out(std::move(log));
        co_await out.write_row("new");
        co_await out.close();
    });
    EXPECT_EQ(content_of(path), "old\nnew\n");
}

TEST(csv_writer, a_row_costs_no_suspension_while_there_is_room) {
    sink_log log;
    log.delay = 1ms;
    run_virtual([&]() -> task<> {
        writer out(text_sink(log), {}, {.buffer_size = 1000});
        int turns = 0;
        auto count = [&]() -> task<> {
            for (;; ++turns) co_await simul::yield();
        };
        auto counter = simul::spawn(count());
        for (int i = 0; i < 99; ++i) co_await out.write_row("12345678"); // 9 bytes
        EXPECT_EQ(turns, 0);
        EXPECT_EQ(log.writes, 0);
        counter.cancel();
        co_await out.close();
    });
    EXPECT_EQ(log.text.size(), 99u * 9);
    EXPECT_EQ(log.writes, 1);
    EXPECT_EQ(log.closed, 1);
}

TEST(csv_writer, a_slow_sink_holds_back_its_writer) {
    sink_log log;
    log.delay = 1s;
    run_virtual([&]() -> task<> {
        const auto start = simul::clock::now();
        writer out(text_sink(log), {}, {.buffer_size = 10});
        co_await out.write_row("123456789"); // the first buffer: written in the background
        co_await out.write_row("1234");
        EXPECT_EQ(simul::clock::now() - start, 0s);
        co_await out.write_row("1234"); // the second is full, too
        EXPECT_EQ(simul::clock::now() - start, 1s);
        EXPECT_EQ(log.text.size(), 10u);
        co_await out.close();
        EXPECT_EQ(simul::clock::now() - start, 2s);
    });
    EXPECT_EQ(log.text, "123456789\n1234\n1234\n");
}

TEST(csv_writer, a_sink_by_name_is_never_written_to_behind_its_back) {
    sink_log log;
    log.delay = 1s;
    run_virtual([&]() -> task<> {
        const auto start = simul::clock::now();
        text_sink sink(log);
        {
            writer out(sink, {}, {.buffer_size = 10});
            co_await out.write_row("123456789");
            EXPECT_EQ(simul::clock::now() - start, 1s);
            co_await out.write_row("x");
            co_await out.close();
        }
        EXPECT_EQ(log.closed, 0);
    });
    EXPECT_EQ(log.text, "123456789\nx\n");
}

TEST(csv_writer, flush_writes_what_there_is) {
    sink_log log;
    run_virtual([&]() -> task<> {
        writer out{text_sink(log)};
        co_await out.write_row(1);
        EXPECT_EQ(log.text, "");
        co_await out.flush();
        EXPECT_EQ(log.text, "1\n");
        co_await out.flush();
        EXPECT_EQ(log.writes, 1);
        co_await out.close();
        co_await out.close();
        EXPECT_EQ(log.closed, 1);
        std::string error;
        try {
            (void)out.write_row(2);
        } catch (const std::logic_error& e) {
            error = e.what();
        }
        EXPECT_EQ(error, "simul: write to a stream: it was closed before");
    });
}

TEST(csv_writer, rows_of_several_tasks_do_not_mix) {
    sink_log log;
    log.delay = 1ms;
    const std::string row = std::string(20, 'x') + "," + std::string(20, 'y') + "\n";
    run_virtual([&]() -> task<> {
        writer out(text_sink(log), {}, small);
        auto write = [&]() -> task<> {
            for (int i = 0; i < 20; ++i)
                co_await out.write_row(std::string(20, 'x'), std::string(20, 'y'));
        };
        std::vector<task<>> writers;
        for (int i = 0; i < 10; ++i) writers.push_back(write());
        co_await simul::gather(std::move(writers));
        co_await out.close();
    });
    std::string all;
    for (int i = 0; i < 200; ++i) all += row;
    EXPECT_EQ(log.text, all);
}

TEST(csv_writer, a_failed_write_is_thrown_by_the_next_call_and_stays) {
    for (const int failing : {0, 1, 3}) {
        sink_log log;
        log.failing_write = failing;
        log.delay = 1ms;
        run_virtual([&]() -> task<> {
            writer out(text_sink(log), {}, small);
            std::string error;
            int written = 0;
            try {
                for (; written < 100; ++written) co_await out.write_row("123456789");
            } catch (const std::runtime_error& e) {
                error = e.what();
            }
            EXPECT_EQ(error, "the sink is full");
            EXPECT_LT(written, 100);
            EXPECT_THROW((void)out.write_row(1), std::runtime_error);
            error = co_await error_of(out.flush());
            EXPECT_EQ(error, "the sink is full");
            error = co_await error_of(out.close());
            EXPECT_EQ(error, "the sink is full");
            EXPECT_EQ(log.closed, 1); // all the same
            error = co_await error_of(out.close());
            EXPECT_EQ(error, "the sink is full");
            EXPECT_EQ(log.closed, 1);
        });
        EXPECT_EQ(log.writes, failing + 1);
    }
}

TEST(csv_writer, a_full_disk_is_an_error_by_name) {
    run_real([]() -> task<> {
        simul::fs::file full = co_await simul::fs::open("/dev/full", simul::fs::mode::write);
        writer out(std::move(full), {}, small);
        co_await out.write_row("a row");
        const std::string error = co_await error_of(out.close());
        EXPECT_EQ(error, "write /dev/full: No space left on device");
    });
    const std::string missing = run_real(error_of(writer::open("/nonexistent/list.csv")));
    EXPECT_EQ(missing, "open /nonexistent/list.csv: No such file or directory");
    EXPECT_THROW((void)writer::open("list.csv", {.delimiter = '"'}), std::invalid_argument);
}

TEST(csv_writer, a_writer_that_is_dropped_says_what_it_loses) {
    const temp_dir dir;
    const auto path = dir / "list.csv";
    log_capture log;
    run_real([&]() -> task<> {
        writer out = co_await writer::open(path);
        co_await out.write_row("12345678");
    });
    EXPECT_TRUE(log.contains("9 bytes were not written to " + path.string() +
                             ": the writer was dropped without close()"))
        << log.text();
    EXPECT_EQ(content_of(path), "");
}

TEST(csv_writer, a_failure_that_nobody_saw_is_logged) {
    sink_log sink;
    sink.failing_write = 0;
    sink.delay = 1ms;
    for (const bool waits : {false, true}) {
        log_capture log;
        sink.writes = 0;
        run_virtual([&]() -> task<> {
            {
                writer out(text_sink(sink), {}, {.buffer_size = 10});
                co_await out.write_row("123456789");
                if (waits) co_await simul::sleep(2ms);
            }
            co_await simul::sleep(2ms);
        });
        EXPECT_EQ(log.count("10 bytes were not written to a stream: the sink is full"), 1)
            << log.text();
        EXPECT_EQ(simul_test::take_log(), "");
    }
}

TEST(csv_writer, a_dropped_writer_finishes_the_write_in_flight) {
    sink_log sink;
    sink.delay = 1ms;
    run_virtual([&]() -> task<> {
        {
            writer out(text_sink(sink), {}, {.buffer_size = 10});
            co_await out.write_row("123456789");
            writer moved(std::move(out));
        }
        co_await simul::sleep(2ms);
    });
    EXPECT_EQ(sink.text, "123456789\n");

    log_capture log; // but not when the loop ends before
    run_virtual([&]() -> task<> {
        writer out(text_sink(sink), {}, {.buffer_size = 10});
        co_await out.write_row("123456789");
    });
    EXPECT_TRUE(log.contains("10 bytes were not written to a stream")) << log.text();
}

TEST(csv_writer, a_cancel_while_it_waits_loses_nothing) {
    sink_log sink;
    sink.delay = 1s;
    run_virtual([&]() -> task<> {
        const auto start = simul::clock::now();
        writer out(text_sink(sink), {}, {.buffer_size = 10});
        int written = 0;
        auto work = [&]() -> task<> {
            for (; written < 10; ++written) co_await out.write_row("123456789");
        };
        auto writing = simul::spawn(work());
        co_await simul::sleep(1500ms);
        writing.cancel();
        const bool cancelled = co_await simul_test::was_cancelled(writing);
        EXPECT_TRUE(cancelled);
        EXPECT_EQ(simul::clock::now() - start, 1500ms);
        co_await out.write_row("the end");
        co_await out.close();
        std::string all;
        for (int i = 0; i <= written; ++i) all += "123456789\n";
        EXPECT_EQ(sink.text, all + "the end\n");
    });
}

TEST(csv_writer, a_cancelled_write_of_a_sink_by_name_is_no_success) {
    sink_log sink;
    sink.delay = 1s;
    run_virtual([&]() -> task<> {
        text_sink to(sink);
        writer out(to, {}, small);
        auto work = [&]() -> task<> {
            for (;;) co_await out.write_row("123456789");
        };
        auto writing = simul::spawn(work());
        co_await simul::sleep(500ms);
        writing.cancel();
        const bool cancelled = co_await simul_test::was_cancelled(writing);
        EXPECT_TRUE(cancelled);
        const std::string error = co_await error_of(out.close());
        EXPECT_EQ(error, "simul: write to a stream: an earlier write was cancelled half way");
    });
}

} // namespace
