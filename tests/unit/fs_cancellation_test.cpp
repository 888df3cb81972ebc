#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace std::chrono_literals;
using namespace simul_test;
namespace fs = simul::fs;

namespace {

template <class T>
simul::task<bool> was_cancelled(simul::join_handle<T> handle) {
    try {
        co_await handle;
    } catch (const simul::cancelled&) {
        co_return true;
    }
    co_return false;
}

TEST(fs_cancellation, a_cancelled_task_starts_no_operation) {
    const temp_dir dir;
    const auto path = dir.file("f", "text");
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path, fs::mode::read | fs::mode::write);
        int refused = 0;
        auto task = simul::spawn([&]() -> simul::task<> {
            std::string buffer(10, ' ');
            const auto attempt = [&](auto operation) -> simul::task<> {
                try {
                    co_await operation();
                } catch (const simul::cancelled&) {
                    ++refused;
                }
            };
            co_await attempt([&] { return fs::open(path); });
            co_await attempt([&] { return f.read(buffer); });
            co_await attempt([&] { return f.write_all("x"); });
            co_await attempt([&] { return f.sync(); });
            co_await attempt([&] { return f.stat(); });
            co_await attempt([&] { return fs::read_file(path); });
            co_await attempt([&] { return fs::write_file(path, "x"); });
            co_await attempt([&] { return fs::replace_file(path, "x"); });
            co_await attempt([&] { return f.close(); });
        });
        task.cancel();
        co_await task;
        EXPECT_EQ(refused, 9);
        // Closed whatever happens.
        EXPECT_FALSE(f.is_open());
    });
    EXPECT_EQ(content_of(path), "text");
}

TEST(fs_cancellation, nothing_writes_to_the_buffer_after_the_await_has_ended) {
    const temp_dir dir;
    const auto path = dir.file("f", std::string(8U << 20, 'x'));
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path);
        for (int i = 0; i < 50; ++i) {
            std::unique_ptr<std::vector<char>> buffer;
            auto reader = simul::spawn([&]() -> simul::task<> {
                buffer = std::make_unique<std::vector<char>>(8U << 20);
                co_await f.read_at(*buffer, 0);
            });
            for (int turns = i % 5; turns > 0; --turns) co_await simul::yield();
            if (i % 3 == 0) co_await simul::sleep(100us);
            reader.cancel();
            co_await was_cancelled(reader);
            // A sanitizer sees a worker that would still write here.
            buffer.reset();
        }
    });
}

TEST(fs_cancellation, a_read_that_arrived_is_delivered_and_the_next_suspension_throws) {
    const temp_dir dir;
    const auto path = dir.file("f", std::string(1U << 20, 'x'));
    run_real([&]() -> simul::task<> {
        fs::file f = co_await fs::open(path);
        std::size_t got = 0;
        bool went_on = false;
        auto reader = simul::spawn([&]() -> simul::task<> {
            std::string buffer(1000, ' ');
            got = co_await f.read(buffer);
            co_await simul::yield();
            went_on = true;
        });
        // The first turn reads from the page cache or from the pool; by then it has arrived.
        co_await simul::yield();
        while (got == 0) {
            reader.cancel();
            co_await simul::yield();
        }
        const bool ended = co_await was_cancelled(reader);
        EXPECT_TRUE(ended);
        EXPECT_EQ(got, 1000U);
        EXPECT_FALSE(went_on);
    });
}

TEST(fs_cancellation, read_file_ends_at_once_and_its_request_is_reaped) {
    const temp_dir dir;
    const auto path = dir.file("f", std::string(32U << 20, 'x'));
    run_real([&]() -> simul::task<> {
        auto reader = simul::spawn([&]() -> simul::task<> { co_await fs::read_file(path); });
        co_await simul::sleep(1ms);
        if (!reader.done()) {
            reader.cancel();
            co_await simul::yield();
            EXPECT_TRUE(reader.done());
        }
        co_await was_cancelled(reader);
    });
}

TEST(fs_cancellation, a_cancelled_replacement_leaves_the_old_content_or_the_new) {
    const temp_dir dir;
    const auto path = dir.file("f", "old");
    const std::string text(6U << 20, 'n');
    run_real([&]() -> simul::task<> {
        for (int i = 0; i < 20; ++i) {
            auto writer =
                simul::spawn([&]() -> simul::task<> { co_await fs::replace_file(path, text); });
            co_await simul::yield();
            co_await simul::sleep(std::chrono::microseconds(i * 100));
            writer.cancel();
            const bool gave_up = co_await was_cancelled(writer);
            const auto size = std::filesystem::file_size(path);
            EXPECT_EQ(size, gave_up ? 3U : text.size());
            EXPECT_EQ(dir.count(), 1U);
            co_await fs::replace_file(path, "old");
        }
    });
}

TEST(fs_cancellation, a_cancelled_write_file_writes_nothing_afterwards) {
    const temp_dir dir;
    const auto path = dir / "f";
    const std::string text(32U << 20, 'x');
    run_real([&]() -> simul::task<> {
        for (int i = 0; i < 10; ++i) {
            auto writer =
                simul::spawn([&]() -> simul::task<> { co_await fs::write_file(path, text); });
            co_await simul::yield();
            co_await simul::sleep(std::chrono::microseconds(i * 200));
            writer.cancel();
            co_await was_cancelled(writer);
            co_await fs::write_file(path, "after");
            co_await simul::sleep(1ms);
            EXPECT_EQ(content_of(path), "after");
        }
    });
}

TEST(fs_cancellation, opens_that_are_cancelled_leave_no_descriptor) {
    const temp_dir dir;
    const auto path = dir.file("f", "text");
    run_real([&]() -> simul::task<> {
        std::vector<simul::join_handle<>> opening;
        for (int i = 0; i < 200; ++i) {
            opening.push_back(simul::spawn([&]() -> simul::task<> { co_await fs::open(path); }));
        }
        co_await simul::yield();
        for (std::size_t i = 0; i < opening.size(); i += 2) opening[i].cancel();
        for (auto& each : opening) co_await was_cancelled(each);
    });
}

TEST(fs_cancellation, a_close_goes_through_even_when_it_is_cancelled) {
    const temp_dir dir;
    const auto path = dir.file("f", "text");
    run_real([&]() -> simul::task<> {
        std::vector<simul::join_handle<>> closing;
        for (int i = 0; i < 100; ++i) {
            closing.push_back(simul::spawn([&]() -> simul::task<> {
                fs::file f = co_await fs::open(path);
                co_await f.close();
            }));
        }
        co_await simul::sleep(500us);
        for (auto& each : closing) each.cancel();
        for (auto& each : closing) co_await was_cancelled(each);
    });
}

TEST(fs_cancellation, files_of_a_suspended_task_are_closed_when_the_loop_ends) {
    const temp_dir dir;
    const auto path = dir.file("f", "text");
    run_real([&]() -> simul::task<> {
        for (int i = 0; i < 50; ++i) {
            (void)simul::spawn([&]() -> simul::task<> {
                fs::file f = co_await fs::open(path);
                co_await simul::sleep(1h);
            });
        }
        co_await simul::sleep(2ms);
    });
}

} // namespace
