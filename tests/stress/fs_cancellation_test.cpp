// Operations on files that are cancelled at any moment: nothing may be left, nothing written to
// memory that its owner has taken back.

#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace std::chrono_literals;
using namespace simul_test;
namespace fs = simul::fs;

namespace {

constexpr int all_cancellations = 100'000;
constexpr int at_once = 50;
constexpr std::size_t file_size = 300'000; // more than is read at once

struct places {
    std::filesystem::path data;
    std::filesystem::path fifo;
    std::filesystem::path scratch;
};

simul::task<> one_operation(const places& at, fs::file& shared, std::uint64_t dice) {
    const std::uint64_t offset = (dice >> 8) % file_size;
    const auto size = static_cast<std::size_t>((dice >> 32) % (file_size / 3));
    switch (dice % 8) {
    case 0:
    case 1: {
        std::vector<char> buffer(size);
        co_await shared.read_at(buffer, offset);
        break;
    }
    case 2: {
        const std::string text(size % 5000, 'w');
        co_await shared.write_at(text, offset);
        break;
    }
    case 3: {
        fs::file f = co_await fs::open(at.data);
        std::vector<char> buffer(size);
        while (const std::size_t n = co_await f.read(buffer)) {
            if (n == 0) break;
        }
        co_await f.close();
        break;
    }
    case 4: co_await fs::read_file(at.data); break;
    case 5: co_await fs::write_file(at.scratch, std::string(size % 10'000, 'x')); break;
    case 6: co_await fs::read_file(at.fifo); break;
    default: {
        fs::file f = co_await fs::open(at.fifo, fs::mode::read | fs::mode::write);
        auto reader = [](fs::file& from) -> simul::task<> {
            std::vector<char> buffer(100);
            co_await from.read(buffer);
        };
        auto writer = [](fs::file& to) -> simul::task<> { co_await to.write_all("x"); };
        co_await simul::gather(reader(f), writer(f));
    }
    }
}

TEST(fs_cancellation_stress, a_hundred_thousand_cancellations_leave_nothing) {
    const temp_dir dir;
    const places at{dir.file("data", std::string(file_size, 'd')), dir / "fifo", dir / "scratch"};
    ASSERT_EQ(::mkfifo(at.fifo.c_str(), 0600), 0);
    std::mt19937_64 random(20240607);
    int cancelled = 0;
    // Loops end with requests in flight, too.
    while (cancelled < all_cancellations) {
        run_real([&]() -> simul::task<> {
            fs::file shared = co_await fs::open(at.data, fs::mode::read | fs::mode::write);
            for (int round = 0; round < 20; ++round) {
                std::vector<simul::join_handle<>> tasks;
                for (int i = 0; i < at_once; ++i) {
                    tasks.push_back(simul::spawn(one_operation(at, shared, random())));
                }
                while (!tasks.empty()) {
                    if (random() % 4 == 0) co_await simul::yield();
                    if (random() % 64 == 0) co_await simul::sleep(20us);
                    const std::size_t i = random() % tasks.size();
                    tasks[i].cancel();
                    std::swap(tasks[i], tasks.back());
                    // Some are awaited, the others end by themselves or with the loop.
                    simul::join_handle<> last = std::move(tasks.back());
                    tasks.pop_back();
                    ++cancelled;
                    if (random() % 2 == 0) continue;
                    try {
                        co_await last;
                    } catch (const simul::cancelled&) {
                    }
                }
            }
        });
    }
    EXPECT_EQ(cancelled, all_cancellations);
}

} // namespace
