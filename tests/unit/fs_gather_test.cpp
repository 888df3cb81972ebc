#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using namespace std::chrono_literals;

class fs_gather : public testing::Test {
protected:
    fs_gather() { std::ofstream(path_) << "0123456789"; }
    ~fs_gather() override { std::filesystem::remove(path_); }

    std::filesystem::path path_ =
        std::filesystem::path(testing::TempDir()) / "simul_fs_gather_test.txt";
};

TEST_F(fs_gather, file_operations_are_gathered_without_a_task_around_each) {
    const auto body = [this]() -> simul::task<> {
        auto [a, b] =
            co_await simul::gather(simul::fs::read_file(path_), simul::fs::read_file(path_));
        EXPECT_EQ(a, "0123456789");
        EXPECT_EQ(b, "0123456789");

        auto [file, again] = co_await simul::gather(simul::fs::open(path_), simul::fs::open(path_));
        std::array<char, 3> first{};
        std::array<char, 3> second{};
        auto [n, m] = co_await simul::gather(file.read_at(first, 0), file.read_at(second, 5));
        EXPECT_EQ(std::string(first.data(), n), "012");
        EXPECT_EQ(std::string(second.data(), m), "567");
        auto [size, status] = co_await simul::gather(file.size(), again.stat());
        EXPECT_EQ(size, 10U);
        EXPECT_EQ(status.size, 10U);
        co_await simul::gather(file.close(), again.close());
    };
    simul::run(body());
}

TEST_F(fs_gather, a_file_operation_is_run_spawned_and_timed_as_it_is) {
    EXPECT_EQ(simul::run(simul::fs::read_file(path_)), "0123456789");
    const auto body = [this]() -> simul::task<> {
        auto handle = simul::spawn(simul::fs::read_file(path_), "reader");
        const std::string text = co_await std::move(handle);
        EXPECT_EQ(text, "0123456789");
        const std::string in_time = co_await simul::timeout(1h, simul::fs::read_file(path_));
        EXPECT_EQ(in_time, "0123456789");
    };
    simul::run(body());
}

} // namespace
