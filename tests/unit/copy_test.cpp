// From any source of bytes to any sink.

#include "byte_sink.hpp"
#include "byte_stream.hpp"
#include "cancel_each.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using simul::task;
using simul::fs::mode;
using simul_test::content_of;
using simul_test::numbered_lines;
using simul_test::run_real;
using simul_test::run_virtual;
using simul_test::sink_log;
using simul_test::temp_dir;
using simul_test::text_sink;
using simul_test::text_stream;

constexpr mode for_output = mode::create | mode::write | mode::truncate;

TEST(copy, files_are_copied_whole_for_any_chunk_size_and_number_of_chunks) {
    const temp_dir dir;
    for (const std::size_t lines : {0U, 1U, 1500U}) {
        const std::string text = numbered_lines(lines);
        const auto from = dir.file("from", text);
        for (const std::size_t chunk : {0U, 1000U, 4096U, 1U << 20U}) {
            if (chunk == 0 && lines > 1) continue;
            for (const std::size_t in_flight : {0U, 1U, 3U, 100U}) {
                run_real([&]() -> task<> {
                    simul::fs::file in = co_await simul::fs::open(from);
                    simul::fs::file out = co_await simul::fs::open(dir / "to", for_output);
                    const std::uint64_t n = co_await simul::copy(
                        in, out, {.chunk_size = chunk, .in_flight = in_flight});
                    EXPECT_EQ(n, text.size());
                    co_await out.write_all("end"); // it stands behind the copy
                    std::array<std::byte, 1> rest;
                    const std::size_t left = co_await in.read(rest);
                    EXPECT_EQ(left, 0u);
                    co_await out.close();
                });
                ASSERT_EQ(content_of(dir / "to"), text + "end") << chunk << " by " << in_flight;
            }
        }
    }
}

TEST(copy, begins_where_the_files_stand) {
    const temp_dir dir;
    const auto from = dir.file("from", "0123456789");
    const auto to = dir.file("to", "abcdef");
    run_real([&]() -> task<> {
        simul::fs::file in = co_await simul::fs::open(from);
        simul::fs::file out = co_await simul::fs::open(to, mode::write);
        std::array<std::byte, 4> head;
        (void)co_await in.read(head);
        co_await out.write_all("AB");
        const std::uint64_t n = co_await simul::copy(in, out, {.chunk_size = 2});
        EXPECT_EQ(n, 6u);
    });
    EXPECT_EQ(content_of(to), "AB456789");

    run_real([&]() -> task<> { // what is appended comes in order
        simul::fs::file in = co_await simul::fs::open(from);
        simul::fs::file out = co_await simul::fs::open(to, mode::append);
        (void)co_await simul::copy(in, out, {.chunk_size = 1});
    });
    EXPECT_EQ(content_of(to), "AB4567890123456789");
}

TEST(copy, files_without_a_size_are_copied_to_their_end) {
    const temp_dir dir;
    run_real([&]() -> task<> {
        simul::fs::file in = co_await simul::fs::open("/proc/self/status");
        simul::fs::file out = co_await simul::fs::open(dir / "status", for_output);
        const std::uint64_t n = co_await simul::copy(in, out, {.chunk_size = 100});
        EXPECT_GT(n, 100u);
    });
    EXPECT_TRUE(content_of(dir / "status").starts_with("Name:\tcopy_test"));

    const auto fifo = dir / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    run_real([&]() -> task<> {
        simul::fs::file in = co_await simul::fs::open(fifo);
        simul::fs::file writing = co_await simul::fs::open(fifo, mode::write);
        auto write = [&]() -> task<> {
            simul::fs::file to = std::move(writing);
            for (int i = 0; i < 10; ++i) {
                co_await to.write_all("part\n");
                co_await simul::sleep(1ms);
            }
        };
        simul::fs::file out = co_await simul::fs::open(dir / "parts", for_output);
        const auto both = co_await simul::gather(simul::copy(in, out), write());
        EXPECT_EQ(std::get<0>(both), 50u);
    });
    EXPECT_EQ(content_of(dir / "parts").size(), 50u);
}

TEST(copy, the_next_chunk_is_read_while_the_last_is_written) {
    sink_log log;
    log.delay = 1s;
    run_virtual([&]() -> task<> {
        const auto start = simul::clock::now();
        text_stream in(std::string(100, 'x'));
        in.slow(1s);
        const std::uint64_t n = co_await simul::copy(in, text_sink(log), {.chunk_size = 10});
        EXPECT_EQ(n, 100u);
        EXPECT_EQ(simul::clock::now() - start, 11s);
    });
    EXPECT_EQ(log.text, std::string(100, 'x'));
    EXPECT_EQ(log.closed, 0);
}

TEST(copy, temporaries_are_kept) {
    sink_log log;
    auto copied = simul::copy(text_stream("text"), text_sink(log));
    EXPECT_EQ(run_virtual(std::move(copied)), 4u);
    EXPECT_EQ(log.text, "text");
}

TEST(copy, a_failed_write_names_its_path) {
    const temp_dir dir;
    const auto from = dir.file("from", numbered_lines(10000));
    run_real([&]() -> task<> {
        simul::fs::file in = co_await simul::fs::open(from);
        simul::fs::file full = co_await simul::fs::open("/dev/full", mode::write);
        std::string error;
        try {
            (void)co_await simul::copy(in, full);
        } catch (const std::system_error& e) {
            error = e.what();
            EXPECT_EQ(e.code(), std::errc::no_space_on_device);
        }
        EXPECT_EQ(error, "write /dev/full: No space left on device");
        // Chunks at offsets: a file that may only be read.
        simul::fs::file read_only = co_await simul::fs::open(dir.file("to", ""));
        simul::fs::file again = co_await simul::fs::open(from);
        try {
            (void)co_await simul::copy(again, read_only, {.chunk_size = 1000});
            ADD_FAILURE() << "no error";
        } catch (const std::system_error& e) {
            error = e.what();
        }
        EXPECT_TRUE(error.starts_with("write " + (dir / "to").string())) << error;
    });
}

TEST(copy, a_sink_that_fails_ends_the_reading) {
    sink_log log;
    log.failing_write = 2;
    const bool failed = run_virtual(simul_test::throws<std::runtime_error>(
        simul::copy(text_stream(std::string(100, 'x')), text_sink(log), {.chunk_size = 10})));
    EXPECT_TRUE(failed);
    EXPECT_EQ(log.text.size(), 20u);
}

TEST(copy, a_cancel_leaves_nothing_in_flight) {
    const temp_dir dir;
    const auto from = dir.file("from", std::string(1 << 20, 'x'));
    for (int steps = 0; steps < 40; ++steps) {
        run_real([&]() -> task<> {
            simul::fs::file in = co_await simul::fs::open(from);
            simul::fs::file out = co_await simul::fs::open(dir / "to", for_output);
            auto copying = simul::spawn(simul::copy(in, out, {.chunk_size = 8192}));
            for (int i = 0; i < steps; ++i) co_await simul::yield();
            copying.cancel();
            (void)co_await simul_test::was_cancelled(copying);
            co_await out.close(); // throws when something is in flight
            co_await in.close();
        });
    }
}

} // namespace
