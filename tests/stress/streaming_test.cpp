#include "build_kind.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using simul::task;

// ------------------------------------------------------------------------------------ memory

constexpr std::uint64_t large = std::uint64_t{10} << 30U;
constexpr std::uint64_t line_size = std::uint64_t{1} << 20U;
// A slow disk or an unoptimised build stops here: the memory tells as much by then.
constexpr auto longest = simul_test::release ? 8s : 2s;

std::uint64_t peak_memory_in_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6));
    }
    return 0;
}

struct progress {
    std::uint64_t elements = 0;
    std::uint64_t bytes = 0;
    std::uint64_t last_offset = 0;
};

task<progress> read_lines(simul::async_generator<std::string_view> lines) {
    progress made;
    const auto until = simul::clock::now() + longest;
    while (auto line = co_await lines.next()) {
        ++made.elements;
        made.last_offset = made.bytes;
        made.bytes += line->size() + 1;
        if (simul::clock::now() > until) break;
    }
    co_return made;
}

task<progress> read_rows(simul::async_generator<simul::csv::row> rows) {
    progress made;
    const auto until = simul::clock::now() + longest;
    while (auto row = co_await rows.next()) {
        ++made.elements;
        made.last_offset = row->offset();
        made.bytes += row->at(0).size() + 1;
        if (row->line() != made.elements || simul::clock::now() > until) break;
    }
    co_return made;
}

// As much text as the large file has, without a disk.
class endless_stream {
public:
    endless_stream() = default;

    task<std::size_t> read(std::span<std::byte> into) {
        if (at_ % (16 * line_size) == 0) co_await simul::yield();
        const std::uint64_t left = line_size - at_ % line_size;
        const auto n = static_cast<std::size_t>(std::min({left, large - at_, into.size()}));
        std::fill_n(into.data(), n, std::byte{'x'});
        if (n == left) into[n - 1] = std::byte{'\n'};
        at_ += n;
        co_return n;
    }

private:
    std::uint64_t at_ = 0;
};

task<progress> stream(std::string what, std::string path) {
    if (what == "lines") return read_lines(simul::lines(path));
    if (what == "rows") return read_rows(simul::csv::rows(path));
    if (what == "endless lines") return read_lines(simul::lines(endless_stream()));
    return read_rows(simul::csv::rows(endless_stream()));
}

// Runs in a process of its own, whose peak of memory is that of the streaming alone.
TEST(streaming, child) {
    const char* const what = std::getenv("SIMUL_STREAMS");
    if (what == nullptr) GTEST_SKIP() << "part of the tests below";
    const progress made = simul::run(stream(what, std::getenv("SIMUL_STREAMED_FILE")));
    std::printf("streamed %llu %llu %llu %llu\n", static_cast<unsigned long long>(made.elements),
                static_cast<unsigned long long>(made.bytes),
                static_cast<unsigned long long>(made.last_offset),
                static_cast<unsigned long long>(peak_memory_in_kib()));
}

// A file that takes little space on the disk: zeros, and here and there a newline.
bool make_large_file(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool good = fd >= 0 && ::ftruncate(fd, static_cast<off_t>(large)) == 0;
    for (std::uint64_t at = line_size - 1; good && at < large; at += line_size) {
        good = ::pwrite(fd, "\n", 1, static_cast<off_t>(at)) == 1;
    }
    ::close(fd);
    return good;
}

void check_memory_of(const char* what) {
    const simul_test::temp_dir dir;
    const auto path = dir / "large";
    if (!make_large_file(path)) GTEST_SKIP() << "no room for the large file";
    ::setenv("SIMUL_STREAMS", what, 1);
    ::setenv("SIMUL_STREAMED_FILE", path.c_str(), 1);
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    const std::string command = "'" + self + "' --gtest_filter=streaming.child 2>&1";
    std::FILE* const child = ::popen(command.c_str(), "r");
    ::unsetenv("SIMUL_STREAMS");
    ASSERT_NE(child, nullptr);
    std::string output;
    char part[256];
    while (std::fgets(part, sizeof part, child) != nullptr) output += part;
    ASSERT_EQ(::pclose(child), 0) << output;

    unsigned long long elements = 0;
    unsigned long long bytes = 0;
    unsigned long long last_offset = 0;
    unsigned long long peak = 0;
    const auto at = output.find("streamed ");
    ASSERT_NE(at, std::string::npos) << output;
    ASSERT_EQ(std::sscanf(output.c_str() + at, "streamed %llu %llu %llu %llu", &elements, &bytes,
                          &last_offset, &peak),
              4);
    EXPECT_GT(elements, 10u);
    EXPECT_EQ(bytes, elements * line_size);
    EXPECT_EQ(last_offset, bytes - line_size);
    if (simul_test::sanitized) return;
    EXPECT_LT(peak, 16U << 10U) << "KiB, after " << bytes << " bytes";
}

TEST(streaming, a_large_file_of_lines_takes_less_than_16_megabytes) { check_memory_of("lines"); }

TEST(streaming, a_large_file_of_rows_takes_less_than_16_megabytes) { check_memory_of("rows"); }

TEST(streaming, ten_gigabytes_of_lines_take_less_than_16_megabytes) {
    check_memory_of("endless lines");
}

TEST(streaming, ten_gigabytes_of_rows_take_less_than_16_megabytes) {
    check_memory_of("endless rows");
}

// -------------------------------------------------------------------------------- cancellation

task<std::size_t> count_lines(std::filesystem::path path, std::size_t chunk) {
    std::size_t count = 0;
    auto lines = simul::lines(path, {.chunk_size = chunk});
    while (auto line = co_await lines.next()) count += line->empty() ? 0 : 1;
    co_return count;
}

task<std::size_t> count_rows(std::filesystem::path path, std::size_t chunk) {
    std::size_t count = 0;
    auto rows = simul::csv::rows(path, {.chunk_size = chunk});
    while (auto row = co_await rows.next()) count += row->size() == 2 ? 1 : 0;
    co_return count;
}

TEST(streaming, readers_that_are_cancelled_at_random_keep_nothing) {
    constexpr std::size_t lines = 20'000;
    const simul_test::temp_dir dir;
    std::string text;
    for (std::size_t i = 0; i < lines; ++i) text += std::to_string(i) + ",\"a \"\"word\"\"\"\n";
    const auto path = dir.file("list.csv", text);
    std::mt19937 random(1);
    std::size_t ended = 0;
    std::size_t cancelled = 0;
    for (std::uint64_t round = 0; round < 40; ++round) {
        simul_test::run_with({.shuffle_seed = round}, [&]() -> task<> {
            std::vector<simul::join_handle<std::size_t>> readers;
            for (int i = 0; i < 25; ++i) {
                // The large chunks are more than is read from the page cache on the spot.
                const std::size_t chunk =
                    i % 5 == 0 ? std::size_t{1} << 20 : 1000 + random() % 9000;
                readers.push_back(i % 2 == 0 ? simul::spawn(count_lines(path, chunk))
                                             : simul::spawn(count_rows(path, chunk)));
            }
            for (auto& reader : readers) {
                const auto pause = random() % 20;
                for (unsigned i = 0; i < pause; ++i) co_await simul::yield();
                if (random() % 4 == 0) co_await simul::sleep(1us * (random() % 1000));
                if (random() % 4 != 0) reader.cancel();
            }
            for (auto& reader : readers) {
                try {
                    const std::size_t count = co_await reader;
                    EXPECT_EQ(count, lines);
                    ++ended;
                } catch (const simul::cancelled&) {
                    ++cancelled;
                }
            }
        });
    }
    EXPECT_EQ(ended + cancelled, 1000u);
    EXPECT_GT(ended, 0u);
    EXPECT_GT(cancelled, 0u);
}

TEST(streaming, readers_that_are_destroyed_at_random_keep_nothing) {
    const simul_test::temp_dir dir;
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + ",x\n";
    const auto path = dir.file("list.csv", text);
    std::mt19937 random(2);
    for (std::uint64_t round = 0; round < 30; ++round) {
        simul_test::run_with({.shuffle_seed = round}, [&]() -> task<> {
            std::vector<std::optional<simul::async_generator<std::string_view>>> all(10);
            std::vector<simul::join_handle<>> readers;
            const auto drain = [&](std::size_t i) -> task<> {
                try {
                    while (auto line = co_await all[i]->next()) EXPECT_FALSE(line->empty());
                } catch (const std::logic_error&) {
                    EXPECT_FALSE(all[i].has_value());
                }
            };
            for (std::size_t i = 0; i < all.size(); ++i) {
                const std::size_t chunk = i % 2 == 0 ? std::size_t{1} << 20 : 500 + random() % 500;
                all[i].emplace(simul::lines(path, {.chunk_size = chunk}));
                readers.push_back(simul::spawn(drain(i)));
            }
            for (std::size_t i = 0; i < all.size(); ++i) {
                const auto pause = random() % 10;
                for (unsigned k = 0; k < pause; ++k) co_await simul::yield();
                all[i].reset();
            }
            for (auto& reader : readers) co_await reader;
        });
    }
}

} // namespace
