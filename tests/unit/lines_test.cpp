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
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
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

using texts = std::vector<std::string>;

struct everything {
    everything() = default;

    texts lines;
    std::string error;
    std::error_code code;
};

task<everything> read(async_generator<std::string_view> from) {
    everything all;
    try {
        while (const auto* line = co_await from.next()) all.lines.emplace_back(*line);
    } catch (const std::system_error& e) {
        all.error = e.what();
        all.code = e.code();
    } catch (const std::exception& e) {
        all.error = e.what();
    }
    const auto* const after = co_await from.next();
    EXPECT_EQ(after, nullptr);
    co_return all;
}

everything read_now(async_generator<std::string_view> from) {
    return simul::run(read(std::move(from)));
}

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator listing("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(listing), end(listing)));
}

// -------------------------------------------------------------------------------------- files

TEST(lines, are_those_of_the_file_for_every_chunk_size) {
    const temp_dir dir;
    const auto path = dir.file("text", "\xEF\xBB\xBF"
                                       "one\r\n\ntwo\rstill two\n" +
                                           std::string(5000, 'x') + "\r\n\0\0\n"s +
                                           "gr\xC3\xBC\xC3\x9F" + "\nlast");
    const texts expected{
        "one", "", "two\rstill two", std::string(5000, 'x'), "\0\0"s, "gr\xC3\xBC\xC3\x9F", "last"};
    std::vector<std::size_t> sizes{4095, 4096, 4097, 1 << 20};
    for (std::size_t n = 1; n <= 64; ++n) sizes.push_back(n);
    for (const std::size_t chunk : sizes) {
        const everything all = read_now(simul::lines(path, {.chunk_size = chunk}));
        ASSERT_EQ(all.lines, expected) << "by " << chunk;
    }
    EXPECT_EQ(read_now(simul::lines(path)).lines, expected);
}

TEST(lines, of_an_empty_file_are_none) {
    const temp_dir dir;
    EXPECT_EQ(read_now(simul::lines(dir.file("empty", ""))).lines, texts());
    EXPECT_EQ(read_now(simul::lines(dir.file("mark", "\xEF\xBB\xBF"))).lines, texts());
    EXPECT_EQ(read_now(simul::lines(dir.file("one", "\n"))).lines, texts{""});
    EXPECT_EQ(read_now(simul::lines("/dev/null")).lines, texts());
}

TEST(lines, a_line_is_valid_until_the_next_is_asked_for) {
    const temp_dir dir;
    const auto path = dir.file("text", simul_test::numbered_lines(1000));
    run_real([&]() -> task<> {
        auto lines = simul::lines(path, {.chunk_size = 100});
        std::size_t count = 0;
        while (auto line = co_await lines.next()) {
            if (count % 100 == 0) co_await simul::sleep(1ms);
            EXPECT_EQ(*line, "line " + std::to_string(count));
            ++count;
        }
        EXPECT_EQ(count, 1000u);
    });
}

TEST(lines, nothing_is_opened_before_the_first_next) {
    const temp_dir dir;
    auto lines = simul::lines(dir / "later");
    (void)dir.file("later", "there now\n");
    EXPECT_EQ(read_now(std::move(lines)).lines, texts{"there now"});
}

TEST(lines, a_file_is_closed_at_the_end_at_an_error_and_at_a_break) {
    const temp_dir dir;
    const auto path = dir.file("text", "one\ntwo\nthree, which is long\n");
    run_real([&]() -> task<> {
        const std::size_t before = open_descriptors();
        auto to_the_end = simul::lines(path);
        while (auto line = co_await to_the_end.next()) {
            EXPECT_FALSE(line->empty());
            EXPECT_EQ(open_descriptors(), before + 1);
        }
        EXPECT_EQ(open_descriptors(), before) << "at the end";

        auto to_an_error = simul::lines(path, {.max_line = 5});
        try {
            while (auto line = co_await to_an_error.next()) EXPECT_FALSE(line->empty());
            ADD_FAILURE() << "no error";
        } catch (const simul::line_error&) {
            EXPECT_EQ(open_descriptors(), before) << "at an error";
        }

        {
            auto to_a_break = simul::lines(path);
            (void)co_await to_a_break.next();
            EXPECT_EQ(open_descriptors(), before + 1);
        }
        EXPECT_EQ(open_descriptors(), before) << "at a break";
    });
}

TEST(lines, go_on_after_a_break) {
    const temp_dir dir;
    const auto path = dir.file("text", simul_test::numbered_lines(10));
    run_real([&]() -> task<> {
        auto lines = simul::lines(path);
        while (auto line = co_await lines.next()) {
            if (*line == "line 3") break;
        }
        auto moved = std::move(lines);
        const auto* const next = co_await moved.next();
        EXPECT_EQ(*next, "line 4");
    });
}

TEST(lines, of_files_in_proc_are_read) {
    const everything status = read_now(simul::lines("/proc/self/status", {.chunk_size = 7}));
    EXPECT_EQ(status.error, "");
    ASSERT_GT(status.lines.size(), 10u);
    EXPECT_TRUE(status.lines.front().starts_with("Name:"));
}

TEST(lines, of_the_kernel_log_are_waited_for_as_they_come) {
    // The one kind of regular file that says that it would block; reading it takes a right.
    const int kernel_log = ::open("/proc/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (kernel_log < 0) GTEST_SKIP() << "no kernel log here";
    ::close(kernel_log);
    run_real([]() -> task<> {
        auto reader = simul::spawn([]() -> task<> {
            auto lines = simul::lines("/proc/kmsg");
            while (co_await lines.next()) {
            }
        });
        co_await simul::sleep(100ms);
        EXPECT_FALSE(reader.done());
        reader.cancel();
        bool was_cancelled = false;
        try {
            co_await reader;
        } catch (const simul::cancelled&) {
            was_cancelled = true;
        } catch (const std::system_error& e) {
            ADD_FAILURE() << e.what();
        }
        EXPECT_TRUE(was_cancelled);
    });
}

TEST(lines, of_an_empty_file_that_grows_are_read_to_its_end) {
    const temp_dir dir;
    const auto path = dir.file("log", "");
    run_real([&]() -> task<> {
        auto lines = simul::lines(co_await simul::fs::open(path));
        std::ofstream(path) << "first\nsecond\n";
        std::vector<std::string> all;
        while (auto line = co_await lines.next()) all.emplace_back(*line);
        EXPECT_EQ(all, (std::vector<std::string>{"first", "second"}));
    });
}

// ------------------------------------------------------------------------------------- errors

TEST(lines, a_missing_file_is_named) {
    const everything all = read_now(simul::lines("/nonexistent/file"));
    EXPECT_EQ(all.code, std::errc::no_such_file_or_directory);
    EXPECT_NE(all.error.find("/nonexistent/file"), std::string::npos) << all.error;
}

TEST(lines, a_directory_is_named) {
    const temp_dir dir;
    const everything all = read_now(simul::lines(dir.path()));
    EXPECT_EQ(all.code, std::errc::is_a_directory);
    EXPECT_NE(all.error.find(dir.path().string()), std::string::npos) << all.error;
}

TEST(lines, an_unreadable_file_is_named) {
    if (::geteuid() == 0) {
        // Root may read everything but what the kernel itself refuses.
        const everything all = read_now(simul::lines("/proc/self/mem"));
        EXPECT_EQ(all.code, std::errc::io_error);
        EXPECT_NE(all.error.find("/proc/self/mem"), std::string::npos) << all.error;
        return;
    }
    const temp_dir dir;
    const auto path = dir.file("secret", "text");
    std::filesystem::permissions(path, std::filesystem::perms::none);
    const everything all = read_now(simul::lines(path));
    EXPECT_EQ(all.code, std::errc::permission_denied);
    EXPECT_NE(all.error.find("secret"), std::string::npos) << all.error;
}

TEST(lines, a_line_that_is_too_long_is_an_error_after_those_before_it) {
    const temp_dir dir;
    const auto path = dir.file("text", "one\r\ntwo\nlonger\nthree\n");
    for (const std::size_t chunk : {1U, 2U, 3U, 7U, 8U, 64U, 4096U}) {
        run_real([&]() -> task<> {
            auto lines = simul::lines(path, {.max_line = 5, .chunk_size = chunk});
            texts before;
            bool thrown = false;
            try {
                while (auto line = co_await lines.next()) before.emplace_back(*line);
            } catch (const simul::line_error& e) {
                thrown = true;
                EXPECT_EQ(e.line(), 3u);
                EXPECT_EQ(e.offset(), 9u);
                EXPECT_EQ(e.what(), path.string() + ":3: a line is longer than 5 bytes");
            }
            EXPECT_TRUE(thrown);
            EXPECT_EQ(before, (texts{"one", "two"}));
            const auto* const after = co_await lines.next();
            EXPECT_EQ(after, nullptr);
        });
        EXPECT_EQ(read_now(simul::lines(path, {.max_line = 6, .chunk_size = chunk})).lines.size(),
                  4u);
    }
}

TEST(lines, a_chunk_size_of_zero_is_refused_at_once) {
    EXPECT_THROW((void)simul::lines("file", {.chunk_size = 0}), std::invalid_argument);
}

TEST(lines, an_error_of_the_stream_comes_after_the_lines_before_it) {
    struct failing {
        failing() = default;
        int reads = 0;
        task<std::size_t> read(std::span<std::byte> into) {
            co_await simul::yield();
            if (++reads == 3) throw std::system_error(EIO, std::generic_category(), "read tape");
            into[0] = std::byte{'a'};
            into[1] = std::byte{'\n'};
            co_return 2;
        }
    };
    const everything all = read_now(simul::lines(failing()));
    EXPECT_EQ(all.lines, (texts{"a", "a"}));
    EXPECT_EQ(all.error, "read tape: Input/output error");
}

TEST(lines, a_stream_that_claims_too_much_is_refused) {
    struct liar {
        liar() = default;
        task<long> read(std::span<std::byte>) { co_return -1; }
    };
    const everything all = read_now(simul::lines(liar()));
    EXPECT_NE(all.error.find("more than was asked for"), std::string::npos) << all.error;
}

// --------------------------------------------------------------------- what changes meanwhile

TEST(lines, of_a_file_that_grows_are_read_to_the_end_that_is_met) {
    const temp_dir dir;
    const auto path = dir.file("log", "one\n");
    run_real([&]() -> task<> {
        auto lines = simul::lines(path);
        const auto* line = co_await lines.next();
        EXPECT_EQ(*line, "one");
        std::ofstream(path, std::ios::app) << "two\nthr";
        line = co_await lines.next();
        EXPECT_EQ(*line, "two");
        std::ofstream(path, std::ios::app) << "ee\n";
        line = co_await lines.next();
        EXPECT_EQ(*line, "three");
        line = co_await lines.next();
        EXPECT_EQ(line, nullptr);
    });
}

TEST(lines, of_a_file_that_shrinks_end_where_it_ends) {
    const temp_dir dir;
    const auto path = dir.file("log", simul_test::numbered_lines(10'000));
    run_real([&]() -> task<> {
        auto lines = simul::lines(path, {.chunk_size = 4096});
        std::size_t count = 0;
        while (auto line = co_await lines.next()) {
            if (++count == 5) std::filesystem::resize_file(path, 10);
            EXPECT_TRUE(line->starts_with("li"));
        }
        EXPECT_GE(count, 5u);
        EXPECT_LT(count, 5000u) << "nothing but what had been read ahead";
    });
}

// ------------------------------------------------------------------------------------ streams

TEST(lines, of_a_fifo_come_as_they_are_written) {
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
            for (const std::string_view part : {"fi", "rst\nsec", "ond\r", "\n", "third"}) {
                EXPECT_EQ(::write(fd, part.data(), part.size()), static_cast<ssize_t>(part.size()));
                co_await simul::sleep(5ms);
            }
            ::close(fd);
        };
        auto lines = simul::lines(path);
        auto first = simul::spawn(lines.next());
        co_await simul::sleep(20ms); // it is open and waits
        EXPECT_FALSE(first.done());
        auto writer = simul::spawn(write_slowly);
        const std::string_view* line = co_await first;
        EXPECT_EQ(*line, "first");
        EXPECT_FALSE(writer.done()) << "it came before the rest was written";
        line = co_await lines.next();
        EXPECT_EQ(*line, "second");
        line = co_await lines.next();
        EXPECT_EQ(*line, "third");
        line = co_await lines.next();
        EXPECT_EQ(line, nullptr);
        co_await writer;
    });
}

TEST(lines, of_a_pipe_by_its_descriptor_are_read) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const std::string_view text = "one\ntwo";
    ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(ends[1]);
    const everything all = read_now(simul::lines("/dev/fd/" + std::to_string(ends[0])));
    ::close(ends[0]);
    EXPECT_EQ(all.error, "");
    EXPECT_EQ(all.lines, (texts{"one", "two"}));
}

TEST(lines, end_by_a_cancel_while_a_fifo_is_silent) {
    const temp_dir dir;
    const auto path = dir / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    run_real([&]() -> task<> {
        const std::size_t before = open_descriptors();
        const auto consume = [&]() -> task<> {
            auto lines = simul::lines(path);
            while (auto line = co_await lines.next()) ADD_FAILURE() << *line;
        };
        auto consumer = simul::spawn(consume);
        co_await simul::sleep(20ms);
        consumer.cancel();
        bool cancelled = false;
        try {
            co_await consumer;
        } catch (const simul::cancelled&) {
            cancelled = true;
        }
        EXPECT_TRUE(cancelled);
        EXPECT_EQ(open_descriptors(), before);
    });
    ::close(writer);
}

TEST(lines, an_open_file_is_read_from_where_it_stands) {
    const temp_dir dir;
    const auto path = dir.file("text", "HEADone\ntwo\n");
    run_real([&]() -> task<> {
        auto file = co_await simul::fs::open(path);
        std::array<std::byte, 4> head;
        (void)co_await file.read(head);
        {
            auto lines = simul::lines(file, {.chunk_size = 4});
            const auto* const line = co_await lines.next();
            EXPECT_EQ(*line, "one");
        }
        EXPECT_TRUE(file.is_open()) << "a named file is only referred to";
        auto rest = simul::lines(file, {.chunk_size = 4});
        const auto* const line = co_await rest.next();
        EXPECT_EQ(*line, "two");
        co_await file.close();
    });
}

TEST(lines, a_file_that_is_handed_over_is_closed_with_them) {
    const temp_dir dir;
    const auto path = dir.file("text", "one\nlong line\n");
    run_real([&]() -> task<> {
        const std::size_t before = open_descriptors();
        auto file = co_await simul::fs::open(path);
        auto lines = simul::lines(std::move(file), {.max_line = 4});
        const auto* const line = co_await lines.next();
        EXPECT_EQ(*line, "one");
        EXPECT_EQ(open_descriptors(), before + 1);
        std::string error;
        try {
            (void)co_await lines.next();
        } catch (const simul::line_error& e) {
            error = e.what();
        }
        EXPECT_EQ(error, path.string() + ":2: a line is longer than 4 bytes");
        EXPECT_EQ(open_descriptors(), before);
    });
}

TEST(lines, two_readers_of_one_file_at_once_are_an_error) {
    const temp_dir dir;
    const auto path = dir / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    run_real([&]() -> task<> {
        auto file = co_await simul::fs::open(path);
        auto first = simul::lines(file);
        auto second = simul::lines(file);
        auto waiting = simul::spawn(first.next());
        co_await simul::sleep(10ms);
        std::string error;
        try {
            (void)co_await second.next();
        } catch (const std::logic_error& e) {
            error = e.what();
        }
        EXPECT_NE(error.find("still in flight"), std::string::npos) << error;
        EXPECT_EQ(::write(writer, "a\n", 2), 2);
        const std::string_view* const line = co_await waiting;
        EXPECT_EQ(*line, "a");
    });
    ::close(writer);
}

TEST(lines, of_a_stream_of_ones_own_with_reads_of_any_length) {
    const std::string text = simul_test::numbered_lines(500) + "\r\n\nlast";
    const texts expected = run_virtual([&]() -> task<texts> {
        everything all = co_await read(simul::lines(text_stream(text)));
        co_return all.lines;
    });
    ASSERT_EQ(expected.size(), 503u);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        run_virtual([&]() -> task<> {
            text_stream stream(text);
            stream.random_reads(seed, 1 + seed).slow(1us);
            const everything all = co_await read(simul::lines(stream, {.chunk_size = 64}));
            EXPECT_EQ(all.lines, expected);
            EXPECT_EQ(stream.position(), text.size()) << "a named stream is only referred to";
        });
    }
}

struct no_stream {
    int read(std::span<std::byte>);
};
static_assert(simul::byte_stream<simul::fs::file>);
static_assert(simul::byte_stream<text_stream>);
static_assert(!simul::byte_stream<no_stream>);
static_assert(!simul::byte_stream<int>);

// ------------------------------------------------------------------------------ steps and turns

TEST(lines, ask_the_stream_once_a_chunk_and_not_once_a_line) {
    const std::string text = simul_test::numbered_lines(100'000);
    run_virtual([&]() -> task<> {
        text_stream stream(text);
        stream.slow(1ms);
        const auto began = simul::clock::now();
        const everything all = co_await read(simul::lines(stream, {.chunk_size = 10'000}));
        EXPECT_EQ(all.lines.size(), 100'000u);
        const std::size_t chunks = text.size() / 10'000 + 1;
        EXPECT_EQ(stream.largest(), 10'000u);
        EXPECT_LE(stream.reads(), chunks + 1);
        EXPECT_LE(simul::clock::now() - began, 1ms * (chunks + 1)) << "no time but that of reads";
    });
}

TEST(lines, wait_only_for_a_chunk) {
    const temp_dir dir;
    const std::string text = simul_test::numbered_lines(100'000);
    const auto path = dir.file("text", text);
    // No real time passes here: a consumer that is slow (below) suspends more often.
    run_virtual([&]() -> task<> {
        std::size_t suspended = 0;
        std::size_t count = 0;
        auto lines = simul::lines(path, {.chunk_size = 64 << 10});
        for (;;) {
            auto next = lines.next();
            if (!next.await_ready()) ++suspended;
            const auto* const line = co_await next;
            if (line == nullptr) break;
            ++count;
        }
        EXPECT_EQ(count, 100'000u);
        // A batch of lines is bounded, too.
        EXPECT_LE(suspended, 2 * (count / 512 + text.size() / (64 << 10) + 2));
    });
}

TEST(lines, of_a_cached_file_cost_one_suspension_a_chunk) {
    const temp_dir dir;
    constexpr std::size_t chunk = 16 << 10;
    constexpr std::size_t chunks = 40;
    const std::string text = simul_test::numbered_lines(100'000);
    const auto path = dir.file("text", std::string_view(text).substr(0, chunks * chunk));
    const std::size_t seen =
        run_virtual(simul_test::suspensions_of(simul::lines(path, {.chunk_size = chunk})));
    EXPECT_GE(seen, chunks);
    EXPECT_LE(seen, chunks + 2) << "the opening, and the end";
}

TEST(lines, of_a_cached_file_let_other_tasks_go_on) {
    const temp_dir dir;
    const auto path = dir.file("text", simul_test::numbered_lines(200'000));
    int ticks = 0;
    int turns = 0;
    const auto tick = [&]() -> task<> {
        for (;; ++ticks) co_await simul::sleep(100us);
    };
    const auto turn = [&]() -> task<> {
        for (;; ++turns) co_await simul::yield();
    };
    run_real(simul::with_task_group([&](simul::task_group& others) -> task<> {
        others.spawn(tick());
        others.spawn(turn());
        const auto began = simul::clock::now();
        const everything all = co_await read(simul::lines(path, {.chunk_size = 16 << 10}));
        const auto took = simul::clock::now() - began;
        EXPECT_EQ(all.lines.size(), 200'000u);
        EXPECT_GT(turns, 50) << "one for a chunk at least";
        EXPECT_GT(ticks, took / 20ms) << "they ticked all the time";
        others.cancel();
    }));
}

TEST(lines, a_slow_consumer_gives_others_their_turn_within_a_chunk) {
    const temp_dir dir;
    const auto path = dir.file("text", simul_test::numbered_lines(2000)); // one chunk
    run_real([&]() -> task<> {
        int turns = 0;
        const auto turn = [&]() -> task<> {
            for (;; ++turns) co_await simul::yield();
        };
        auto turner = simul::spawn(turn);
        auto lines = simul::lines(path);
        std::size_t count = 0;
        while (auto line = co_await lines.next()) {
            count += line->empty() ? 0 : 1;
            const auto until = simul::clock::now() + 20us;
            while (simul::clock::now() < until) {
            }
        }
        EXPECT_EQ(count, 2000u);
        // 40 ms of work at least, of which no more than a millisecond or so in one turn.
        EXPECT_GT(turns, 20);
        turner.cancel();
    });
}

TEST(lines, a_slow_consumer_changes_nothing_on_the_virtual_clock) {
    const std::string text = simul_test::numbered_lines(2000);
    run_virtual([&]() -> task<> {
        int turns = 0;
        const auto turn = [&]() -> task<> {
            for (;; ++turns) co_await simul::yield();
        };
        auto turner = simul::spawn(turn);
        text_stream stream(text);
        auto lines = simul::lines(stream);
        while (auto line = co_await lines.next()) {
            EXPECT_FALSE(line->empty());
            const auto until = std::chrono::steady_clock::now() + 1us;
            while (std::chrono::steady_clock::now() < until) {
            }
        }
        EXPECT_LE(turns, 1);
        turner.cancel();
    });
}

TEST(lines, end_with_a_lone_cr_by_option) {
    const temp_dir dir;
    const auto path = dir.file("text", "one\rtwo\r\n\rthree\n\nlast");
    for (const std::size_t chunk : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 100U}) {
        EXPECT_EQ(read_now(simul::lines(path, {.chunk_size = chunk, .lone_cr = true})).lines,
                  (texts{"one", "two", "", "three", "", "last"}))
            << chunk;
    }
    EXPECT_EQ(read_now(simul::lines(path)).lines, (texts{"one\rtwo", "\rthree", "", "last"}));
}

TEST(lines, of_a_large_file_are_the_same_by_whichever_way_they_are_read) {
    const temp_dir dir;
    const std::string text = simul_test::numbered_lines(100'000);
    const auto path = dir.file("text", text);
    const everything by_cache = read_now(simul::lines(path));
    EXPECT_EQ(by_cache.lines.size(), 100'000u);
    const everything by_pool = read_now(simul::lines(path, {.chunk_size = 300'000}));
    EXPECT_EQ(by_pool.lines, by_cache.lines);
    const everything by_file = run_real([&]() -> task<everything> {
        auto file = co_await simul::fs::open(path);
        const everything all = co_await read(simul::lines(file));
        co_return all;
    });
    EXPECT_EQ(by_file.lines, by_cache.lines);
}

TEST(lines, of_many_files_at_once_in_any_order) {
    const temp_dir dir;
    std::vector<std::filesystem::path> paths;
    for (std::size_t i = 0; i < 20; ++i) {
        paths.push_back(dir.file("text" + std::to_string(i), simul_test::numbered_lines(100 + i)));
    }
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        simul_test::run_with({.shuffle_seed = seed}, [&]() -> task<> {
            std::vector<task<everything>> readers;
            for (std::size_t i = 0; i < 20; ++i) {
                readers.push_back(read(simul::lines(paths[i], {.chunk_size = 100 + seed})));
            }
            const std::vector<everything> all = co_await simul::gather(std::move(readers));
            for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(all[i].lines.size(), 100 + i);
        });
    }
}

} // namespace
