#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

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

// Files may have this many bytes during its life.
class file_size_limit {
public:
    explicit file_size_limit(rlim_t bytes) : old_action_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const ::rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;
    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, old_action_);
    }

private:
    ::rlimit before_{};
    void (*old_action_)(int);
};

std::string read_all(const std::filesystem::path& path) {
    return run_real([&]() -> simul::task<std::string> { co_return co_await fs::read_file(path); });
}

TEST(fs_whole_file, many_small_files_read_at_once_are_each_their_own) {
    const temp_dir dir;
    std::vector<std::filesystem::path> paths;
    for (int i = 0; i < 200; ++i) {
        paths.push_back(dir.file("f" + std::to_string(i),
                                 std::string(static_cast<std::size_t>(10 * i), 'x') + "."));
    }
    paths.insert(paths.begin() + 100, dir / "missing");
    run_real([&]() -> simul::task<> {
        const auto size_of = [](std::filesystem::path path) -> simul::task<std::size_t> {
            try {
                const std::string text = co_await fs::read_file(path);
                co_return text.size();
            } catch (const std::system_error& e) {
                EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
            }
            co_return 0;
        };
        std::vector<simul::task<std::size_t>> readers;
        for (const auto& path : paths) readers.push_back(size_of(path));
        const std::vector<std::size_t> all = co_await simul::gather(std::move(readers));
        for (std::size_t i = 0; i < all.size(); ++i) {
            EXPECT_EQ(all[i], i == 100 ? 0 : 10 * (i < 100 ? i : i - 1) + 1);
        }
    });
}

TEST(fs_whole_file, large_files_after_many_small_ones_are_each_read_to_the_end) {
    const temp_dir dir;
    std::vector<std::filesystem::path> paths;
    for (int i = 0; i < 100; ++i) paths.push_back(dir.file("s" + std::to_string(i), "small"));
    for (unsigned i = 0; i < 12; ++i) { // each takes longer than a worker gives to its share
        paths.push_back(dir.file("l" + std::to_string(i), ""));
        std::filesystem::resize_file(paths.back(), (6U << 20U) + i);
    }
    run_real([&]() -> simul::task<> {
        const auto size_of = [](std::filesystem::path path) -> simul::task<std::size_t> {
            const std::string text = co_await fs::read_file(path);
            co_return text.size();
        };
        for (int round = 0; round < 2; ++round) {
            std::vector<simul::task<std::size_t>> readers;
            for (const auto& path : paths) readers.push_back(size_of(path));
            const std::vector<std::size_t> all = co_await simul::gather(std::move(readers));
            for (std::size_t i = 0; i < all.size(); ++i) {
                EXPECT_EQ(all[i], i < 100 ? 5 : (6U << 20U) + i - 100);
            }
        }
    });
}

TEST(fs_whole_file, a_read_that_is_cancelled_before_it_is_sent_off_hurts_no_other) {
    const temp_dir dir;
    const auto path = dir.file("text", "content");
    for (int turns = 0; turns < 4; ++turns) {
        run_real([&]() -> simul::task<> {
            const auto read = [&]() -> simul::task<std::string> {
                const std::string text = co_await fs::read_file(path);
                co_return text;
            };
            std::vector<simul::join_handle<std::string>> readers;
            for (int i = 0; i < 30; ++i) readers.push_back(simul::spawn(read));
            for (int i = 0; i < turns; ++i) co_await simul::yield();
            for (std::size_t i = 0; i < readers.size(); i += 3) readers[i].cancel();
            for (std::size_t i = 0; i < readers.size(); ++i) {
                try {
                    const std::string text = co_await readers[i];
                    EXPECT_EQ(text, "content");
                } catch (const simul::cancelled&) {
                    EXPECT_EQ(i % 3, 0u);
                }
            }
        });
    }
}

TEST(fs_whole_file, reads_what_is_there) {
    const temp_dir dir;
    EXPECT_EQ(read_all(dir.file("empty", "")), "");
    EXPECT_EQ(read_all(dir.file("one", "x")), "x");
    const std::string zeros(3, '\0');
    EXPECT_EQ(read_all(dir.file("zeros", zeros)), zeros);
    const std::string large = numbered_lines(1000000);
    EXPECT_TRUE(read_all(dir.file("large", large)) == large);
}

TEST(fs_whole_file, writes_and_reads_back) {
    const temp_dir dir;
    const auto path = dir / "notes.txt";
    run_real([&]() -> simul::task<> {
        const std::string text = numbered_lines(1000);
        co_await fs::write_file(path, text);
        std::string got = co_await fs::read_file(path);
        EXPECT_EQ(got, text);
        co_await fs::write_file(path, "short");
        got = co_await fs::read_file(path);
        EXPECT_EQ(got, "short");
        co_await fs::write_file(path, std::string(20U << 20, 'x'));
        const std::vector<std::byte> bytes(5, std::byte{'b'});
        co_await fs::write_file(path, bytes);
        got = co_await fs::read_file(path);
        EXPECT_EQ(got, "bbbbb");
        co_await fs::write_file(path, "");
        EXPECT_EQ(std::filesystem::file_size(path), 0U);
    });
}

TEST(fs_whole_file, errors_name_the_file_and_what_was_tried) {
    const temp_dir dir;
    run_real([&]() -> simul::task<> {
        const std::string missing = co_await error_of([] { return fs::read_file("/no/such"); });
        EXPECT_EQ(missing, "open /no/such: No such file or directory");
        const std::string directory = co_await error_of([&] { return fs::read_file(dir.path()); });
        EXPECT_EQ(directory, "open " + dir.path().string() + ": Is a directory");
        const std::string nowhere =
            co_await error_of([] { return fs::write_file("/no/such", "x"); });
        EXPECT_EQ(nowhere, "open /no/such: No such file or directory");
        const std::string onto = co_await error_of([&] { return fs::write_file(dir.path(), "x"); });
        EXPECT_EQ(onto, "open " + dir.path().string() + ": Is a directory");
        const std::string failing =
            co_await error_of([] { return fs::read_file("/proc/self/mem"); });
        EXPECT_EQ(failing, "read /proc/self/mem: Input/output error");
    });
}

TEST(fs_whole_file, a_full_disk_is_reported_every_time) {
    run_real([]() -> simul::task<> {
        for (int i = 0; i < 3; ++i) {
            const std::string message =
                co_await error_of([] { return fs::write_file("/dev/full", "text"); });
            EXPECT_EQ(message, "write /dev/full: No space left on device");
        }
    });
}

TEST(fs_whole_file, replacing_gives_the_new_content_and_keeps_the_permissions) {
    const temp_dir dir;
    const auto path = dir.file("settings", "old");
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    run_real([&]() -> simul::task<> {
        co_await fs::replace_file(path, "new");
        co_await fs::replace_file(dir / "other", "made");
    });
    EXPECT_EQ(content_of(path), "new");
    EXPECT_EQ(content_of(dir / "other"), "made");
    struct stat status;
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0640U);
    EXPECT_EQ(dir.count(), 2U);
}

TEST(fs_whole_file, replacing_a_file_in_the_working_directory) {
    const temp_dir dir;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(dir.path());
    run_real([]() -> simul::task<> { co_await fs::replace_file("plain", "text"); });
    std::filesystem::current_path(before);
    EXPECT_EQ(content_of(dir / "plain"), "text");
    EXPECT_EQ(dir.count(), 1U);
}

TEST(fs_whole_file, replacing_through_a_symbolic_link_replaces_what_it_points_to) {
    const temp_dir dir;
    dir.file("real", "old");
    std::filesystem::create_symlink("real", dir / "link");
    run_real([&]() -> simul::task<> { co_await fs::replace_file(dir / "link", "new"); });
    EXPECT_TRUE(std::filesystem::is_symlink(dir / "link"));
    EXPECT_EQ(content_of(dir / "real"), "new");
}

TEST(fs_whole_file, links_to_what_does_not_exist_yet_say_where_the_new_file_goes) {
    const temp_dir dir;
    std::filesystem::create_directory(dir / "deep");
    std::filesystem::create_symlink("deep/second", dir / "first");
    std::filesystem::create_symlink("../target", dir / "deep" / "second");
    std::filesystem::create_symlink(dir / "elsewhere", dir / "absolute");
    run_real([&]() -> simul::task<> {
        co_await fs::replace_file(dir / "first", "new");
        EXPECT_EQ(content_of(dir / "target"), "new");
        co_await fs::replace_file(dir / "first", "newer");
        EXPECT_EQ(content_of(dir / "target"), "newer");
        co_await fs::replace_file(dir / "absolute", "absolute");
        EXPECT_EQ(content_of(dir / "elsewhere"), "absolute");
        const auto before = std::filesystem::current_path();
        std::filesystem::current_path(dir.path());
        std::filesystem::create_symlink("beside", "relative");
        co_await fs::replace_file("relative", "relative");
        std::filesystem::current_path(before);
        EXPECT_EQ(content_of(dir / "beside"), "relative");
    });
    EXPECT_TRUE(std::filesystem::is_symlink(dir / "first"));
    EXPECT_TRUE(std::filesystem::is_symlink(dir / "deep" / "second"));
    EXPECT_TRUE(std::filesystem::is_symlink(dir / "absolute"));
    EXPECT_TRUE(std::filesystem::is_symlink(dir / "relative"));
    EXPECT_EQ(dir.count(), 7U); // with `deep`, and no temporary file
}

TEST(fs_whole_file, a_failed_replacement_names_the_file_that_was_asked_for) {
    const temp_dir dir;
    std::filesystem::create_symlink("loop", dir / "loop");
    std::filesystem::create_symlink("nodir/file", dir / "lost");
    dir.file("file", "old");
    run_real([&]() -> simul::task<> {
        const auto failure = [&](std::filesystem::path path) {
            return error_of([path] { return fs::replace_file(path, "new"); });
        };
        const auto expected = [&](const std::string& name, const std::string& what) {
            return "replace " + (dir / name).string() + ": " + what;
        };
        const std::string nowhere = co_await failure(dir / "nodir" / "settings");
        EXPECT_EQ(nowhere, expected("nodir/settings", "No such file or directory"));
        const std::string below = co_await failure(dir / "file" / "settings");
        EXPECT_EQ(below, expected("file/settings", "Not a directory"));
        const std::string circle = co_await failure(dir / "loop");
        EXPECT_EQ(circle, expected("loop", "Too many levels of symbolic links"));
        const std::string lost = co_await failure(dir / "lost");
        EXPECT_EQ(lost, expected("lost", "No such file or directory"));
        const std::string none = co_await failure("");
        EXPECT_EQ(none, "replace: No such file or directory");
        // A directory that takes no files, whoever asks.
        const std::string proc = co_await failure("/proc/self/settings");
        EXPECT_TRUE(proc.starts_with("replace /proc/self/settings: ")) << proc;
    });
    EXPECT_EQ(content_of(dir / "file"), "old");
    EXPECT_EQ(dir.count(), 3U);
}

TEST(fs_whole_file, a_failed_replacement_leaves_the_old_content_and_nothing_else) {
    const temp_dir dir;
    const auto path = dir.file("settings", "old");
    {
        const file_size_limit limit(5000);
        run_real([&]() -> simul::task<> {
            const std::string text(10000, 'x');
            const std::string message =
                co_await error_of([&] { return fs::replace_file(path, text); });
            EXPECT_EQ(message, "write " + path.string() + ": File too large");
        });
    }
    EXPECT_EQ(content_of(path), "old");
    EXPECT_EQ(dir.count(), 1U);
}

TEST(fs_whole_file, what_is_no_regular_file_is_not_replaced) {
    const temp_dir dir;
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    run_real([&]() -> simul::task<> {
        const std::string fifo =
            co_await error_of([&] { return fs::replace_file(dir / "fifo", "x"); });
        EXPECT_EQ(fifo, "replace " + (dir / "fifo").string() + ": Invalid argument");
        const std::string directory =
            co_await error_of([&] { return fs::replace_file(dir.path(), "x"); });
        EXPECT_EQ(directory, "replace " + dir.path().string() + ": Is a directory");
        const std::string missing =
            co_await error_of([&] { return fs::replace_file(dir / "no" / "such", "x"); });
        EXPECT_NE(missing.find("No such file or directory"), std::string::npos) << missing;
    });
    EXPECT_EQ(dir.count(), 1U);
}

TEST(fs_whole_file, a_reader_sees_the_old_content_or_the_new) {
    const temp_dir dir;
    const std::string a(100000, 'a');
    const std::string b(150000, 'b');
    const auto path = dir.file("f", a);
    run_real([&]() -> simul::task<> {
        bool ended = false;
        auto writer = simul::spawn([&]() -> simul::task<> {
            for (int i = 0; i < 10; ++i) {
                co_await fs::replace_file(path, b);
                co_await fs::replace_file(path, a);
            }
            ended = true;
        });
        while (!ended) {
            const std::string got = co_await fs::read_file(path);
            EXPECT_TRUE(got == a || got == b) << got.size();
        }
        co_await writer;
    });
}

} // namespace
