// FIFOs, terminals, pipes and devices: what may have to wait for somebody else.

#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace std::chrono_literals;
using namespace simul_test;
namespace fs = simul::fs;

namespace {

std::filesystem::path fifo_in(const temp_dir& dir) {
    const auto path = dir / "fifo";
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return path;
}

void write_to(int fd, std::string_view text) {
    EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

int unread_of(int fd) {
    int bytes = -1;
    EXPECT_EQ(::ioctl(fd, FIONREAD, &bytes), 0);
    return bytes;
}

simul::task<std::string> all_of(fs::file& in) {
    std::string all;
    std::array<char, 100> buffer;
    while (const std::size_t n = co_await in.read(buffer)) all.append(buffer.data(), n);
    co_return all;
}

// Makes `fd` the descriptor of that number for as long as it lives.
class redirected {
public:
    redirected(int fd, int number) : number_(number), before_(::fcntl(number, F_DUPFD_CLOEXEC, 3)) {
        ::dup2(fd, number);
    }
    redirected(const redirected&) = delete;
    redirected& operator=(const redirected&) = delete;
    ~redirected() {
        ::dup2(before_, number_);
        ::close(before_);
    }

private:
    int number_;
    int before_;
};

struct pipe_ends {
    explicit pipe_ends() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
    ~pipe_ends() {
        close_reader();
        close_writer();
    }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    int reader() const { return ends[0]; }
    int writer() const { return ends[1]; }
    void close_reader() {
        if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
    }
    void close_writer() {
        if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
    }

    std::array<int, 2> ends{};
};

TEST(fs_stream, a_fifo_waits_for_a_writer_that_comes_later) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open(path);
        EXPECT_EQ(in.kind(), std::filesystem::file_type::fifo);
        auto reader = simul::spawn(all_of(in));
        co_await simul::sleep(20ms);
        EXPECT_FALSE(reader.done());
        const int writer = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        write_to(writer, "first ");
        co_await simul::sleep(20ms);
        EXPECT_FALSE(reader.done());
        write_to(writer, "second");
        ::close(writer);
        const std::string text = co_await reader;
        EXPECT_EQ(text, "first second");
    });
}

TEST(fs_stream, a_fifo_whose_writer_says_nothing_is_at_its_end) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open(path);
        auto reader = simul::spawn(all_of(in));
        co_await simul::sleep(10ms);
        ::close(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        const std::string text = co_await reader;
        EXPECT_EQ(text, "");
    });
}

TEST(fs_stream, many_waiting_fifos_do_not_hold_up_files) {
    const temp_dir dir;
    const auto data = dir.file("data", "text");
    run_real([&]() -> simul::task<> {
        std::vector<simul::join_handle<std::string>> readers;
        for (int i = 0; i < 20; ++i) {
            const auto path = dir / ("fifo" + std::to_string(i));
            EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
            auto read = [](std::filesystem::path from) -> simul::task<std::string> {
                fs::file in = co_await fs::open(from);
                co_return co_await all_of(in);
            };
            readers.push_back(simul::spawn(read(path)));
        }
        co_await simul::sleep(10ms);
        const std::string text = co_await fs::read_file(data);
        EXPECT_EQ(text, "text");
        for (int i = 0; i < 20; ++i) {
            const auto path = dir / ("fifo" + std::to_string(i));
            const int writer = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
            write_to(writer, std::to_string(i));
            ::close(writer);
        }
        for (int i = 0; i < 20; ++i) {
            const std::string got = co_await readers[static_cast<std::size_t>(i)];
            EXPECT_EQ(got, std::to_string(i));
        }
    });
}

TEST(fs_stream, a_cancel_ends_the_wait_for_a_fifo_at_once) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open(path);
        auto reader = simul::spawn(all_of(in));
        co_await simul::sleep(5ms);
        const std::string dump = simul::format_tasks();
        EXPECT_NE(dump.find("read " + path.string()), std::string::npos) << dump;
        reader.cancel();
        bool was_cancelled = false;
        try {
            co_await reader;
        } catch (const simul::cancelled&) {
            was_cancelled = true;
        }
        EXPECT_TRUE(was_cancelled);

        // The file is as good as before.
        const int writer = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        write_to(writer, "text");
        ::close(writer);
        const std::string text = co_await all_of(in);
        EXPECT_EQ(text, "text");
    });
}

TEST(fs_stream, what_still_waits_for_a_fifo_at_the_end_is_unwound) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    run_real([&]() -> simul::task<> {
        (void)simul::spawn([&]() -> simul::task<> { co_await fs::read_file(path); });
        (void)simul::spawn([&]() -> simul::task<> {
            fs::file in = co_await fs::open(path);
            co_await all_of(in);
        });
        co_await simul::sleep(10ms);
    });
}

TEST(fs_stream, opening_a_fifo_for_writing_needs_a_reader) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    run_real([&]() -> simul::task<> {
        try {
            co_await fs::open(path, fs::mode::write);
            ADD_FAILURE();
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code(), std::errc::no_such_device_or_address);
        }
    });
}

TEST(fs_stream, a_full_fifo_makes_the_writer_wait_for_the_reader) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    const std::string text = numbered_lines(50000);
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open(path);
        fs::file out = co_await fs::open(path, fs::mode::write);
        auto writer = simul::spawn([&]() -> simul::task<> {
            co_await out.write_all(text);
            co_await out.close();
        });
        co_await simul::sleep(5ms);
        EXPECT_FALSE(writer.done());
        const std::string got = co_await all_of(in);
        EXPECT_TRUE(got == text);
        co_await writer;
    });
}

TEST(fs_stream, both_directions_of_one_fifo_wait_at_once) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    run_real([&]() -> simul::task<> {
        fs::file both = co_await fs::open(path, fs::mode::read | fs::mode::write);
        const std::string text(200000, 'x');
        std::string got(text.size(), ' ');
        std::size_t n = 0;
        auto reader = simul::spawn([&]() -> simul::task<> {
            while (n < got.size()) n += co_await both.read(std::span(got).subspan(n));
        });
        co_await simul::sleep(5ms);
        EXPECT_FALSE(reader.done());
        auto writer = simul::spawn([&]() -> simul::task<> { co_await both.write_all(text); });
        co_await reader;
        co_await writer;
        EXPECT_TRUE(got == text);
        // A reader that waits does not keep a writer from waiting.
        auto waits = simul::spawn([&]() -> simul::task<> { co_await both.read(got); });
        co_await simul::yield();
        co_await both.write_all("x");
        co_await waits;
    });
}

TEST(fs_stream, a_writer_whose_reader_has_gone_gets_an_error_and_no_signal) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    run_real([&]() -> simul::task<> {
        const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        fs::file out = co_await fs::open(path, fs::mode::write);
        ::close(reader);
        try {
            co_await out.write_all("text");
            ADD_FAILURE();
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code(), std::errc::broken_pipe);
            EXPECT_EQ(std::string(e.what()), "write " + path.string() + ": Broken pipe");
        }
    });
}

TEST(fs_stream, a_writer_that_waits_gets_the_same_error_when_its_reader_goes) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    const std::string text(1U << 20, 'x'); // more than a FIFO holds
    const auto writers = std::to_array<simul::task<> (*)(std::filesystem::path, std::string_view)>({
        [](std::filesystem::path to, std::string_view all) -> simul::task<> {
            fs::file out = co_await fs::open(to, fs::mode::write);
            co_await out.write_all(all);
        },
        [](std::filesystem::path to, std::string_view all) -> simul::task<> {
            fs::file out = co_await fs::open(to, fs::mode::write);
            for (;;) co_await out.write(all);
        },
        [](std::filesystem::path to, std::string_view all) -> simul::task<> {
            co_await fs::write_file(to, all);
        },
    });
    for (const auto write : writers) {
        run_real([&]() -> simul::task<> {
            const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
            auto writer = simul::spawn(write(path, text));
            while (unread_of(reader) < ::fcntl(reader, F_GETPIPE_SZ)) co_await simul::sleep(1ms);
            EXPECT_FALSE(writer.done());
            ::close(reader);
            try {
                co_await writer;
                ADD_FAILURE();
            } catch (const std::system_error& e) {
                EXPECT_EQ(e.code(), std::errc::broken_pipe);
                EXPECT_EQ(std::string(e.what()), "write " + path.string() + ": Broken pipe");
            }
        });
    }
}

TEST(fs_stream, standard_output_whose_reader_goes_is_a_broken_pipe) {
    pipe_ends ends;
    std::string message;
    {
        const redirected output(ends.writer(), STDOUT_FILENO); // no test may print meanwhile
        ends.close_writer();
        run_real([&]() -> simul::task<> {
            fs::file out = co_await fs::open("/dev/stdout", fs::mode::write);
            const std::string text(1U << 20, 'x');
            auto writer = simul::spawn([&]() -> simul::task<> { co_await out.write_all(text); });
            co_await simul::sleep(10ms);
            ends.close_reader();
            try {
                co_await writer;
            } catch (const std::system_error& e) {
                message = e.what();
            }
        });
    }
    EXPECT_EQ(message, "write /dev/stdout: Broken pipe");
}

TEST(fs_stream, readers_that_come_and_go_break_no_wait_of_the_writer) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    const auto open_reader = [&] {
        return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    };
    std::atomic<bool> ended{false};
    const int first = open_reader();
    std::thread readers([&, fd = first]() mutable {
        std::string sink(1U << 16, ' ');
        while (!ended) {
            [[maybe_unused]] const ssize_t n = ::read(fd, sink.data(), sink.size());
            ::close(fd);
            fd = open_reader();
        }
        ::close(fd);
    });
    run_real([&]() -> simul::task<> {
        fs::file reader = co_await fs::open(path, fs::mode::read | fs::mode::write);
        fs::file out = co_await fs::open(path, fs::mode::write);
        co_await reader.close();
        const std::string text(100000, 'x');
        for (int written = 0; written < 40;) {
            try {
                co_await out.write(text);
                ++written;
            } catch (const std::system_error& e) {
                EXPECT_EQ(e.code(), std::errc::broken_pipe);
            }
        }
    });
    ended = true;
    readers.join();
}

TEST(fs_stream, reads_standard_input_from_a_pipe) {
    pipe_ends ends;
    const redirected input(ends.reader(), STDIN_FILENO);
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open("/dev/stdin");
        auto reader = simul::spawn(all_of(in));
        co_await simul::sleep(5ms);
        write_to(ends.writer(), "from a pipe");
        ends.close_writer();
        const std::string text = co_await reader;
        EXPECT_EQ(text, "from a pipe");
    });
    // The pipe that others share has not become non-blocking.
    EXPECT_EQ(::fcntl(ends.reader(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(fs_stream, reads_standard_input_from_a_file) {
    const temp_dir dir;
    const int file = ::open(dir.file("f", "from a file").c_str(), O_RDONLY | O_CLOEXEC);
    {
        const redirected input(file, STDIN_FILENO);
        run_real([&]() -> simul::task<> {
            fs::file in = co_await fs::open("/dev/stdin");
            const std::string text = co_await all_of(in);
            EXPECT_EQ(text, "from a file");
            const std::string whole = co_await fs::read_file("/dev/stdin");
            EXPECT_EQ(whole, "from a file");
        });
    }
    ::close(file);
}

TEST(fs_stream, reads_standard_input_from_a_socket) {
    std::array<int, 2> ends;
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    {
        const redirected input(ends[0], STDIN_FILENO);
        ::close(ends[0]);
        run_real([&]() -> simul::task<> {
            fs::file in = co_await fs::open("/dev/stdin", fs::mode::read | fs::mode::write);
            EXPECT_EQ(in.kind(), std::filesystem::file_type::socket);
            co_await in.write_all("question");
            std::string question(20, ' ');
            EXPECT_EQ(::read(ends[1], question.data(), question.size()), 8);
            auto reader = simul::spawn(all_of(in));
            co_await simul::sleep(5ms);
            // Who shares the socket has asked for no other behaviour.
            EXPECT_EQ(::fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
            write_to(ends[1], "answer");
            ::close(ends[1]);
            const std::string text = co_await reader;
            EXPECT_EQ(text, "answer");
        });
        EXPECT_EQ(::fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
    }
}

TEST(fs_stream, reads_the_whole_of_standard_input_from_a_socket_that_stays_blocking) {
    for (const int flags : {0, int{SOCK_NONBLOCK}}) {
        std::array<int, 2> ends;
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, ends.data()), 0);
        const redirected input(ends[0], STDIN_FILENO);
        const int before = ::fcntl(STDIN_FILENO, F_GETFL);
        ::close(ends[0]);
        run_real([&]() -> simul::task<> {
            auto reader = simul::spawn([]() -> simul::task<std::string> {
                co_return co_await fs::read_file("/dev/stdin");
            });
            co_await simul::sleep(10ms);
            EXPECT_EQ(::fcntl(STDIN_FILENO, F_GETFL), before);
            write_to(ends[1], "text");
            ::close(ends[1]);
            const std::string text = co_await reader;
            EXPECT_EQ(text, "text");
        });
        EXPECT_EQ(::fcntl(STDIN_FILENO, F_GETFL), before);
    }
}

TEST(fs_stream, reads_a_terminal_line_by_line) {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) {
        if (master >= 0) ::close(master);
        GTEST_SKIP() << "no pseudo terminals here";
    }
    std::array<char, 64> name;
    ASSERT_EQ(::ptsname_r(master, name.data(), name.size()), 0);
    run_real([&]() -> simul::task<> {
        fs::file terminal = co_await fs::open(name.data(), fs::mode::read | fs::mode::write);
        EXPECT_EQ(terminal.kind(), std::filesystem::file_type::character);
        std::string line(100, ' ');
        std::size_t n = 0;
        auto reader = simul::spawn([&]() -> simul::task<> { n = co_await terminal.read(line); });
        co_await simul::sleep(10ms);
        EXPECT_FALSE(reader.done());
        co_await terminal.write_all("name? ");
        write_to(master, "simul\n");
        co_await reader;
        EXPECT_EQ(line.substr(0, n), "simul\n");
        const char end_of_input = 4;
        write_to(master, std::string_view(&end_of_input, 1));
        n = co_await terminal.read(line);
        EXPECT_EQ(n, 0U);
    });
    ::close(master);
}

TEST(fs_stream, devices_that_cannot_be_waited_for_work_too) {
    run_real([&]() -> simul::task<> {
        fs::file zero = co_await fs::open("/dev/zero");
        std::string bytes(1000, 'x');
        const std::size_t n = co_await zero.read(bytes);
        EXPECT_EQ(n, 1000U);
        EXPECT_EQ(bytes, std::string(1000, '\0'));
        fs::file null = co_await fs::open("/dev/null", fs::mode::read | fs::mode::write);
        const std::string nothing = co_await all_of(null);
        EXPECT_EQ(nothing, "");
        co_await null.write_all(bytes);
        const std::string none = co_await fs::read_file("/dev/null");
        EXPECT_EQ(none, "");
        fs::file random = co_await fs::open("/dev/urandom");
        const std::size_t some = co_await random.read(bytes);
        EXPECT_EQ(some, 1000U);
    });
}

TEST(fs_stream, files_of_proc_have_content_though_their_size_is_zero) {
    run_real([]() -> simul::task<> {
        fs::file status = co_await fs::open("/proc/self/status");
        const std::uint64_t size = co_await status.size();
        EXPECT_EQ(size, 0U);
        const std::string text = co_await all_of(status);
        EXPECT_NE(text.find("Pid:\t" + std::to_string(::getpid())), std::string::npos);
        const std::string whole = co_await fs::read_file("/proc/self/status");
        EXPECT_NE(whole.find("Pid:\t" + std::to_string(::getpid())), std::string::npos);
        const std::string cpu = co_await fs::read_file("/proc/cpuinfo");
        EXPECT_FALSE(cpu.empty());
    });
}

TEST(fs_stream, read_file_reads_a_fifo_to_its_end) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    const std::string text = numbered_lines(50000);
    std::thread writer([&] {
        const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        std::string_view left = text;
        while (!left.empty()) {
            const ssize_t n = ::write(fd, left.data(), left.size());
            if (n < 0) break;
            left.remove_prefix(static_cast<std::size_t>(n));
        }
        ::close(fd);
    });
    const std::string got =
        run_real([&]() -> simul::task<std::string> { co_return co_await fs::read_file(path); });
    writer.join();
    EXPECT_TRUE(got == text);
}

TEST(fs_stream, write_file_writes_to_a_fifo_as_it_is_read) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    const std::string text = numbered_lines(50000);
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open(path);
        auto writer =
            simul::spawn([&]() -> simul::task<> { co_await fs::write_file(path, text); }, "writer");
        co_await simul::sleep(10ms);
        const std::string got = co_await all_of(in);
        EXPECT_TRUE(got == text);
        co_await writer;
    });
}

TEST(fs_stream, virtual_time_waits_for_a_fifo) {
    const temp_dir dir;
    const auto path = fifo_in(dir);
    std::thread writer;
    run_virtual([&]() -> simul::task<> {
        const auto began = simul::clock::now();
        writer = std::thread([&] {
            std::this_thread::sleep_for(20ms);
            const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
            write_to(fd, "text");
            ::close(fd);
        });
        auto late = simul::spawn([]() -> simul::task<> { co_await simul::sleep(1h); });
        const std::string text = co_await fs::read_file(path);
        EXPECT_EQ(text, "text");
        EXPECT_EQ(simul::clock::now() - began, 0s);
        co_await late;
    });
    writer.join();
}

} // namespace
