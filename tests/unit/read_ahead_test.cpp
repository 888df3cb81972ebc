#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <simul/coro/detail/read_ahead.hpp>
#include <simul/loop/accounting.hpp>
#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using simul::task;
using simul::detail::open_file;
using simul::detail::read_ahead;
using simul_test::run_real;
using simul_test::temp_dir;

// Where the bytes come from: the page cache if they are there, or always the pool.
enum class way { cache, pool };

task<std::shared_ptr<open_file>> open(std::filesystem::path path, way how) {
    simul::fs::file opened = co_await simul::fs::open(path);
    std::shared_ptr<open_file> file = opened.release();
    file->asks_cache = how == way::cache;
    co_return file;
}

std::string text_of(std::size_t size) {
    std::string text;
    while (text.size() < size) text += std::to_string(text.size()) + " ";
    text.resize(size);
    return text;
}

// Reads to the end and keeps the last `kept` bytes of each text in front of the next.
task<std::string> read_all(read_ahead& from, std::size_t kept) {
    std::string all;
    std::span<char> text;
    for (;;) {
        const std::span<char> rest = text.last(std::min(kept, text.size()));
        text = co_await from.next(rest);
        EXPECT_EQ(std::string_view(text.data(), rest.size()),
                  std::string_view(all).substr(all.size() - rest.size()));
        if (text.size() == rest.size()) break;
        all.append(text.data() + rest.size(), text.size() - rest.size());
    }
    co_return all;
}

TEST(read_ahead, gives_a_file_in_order_whatever_is_kept) {
    const temp_dir dir;
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 100'000U, 1'000'000U}) {
        const std::string text = text_of(size);
        const auto path = dir.file("text", text);
        for (const way how : {way::cache, way::pool}) {
            for (const std::size_t chunk : {1U, 100U, 4096U, 65536U, 262144U, 1U << 20U}) {
                if (size / chunk > 1000) continue;
                for (const std::size_t kept : {0U, 1U, 50U, 20'000U, 200'000U}) {
                    run_real([&]() -> task<> {
                        auto file = co_await open(path, how);
                        read_ahead reader(std::move(file), chunk);
                        const std::string all = co_await read_all(reader, kept);
                        EXPECT_TRUE(all == text) << size << " by " << chunk << ", kept " << kept;
                        const std::span<char> after = co_await reader.next({});
                        EXPECT_TRUE(after.empty()) << "the end stays the end";
                    });
                }
            }
        }
    }
}

TEST(read_ahead, begins_where_the_file_stands) {
    const temp_dir dir;
    const auto path = dir.file("text", "HEADtext");
    for (const way how : {way::cache, way::pool}) {
        run_real([&]() -> task<> {
            auto opened = co_await simul::fs::open(path);
            std::array<std::byte, 4> head;
            (void)co_await opened.read(head);
            auto file = opened.release();
            file->asks_cache = how == way::cache;
            read_ahead reader(std::move(file), 3);
            const std::string all = co_await read_all(reader, 2);
            EXPECT_EQ(all, "text");
        });
    }
}

TEST(read_ahead, asks_for_several_chunks_at_once_and_only_within_the_file) {
    const temp_dir dir;
    const auto path = dir.file("text", text_of(100'000));
    run_real([&]() -> task<> {
        const auto before = simul::current_usage().requests;
        const auto in_flight = [&] { return simul::current_usage().requests - before; };
        std::int64_t most = 0;
        // Workers may be faster than the look at them.
        for (int tries = 0; tries < 1000 && most < 4; ++tries) {
            auto file = co_await open(path, way::pool);
            read_ahead reader(std::move(file), 1000);
            const auto read = [&]() -> task<> { (void)co_await reader.next({}); };
            auto reading = simul::spawn(read);
            co_await simul::yield();
            most = std::max(most, in_flight());
            co_await reading;
            for (std::int64_t i = 1; i < 100; ++i) {
                const std::span<char> text = co_await reader.next({});
                EXPECT_EQ(text.size(), 1000u);
                EXPECT_LE(in_flight(), std::min<std::int64_t>(4, 99 - i));
            }
            const std::span<char> end = co_await reader.next({});
            EXPECT_TRUE(end.empty());
        }
        EXPECT_EQ(most, 4);
    });
}

TEST(read_ahead, what_is_cached_needs_no_request) {
    const temp_dir dir;
    const auto path = dir.file("text", text_of(100'000));
    run_real([&]() -> task<> {
        const auto before = simul::current_usage().requests;
        auto file = co_await open(path, way::cache);
        read_ahead reader(file, 1000);
        for (int i = 0; i < 100; ++i) {
            (void)co_await reader.next({});
            if (!file->asks_cache) break; // this file system cannot say what is cached
            EXPECT_EQ(simul::current_usage().requests, before);
        }
    });
}

TEST(read_ahead, follows_a_file_that_grows_to_the_end_that_is_met) {
    const temp_dir dir;
    for (const way how : {way::cache, way::pool}) {
        const std::string text = text_of(50'000);
        const auto path = dir.file("log", text);
        run_real([&]() -> task<> {
            auto file = co_await open(path, how);
            read_ahead reader(std::move(file), 4096);
            std::string all;
            for (int i = 0; i < 20; ++i) {
                const std::span<char> got = co_await reader.next({});
                all.append(got.data(), got.size());
                if (i < 10) std::ofstream(path, std::ios::app) << std::string(1000, 'x');
            }
            all += co_await read_all(reader, 0);
            EXPECT_TRUE(all == text + std::string(10'000, 'x'));
        });
    }
}

TEST(read_ahead, ends_where_a_file_that_shrinks_ends) {
    const temp_dir dir;
    for (const way how : {way::cache, way::pool}) {
        const std::string text = text_of(50'000);
        const auto path = dir.file("log", text);
        run_real([&]() -> task<> {
            auto file = co_await open(path, how);
            read_ahead reader(std::move(file), 4096);
            const std::span<char> first = co_await reader.next({});
            std::string all(first.data(), first.size());
            std::filesystem::resize_file(path, 6000);
            all += co_await read_all(reader, 0);
            EXPECT_EQ(all, text.substr(0, all.size()));
            EXPECT_GE(all.size(), 6000u);
        });
    }
}

TEST(read_ahead, reads_files_of_proc_whose_size_nobody_knows) {
    for (const std::size_t chunk : {7U, 4096U, 262144U}) {
        run_real([&]() -> task<> {
            auto file = co_await open("/proc/self/status", way::cache);
            read_ahead reader(std::move(file), chunk);
            const std::string all = co_await read_all(reader, 3);
            EXPECT_TRUE(all.starts_with("Name:"));
            EXPECT_NE(all.find("voluntary_ctxt_switches"), std::string::npos);
        });
    }
}

TEST(read_ahead, an_error_comes_after_everything_before_it) {
    const temp_dir dir;
    const std::string text = text_of(100'000);
    const auto path = dir.file("text", text);
    for (const way how : {way::cache, way::pool}) {
        run_real([&]() -> task<> {
            auto file = co_await open(path, how);
            const int fd = file->fd;
            read_ahead reader(std::move(file), 1000);
            std::string all;
            std::error_code error;
            std::string message;
            try {
                for (int i = 0;; ++i) {
                    const std::span<char> got = co_await reader.next({});
                    if (got.empty()) break;
                    all.append(got.data(), got.size());
                    if (i != 4) continue;
                    // From now on there is a directory behind the descriptor.
                    const int directory = ::open(dir.path().c_str(), O_RDONLY | O_CLOEXEC);
                    EXPECT_EQ(::dup2(directory, fd), fd);
                    ::close(directory);
                }
            } catch (const std::system_error& e) {
                error = e.code();
                message = e.what();
            }
            EXPECT_EQ(error, std::errc::is_a_directory);
            EXPECT_NE(message.find("read " + path.string()), std::string::npos) << message;
            EXPECT_GE(all.size(), 5000u);
            EXPECT_LE(all.size(), 9000u);
            EXPECT_EQ(all, text.substr(0, all.size()));
        });
    }
}

TEST(read_ahead, requests_in_flight_outlive_a_reader_that_goes) {
    const temp_dir dir;
    const auto path = dir.file("text", text_of(2'000'000));
    run_real([&]() -> task<> {
        std::weak_ptr<open_file> watched;
        for (int chunks = 0; chunks < 6; ++chunks) {
            auto file = co_await open(path, way::pool);
            watched = file;
            auto reader = std::make_unique<read_ahead>(std::move(file), 300'000);
            for (int i = 0; i < chunks; ++i) (void)co_await reader->next({});
            reader.reset();
            while (!watched.expired()) co_await simul::sleep(100us);
        }
    });
}

TEST(read_ahead, a_cancel_ends_the_wait_at_once) {
    const temp_dir dir;
    const auto path = dir.file("text", text_of(2'000'000));
    run_real([&]() -> task<> {
        for (int turns = 0; turns < 5; ++turns) {
            auto file = co_await open(path, way::pool);
            read_ahead reader(std::move(file), 1 << 20);
            const auto read = [&]() -> task<> {
                for (;;) {
                    const std::span<char> text = co_await reader.next({});
                    if (text.empty()) break;
                }
            };
            auto reading = simul::spawn(read);
            for (int i = 0; i < turns; ++i) co_await simul::yield();
            reading.cancel();
            try {
                co_await reading;
            } catch (const simul::cancelled&) {
            }
            EXPECT_TRUE(reading.done());
        }
    });
}

TEST(read_ahead, says_what_it_waits_for) {
    const temp_dir dir;
    const auto path = dir.file("text", text_of(2'000'000));
    run_real([&]() -> task<> {
        std::string seen;
        // A worker may have been faster than the look at it.
        for (int tries = 0; tries < 1000 && seen.empty(); ++tries) {
            auto file = co_await open(path, way::pool);
            read_ahead reader(std::move(file), 1 << 20);
            const auto read = [&]() -> task<> { (void)co_await reader.next({}); };
            auto reading = simul::spawn(read);
            co_await simul::yield();
            const std::string tasks = simul::format_tasks();
            if (tasks.find("read " + path.string() + " at 0") != std::string::npos) seen = tasks;
            co_await reading;
        }
        EXPECT_NE(seen, "");
    });
}

} // namespace
