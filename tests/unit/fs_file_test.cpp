#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace std::chrono_literals;
using namespace simul_test;
namespace fs = simul::fs;

namespace {

// What a system_error thrown by `work` says, or "no error".
template <class Work>
simul::task<std::string> error_of(Work work) {
    try {
        co_await work();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().category(), std::generic_category());
        co_return e.what();
    }
    co_return "no error";
}

simul::task<std::string> rest_of(fs::file& in, std::size_t at_a_time) {
    std::string all;
    std::vector<char> buffer(at_a_time);
    while (const std::size_t n = co_await in.read(buffer)) all.append(buffer.data(), n);
    co_return all;
}

TEST(fs_file, reads_a_file_to_its_end_in_pieces_of_any_size) {
    const temp_dir dir;
    const std::string text = numbered_lines(2000);
    const auto path = dir.file("in", text);
    run_real([&]() -> simul::task<> {
        for (const std::size_t piece : {1000U, 4096U, 1U << 20}) {
            fs::file in = co_await fs::open(path);
            const std::string got = co_await rest_of(in, piece);
            EXPECT_EQ(got, text);
            const std::string after_the_end = co_await rest_of(in, piece);
            EXPECT_EQ(after_the_end, "");
            co_await in.close();
        }
    });
}

TEST(fs_file, copies_a_file_as_the_manual_shows) {
    const temp_dir dir;
    const std::string text = numbered_lines(20000);
    const auto path = dir.file("data.bin", text);
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open(path);
        fs::file out = co_await fs::open(dir / "copy.bin", fs::mode::create | fs::mode::write);
        std::array<std::byte, 65536> buffer;
        while (std::size_t n = co_await in.read(buffer)) {
            co_await out.write_all(std::span(buffer).first(n));
        }
        co_await out.close();
    });
    EXPECT_EQ(content_of(dir / "copy.bin"), text);
}

TEST(fs_file, reads_more_at_once_than_the_page_cache_is_asked_for) {
    const temp_dir dir;
    const std::string text = numbered_lines(200000);
    const auto path = dir.file("in", text);
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open(path);
        const std::string got = co_await rest_of(in, 1U << 20);
        EXPECT_TRUE(got == text);
    });
}

TEST(fs_file, an_empty_file_is_at_its_end_at_once) {
    const temp_dir dir;
    const auto path = dir.file("in", "");
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open(path);
        const std::string got = co_await rest_of(in, 16);
        EXPECT_EQ(got, "");
    });
}

TEST(fs_file, a_read_into_no_memory_gives_zero) {
    const temp_dir dir;
    const auto path = dir.file("in", "text");
    run_real([&]() -> simul::task<> {
        fs::file in = co_await fs::open(path);
        const std::size_t nothing = co_await in.read(std::span<std::byte>());
        EXPECT_EQ(nothing, 0U);
        const std::string got = co_await rest_of(in, 16);
        EXPECT_EQ(got, "text");
    });
}

TEST(fs_file, takes_every_kind_of_buffer) {
    const temp_dir dir;
    run_real([&]() -> simul::task<> {
        fs::file f =
            co_await fs::open(dir / "f", fs::mode::create | fs::mode::read | fs::mode::write);
        const std::string text = "string,";
        const std::array<unsigned char, 2> bytes{'u', ','};
        const std::vector<std::byte> plain{std::byte{'b'}, std::byte{','}};
        std::array<char, 2> chars{'c', ','};
        co_await f.write_all("literal,");
        co_await f.write_all(text);
        co_await f.write_all(std::string_view("view,"));
        co_await f.write_all(bytes);
        co_await f.write_all(plain);
        co_await f.write_all(chars);
        co_await f.write_all(std::span(chars).first(1));

        std::string all(64, '\0');
        const std::size_t n = co_await f.read_at(all, 0);
        EXPECT_EQ(all.substr(0, n), "literal,string,view,u,b,c,c");
        std::array<unsigned char, 7> word;
        co_await f.read_at(word, 0);
        EXPECT_EQ(std::memcmp(word.data(), "literal", 7), 0);
    });
}

TEST(fs_file, read_at_and_write_at_run_in_parallel_and_leave_the_position_alone) {
    const temp_dir dir;
    const auto path = dir.file("f", std::string(4096, '.'));
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path, fs::mode::read | fs::mode::write);
        std::vector<simul::task<>> writers;
        for (int i = 0; i < 16; ++i) {
            writers.push_back([](fs::file& to, int n) -> simul::task<> {
                const std::string text(256, static_cast<char>('a' + n));
                const std::size_t put =
                    co_await to.write_at(text, static_cast<std::uint64_t>(n) * 256);
                EXPECT_EQ(put, 256U);
            }(f, i));
        }
        co_await simul::gather(std::move(writers));
        std::vector<simul::task<>> readers;
        for (int i = 0; i < 16; ++i) {
            readers.push_back([](fs::file& from, int n) -> simul::task<> {
                std::string text(256, ' ');
                const std::size_t got =
                    co_await from.read_at(text, static_cast<std::uint64_t>(n) * 256);
                EXPECT_EQ(got, 256U);
                EXPECT_EQ(text, std::string(256, static_cast<char>('a' + n)));
            }(f, i));
        }
        co_await simul::gather(std::move(readers));
        std::string first(1, ' ');
        co_await f.read(first);
        EXPECT_EQ(first, "a");
        const std::size_t beyond = co_await f.read_at(first, 1U << 30);
        EXPECT_EQ(beyond, 0U);
    });
}

TEST(fs_file, two_sequential_operations_at_once_are_an_error_at_the_second) {
    const temp_dir dir;
    const auto path = dir.file("f", numbered_lines(1000));
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path, fs::mode::read | fs::mode::write);
        std::string large(1U << 20, ' ');
        auto first = simul::spawn([&]() -> simul::task<> { co_await f.read(large); });
        co_await simul::yield();
        std::string message;
        try {
            std::string small(10, ' ');
            co_await f.read(small);
        } catch (const std::logic_error& e) {
            message = e.what();
        }
        EXPECT_NE(message.find("f: another read or write of this file is still in flight"),
                  std::string::npos)
            << message;
        bool refused = false;
        try {
            co_await f.close();
        } catch (const std::logic_error&) {
            refused = true;
        }
        EXPECT_TRUE(refused);
        co_await first;
        EXPECT_TRUE(f.is_open());
        std::string again(10, ' ');
        co_await f.read(again);
        co_await f.close();
    });
}

TEST(fs_file, modes_say_what_becomes_of_what_is_there) {
    const temp_dir dir;
    const auto path = dir.file("f", "0123456789");
    run_real([&]() -> simul::task<> {
        {
            fs::file f = co_await fs::open(path, fs::mode::write);
            co_await f.write_all("ab");
            co_await f.close();
            EXPECT_EQ(content_of(path), "ab23456789");
        }
        {
            fs::file f = co_await fs::open(path, fs::mode::append);
            co_await f.write_all("end");
            co_await f.close();
            EXPECT_EQ(content_of(path), "ab23456789end");
        }
        {
            fs::file f = co_await fs::open(path, fs::mode::write | fs::mode::truncate);
            co_await f.write_all("new");
            co_await f.close();
            EXPECT_EQ(content_of(path), "new");
        }
        const std::string exists = co_await error_of([&] {
            return fs::open(path, fs::mode::write | fs::mode::create | fs::mode::exclusive);
        });
        EXPECT_EQ(exists, "open " + path.string() + ": File exists");
        const std::string missing =
            co_await error_of([&] { return fs::open(dir / "missing", fs::mode::write); });
        EXPECT_EQ(missing, "open " + (dir / "missing").string() + ": No such file or directory");
        fs::file made = co_await fs::open(dir / "made", fs::mode::write | fs::mode::create, 0600);
        const fs::file_status status = co_await made.stat();
        EXPECT_EQ(status.permissions,
                  std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    });
}

TEST(fs_file, modes_that_contradict_themselves_are_refused_and_touch_nothing) {
    const temp_dir dir;
    const auto path = dir.file("f", "content");
    run_real([&]() -> simul::task<> {
        using enum fs::mode;
        for (const fs::mode m : {truncate, read | truncate, read | create | truncate, exclusive,
                                 write | exclusive, write | truncate | exclusive}) {
            const std::string message = co_await error_of([&] { return fs::open(path, m); });
            EXPECT_EQ(message, "open " + path.string() + ": Invalid argument");
            EXPECT_EQ(content_of(path), "content");
        }
        const std::string missing =
            co_await error_of([&] { return fs::open(dir / "new", create | truncate); });
        EXPECT_EQ(missing, "open " + (dir / "new").string() + ": Invalid argument");
        fs::file f = co_await fs::open(path, append | truncate);
        EXPECT_EQ(content_of(path), "");
    });
    EXPECT_EQ(dir.count(), 1U);
}

TEST(fs_file, an_open_that_is_refused_at_once_leaves_its_task_to_go_on) {
    const auto refused = []() -> simul::task<int> {
        try {
            co_await fs::open("/dev/null", fs::mode::truncate);
        } catch (const std::system_error&) {
        }
        co_return 1;
    };
    EXPECT_EQ(simul::run(refused()), 1);
    run_real([&]() -> simul::task<> {
        const auto [a, b] = co_await simul::gather(refused(), refused());
        EXPECT_EQ(a + b, 2);
        EXPECT_EQ(co_await simul::timeout(1h, refused()), 1);
        EXPECT_EQ(co_await simul::shield(refused()), 1);
        EXPECT_EQ(co_await simul::spawn(refused()), 1);
    });
}

TEST(fs_file, stat_size_truncate_and_sync) {
    const temp_dir dir;
    const auto path = dir.file("f", "0123456789");
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path, fs::mode::read | fs::mode::write);
        const fs::file_status status = co_await f.stat();
        EXPECT_EQ(status.size, 10U);
        EXPECT_EQ(status.kind, std::filesystem::file_type::regular);
        EXPECT_EQ(f.kind(), std::filesystem::file_type::regular);
        EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - status.modified), 60s);
        co_await f.truncate(4);
        const std::uint64_t size = co_await f.size();
        EXPECT_EQ(size, 4U);
        co_await f.sync();
        EXPECT_EQ(content_of(path), "0123");
        EXPECT_EQ(f.path(), path);
    });
}

TEST(fs_file, a_missing_file_is_an_error_that_names_it) {
    run_real([]() -> simul::task<> {
        try {
            co_await fs::open("/no/such/file");
            ADD_FAILURE();
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
            EXPECT_STREQ(e.what(), "open /no/such/file: No such file or directory");
        }
    });
}

TEST(fs_file, a_directory_is_an_error_that_names_it) {
    const temp_dir dir;
    run_real([&]() -> simul::task<> {
        const std::string reading = co_await error_of([&] { return fs::open(dir.path()); });
        EXPECT_EQ(reading, "open " + dir.path().string() + ": Is a directory");
        const std::string writing =
            co_await error_of([&] { return fs::open(dir.path(), fs::mode::write); });
        EXPECT_EQ(writing, "open " + dir.path().string() + ": Is a directory");
    });
}

// The process is a user without privileges for as long as this lives.
class unprivileged {
public:
    unprivileged() {
        constexpr ::uid_t nobody = 65534;
        if (before_ == 0) {
            EXPECT_EQ(::seteuid(nobody), 0);
        }
    }
    unprivileged(const unprivileged&) = delete;
    unprivileged& operator=(const unprivileged&) = delete;
    ~unprivileged() { EXPECT_EQ(::seteuid(before_), 0); }

private:
    ::uid_t before_ = ::geteuid();
};

TEST(fs_file, a_file_without_permission_is_an_error_that_names_it) {
    const temp_dir dir;
    const auto path = dir.file("secret", "text");
    ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(path.c_str(), 0), 0);
    run_real([&]() -> simul::task<> {
        const unprivileged here;
        const std::string opening = co_await error_of([&] { return fs::open(path); });
        EXPECT_EQ(opening, "open " + path.string() + ": Permission denied");
        const std::string reading = co_await error_of([&] { return fs::read_file(path); });
        EXPECT_EQ(reading, "open " + path.string() + ": Permission denied");
        const std::string writing = co_await error_of([&] { return fs::write_file(path, "x"); });
        EXPECT_EQ(writing, "open " + path.string() + ": Permission denied");
    });
}

TEST(fs_file, a_read_error_in_the_middle_comes_after_what_was_read) {
    alignas(16) static const char known[] = "memory of this process";
    run_real([]() -> simul::task<> {
        fs::file memory = co_await fs::open("/proc/self/mem");
        char text[sizeof known];
        const std::size_t got = co_await memory.read_at(
            text, static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(known)));
        EXPECT_EQ(got, sizeof known);
        EXPECT_STREQ(text, known);
        const std::string message = co_await error_of([&] { return memory.read_at(text, 0); });
        EXPECT_EQ(message, "read /proc/self/mem: Input/output error");
    });
}

TEST(fs_file, a_file_that_shrinks_while_it_is_read_ends_early) {
    const temp_dir dir;
    const auto path = dir.file("f", std::string(100000, 'x'));
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path);
        std::vector<char> buffer(60000);
        std::size_t n = co_await f.read(buffer);
        EXPECT_EQ(n, 60000U);
        std::filesystem::resize_file(path, 50000);
        n = co_await f.read(buffer);
        EXPECT_EQ(n, 0U);
    });
}

TEST(fs_file, a_full_disk_is_reported_at_the_write) {
    run_real([]() -> simul::task<> {
        fs::file full = co_await fs::open("/dev/full", fs::mode::write);
        for (int i = 0; i < 2; ++i) {
            const std::string message = co_await error_of([&] { return full.write_all("x"); });
            EXPECT_EQ(message, "write /dev/full: No space left on device");
        }
        co_await full.close();
    });
}

TEST(fs_file, a_limit_in_the_middle_of_write_all_is_reported) {
    const temp_dir dir;
    ::rlimit before;
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit small{5000, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    run_real([&]() -> simul::task<> {
        fs::file out = co_await fs::open(dir / "f", fs::mode::create | fs::mode::write);
        const std::string text(20000, 'x');
        const std::string message = co_await error_of([&] { return out.write_all(text); });
        EXPECT_EQ(message, "write " + (dir / "f").string() + ": File too large");
        co_await out.close();
    });
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_action);
    EXPECT_EQ(std::filesystem::file_size(dir / "f"), 5000U);
}

TEST(fs_file, a_closed_file_says_so_by_name) {
    const temp_dir dir;
    const auto path = dir.file("f", "text");
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path);
        co_await f.close();
        EXPECT_FALSE(f.is_open());
        EXPECT_EQ(f.native_handle(), -1);
        std::string buffer(10, ' ');
        const std::string reading = co_await error_of([&] { return f.read(buffer); });
        EXPECT_EQ(reading, "read " + path.string() + ": Bad file descriptor");
        const std::string closing = co_await error_of([&] { return f.close(); });
        EXPECT_EQ(closing, "close " + path.string() + ": Bad file descriptor");
        const std::string syncing = co_await error_of([&] { return f.sync(); });
        EXPECT_EQ(syncing, "sync " + path.string() + ": Bad file descriptor");
    });
}

TEST(fs_file, an_empty_file_object_says_so) {
    const temp_dir dir;
    const auto path = dir.file("f", "text");
    run_real([&]() -> simul::task<> {
        fs::file empty;
        EXPECT_FALSE(empty.is_open());
        EXPECT_THROW((void)empty.sync(), std::logic_error);
        fs::file f = co_await fs::open(path);
        fs::file moved = std::move(f);
        EXPECT_THROW((void)f.path(), std::logic_error);
        const std::string got = co_await rest_of(moved, 10);
        EXPECT_EQ(got, "text");
    });
}

TEST(fs_file, writing_what_was_opened_for_reading_is_an_error) {
    const temp_dir dir;
    const auto path = dir.file("f", "text");
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path);
        const std::string message = co_await error_of([&] { return f.write_all("x"); });
        EXPECT_EQ(message, "write " + path.string() + ": Bad file descriptor");
        std::string buffer(1, ' ');
        EXPECT_THROW((void)f.read_at(buffer, std::uint64_t{1} << 63), std::system_error);
    });
}

TEST(fs_file, a_file_that_outlives_its_loop_still_closes) {
    const temp_dir dir;
    const auto path = dir.file("f", "text");
    fs::file f = run_real([&]() -> simul::task<fs::file> {
        fs::file opened = co_await fs::open(path);
        co_return opened;
    });
    EXPECT_TRUE(f.is_open());
    const std::string again = run_real([&]() { return rest_of(f, 3); });
    EXPECT_EQ(again, "text");
}

TEST(fs_file, a_destroyed_file_closes_while_its_operation_goes_on) {
    const temp_dir dir;
    const std::string text = numbered_lines(50000);
    const auto path = dir.file("f", text);
    run_real([&]() -> simul::task<> {
        std::string buffer(1U << 20, ' ');
        std::size_t got = 0;
        auto f = std::make_unique<fs::file>(co_await fs::open(path));
        auto reader = simul::spawn([&]() -> simul::task<> { got = co_await f->read(buffer); });
        co_await simul::yield();
        f.reset();
        co_await reader;
        EXPECT_EQ(got, text.size());
        EXPECT_EQ(buffer.substr(0, got), text);
    });
}

TEST(fs_file, descriptors_are_not_inherited) {
    const temp_dir dir;
    const auto path = dir.file("f", "text");
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path);
        EXPECT_NE(::fcntl(f.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
    });
}

TEST(fs_file, reading_lets_others_run) {
    const temp_dir dir;
    const auto path = dir.file("f", std::string(100000, 'x'));
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path);
        int turns = 0;
        bool ended = false;
        auto other = simul::spawn([&]() -> simul::task<> {
            while (!ended) {
                ++turns;
                co_await simul::yield();
            }
        });
        std::string piece(100, ' ');
        while (const std::size_t n = co_await f.read(piece)) EXPECT_EQ(n, 100U);
        ended = true;
        co_await other;
        EXPECT_GE(turns, 1000);
    });
}

TEST(fs_file, virtual_time_waits_for_a_read) {
    const temp_dir dir;
    const auto path = dir.file("f", std::string(1U << 20, 'x'));
    run_virtual([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path);
        const auto began = simul::clock::now();
        auto late = simul::spawn([]() -> simul::task<> { co_await simul::sleep(24h); });
        std::string all(1U << 20, ' ');
        const std::size_t n = co_await f.read(all);
        EXPECT_EQ(n, all.size());
        EXPECT_EQ(simul::clock::now() - began, 0s);
        co_await late;
        EXPECT_EQ(simul::clock::now() - began, 24h);
    });
}

TEST(fs_file, the_dump_says_what_is_read_and_where) {
    const temp_dir dir;
    const auto path = dir.file("data.csv", std::string(3U << 20, 'x'));
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path);
        std::string all(1U << 20, ' ');
        co_await f.read(all);
        auto reader = simul::spawn([&]() -> simul::task<> { co_await f.read(all); }, "reader");
        co_await simul::yield();
        const std::string dump = simul::format_tasks();
        EXPECT_NE(dump.find("read " + path.string() + " at 1048576"), std::string::npos) << dump;
        co_await reader;
    });
}

} // namespace
