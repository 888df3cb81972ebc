// Files on a loop that lives inside a program's own uv_run.

#include <simul/simul.hpp>

#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <uv.h>

#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace simul_test;
namespace fs = simul::fs;

namespace {

class fs_hosted : public testing::Test {
protected:
    fs_hosted() {
        EXPECT_EQ(uv_loop_init(&host_), 0);
        EXPECT_EQ(::mkfifo(fifo_.c_str(), 0600), 0);
    }
    ~fs_hosted() override {
        EXPECT_EQ(uv_run(&host_, UV_RUN_DEFAULT), 0);
        EXPECT_EQ(uv_loop_close(&host_), 0) << "handles are left in the host's loop";
    }

    const temp_dir dir_;
    const std::filesystem::path fifo_ = dir_ / "fifo";
    uv_loop_t host_{};
};

simul::task<std::string> all_of(std::filesystem::path path) {
    fs::file in = co_await fs::open(path);
    std::string all;
    std::string buffer(100, ' ');
    while (const std::size_t n = co_await in.read(buffer)) all.append(buffer, 0, n);
    co_return all;
}

simul::task<> write_to(std::filesystem::path path, std::string text) {
    fs::file out = co_await fs::open(path, fs::mode::write);
    co_await out.write_all(text);
}

TEST_F(fs_hosted, reads_files_and_waits_for_fifos) {
    const std::string text = numbered_lines(50000);
    const auto data = dir_.file("data", text);
    simul::loop loop(&host_);
    auto from_file = loop.spawn(all_of(data));
    auto from_fifo = loop.spawn(all_of(fifo_));
    EXPECT_EQ(uv_run(&host_, UV_RUN_NOWAIT), 1);
    EXPECT_EQ(uv_run(&host_, UV_RUN_NOWAIT), 1);
    while (!from_file.done()) EXPECT_EQ(uv_run(&host_, UV_RUN_NOWAIT), 1);
    EXPECT_FALSE(from_fifo.done());
    auto writer = loop.spawn(write_to(fifo_, text));
    EXPECT_EQ(uv_run(&host_, UV_RUN_DEFAULT), 0);
    ASSERT_TRUE(from_fifo.done());
    ASSERT_TRUE(writer.done());
    const auto check = [&]() -> simul::task<> {
        const std::string a = co_await from_file;
        EXPECT_TRUE(a == text);
        const std::string b = co_await from_fifo;
        EXPECT_TRUE(b == text);
    };
    auto checked = loop.spawn(check());
    EXPECT_EQ(uv_run(&host_, UV_RUN_DEFAULT), 0);
    EXPECT_TRUE(checked.done());
    loop.close();
}

TEST_F(fs_hosted, closing_the_loop_ends_the_wait_for_a_fifo) {
    simul::loop loop(&host_);
    auto reader = loop.spawn(all_of(fifo_));
    auto whole = loop.spawn([&]() -> simul::task<> { co_await fs::read_file(fifo_); });
    for (int i = 0; i < 20; ++i) {
        uv_run(&host_, UV_RUN_NOWAIT);
        ::usleep(1000);
    }
    EXPECT_FALSE(reader.done());
    loop.close();
    EXPECT_TRUE(reader.done());
    EXPECT_TRUE(whole.done());
}

} // namespace
