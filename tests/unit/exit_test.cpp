#include <simul/coro/async_stack.hpp>
#include <simul/coro/fs.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/to_thread.hpp>
#include <simul/loop/log.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

using simul::task;
using simul_test::run_virtual;
using simul_test::temp_dir;
using namespace std::chrono_literals;

// Static objects of this file are made before main() is entered, and so before spdlog's and those
// of the main thread: they go after them.
struct at_exit {
    at_exit() = default;
    at_exit(const at_exit&) = delete;
    at_exit& operator=(const at_exit&) = delete;
    ~at_exit() {
        if (action) action();
    }

    std::function<void()> action;
};
at_exit last_of_all;
simul::join_handle<> kept_for_ever;

// What a program writes to standard error that does `in_main` and then exits; its status is 0.
std::string errors_of_program(const std::function<void()>& in_main) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    (void)std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[0]);
        ::close(ends[1]);
        simul_test::stop_recording_log();
        in_main();
        std::exit(0);
    }
    ::close(ends[1]);
    std::string text;
    std::array<char, 4096> some{};
    for (ssize_t n = 0; (n = ::read(ends[0], some.data(), some.size())) > 0;) {
        text.append(some.data(), static_cast<std::size_t>(n));
    }
    ::close(ends[0]);
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << text;
    return text;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

task<> fails() {
    co_await simul::yield();
    throw std::runtime_error("deep down");
}

TEST(exit, a_static_object_may_log_after_spdlog_has_gone) {
    const std::string errors = errors_of_program([] {
        simul::log(simul::log_level::warning, "from main");
        last_of_all.action = [] { simul::log(simul::log_level::error, "from the {} %s end"); };
    });
    EXPECT_TRUE(contains(errors, "[warning] from main\n")) << errors;
    EXPECT_TRUE(contains(errors, "[simul] [error] from the {} %s end\n")) << errors;
}

TEST(exit, a_first_message_may_come_after_spdlog_has_gone) {
    const std::string errors = errors_of_program([] {
        simul::run(simul::yield());
        last_of_all.action = [] { simul::log(simul::log_level::error, "the first"); };
    });
    EXPECT_EQ(errors, "[simul] [error] the first\n");
}

TEST(exit, a_logger_that_is_silenced_stays_silent_after_spdlog_has_gone) {
    const std::string errors = errors_of_program([] {
        simul_test::write_errors_alone();
        last_of_all.action = [] {
            simul::log(simul::log_level::warning, "not this");
            simul::log(simul::log_level::error, "but this");
        };
        simul::log(simul::log_level::warning, "nor this");
    });
    EXPECT_EQ(errors, "[simul] [error] but this\n");
}

TEST(exit, a_global_handle_may_hold_a_failure_that_nobody_has_read) {
    const std::string errors = errors_of_program([] {
        run_virtual([]() -> task<> {
            kept_for_ever = simul::spawn(fails(), "background");
            co_await simul::sleep(1ms);
        });
    });
    EXPECT_TRUE(contains(errors, "nobody awaited task \"background\", which failed: deep down"))
        << errors;
}

TEST(exit, a_global_loop_reports_what_nobody_has_read) {
    const std::string errors = errors_of_program([] {
        static simul::loop global;
        kept_for_ever = global.spawn(fails(), "of a global loop");
        global.run(simul::sleep(1ms));
    });
    EXPECT_TRUE(contains(errors, "nobody awaited task \"of a global loop\"")) << errors;
}

// The thread's objects have gone by then.
TEST(exit, an_exception_may_leave_a_coroutine_in_the_destructor_of_a_static_object) {
    const std::string errors = errors_of_program([] {
        const auto fail = [] {
            try {
                simul::run(fails());
            } catch (const std::exception& e) {
                const auto stack = simul::async_stack_of(std::current_exception());
                std::fprintf(stderr, "%s\n%s", e.what(), stack.to_string().c_str());
            }
        };
        fail();
        last_of_all.action = fail;
    });
    const std::string once = errors.substr(0, errors.size() / 2);
    EXPECT_TRUE(contains(once, "deep down\n  at ")) << errors;
    EXPECT_TRUE(contains(once, "exit_test.cpp:")) << errors;
    EXPECT_EQ(errors, once + once);
}

task<> exits() {
    co_await simul::yield();
    std::exit(0);
}

TEST(exit, may_be_called_in_a_task_of_a_static_loop) {
    const std::string errors = errors_of_program([] {
        static simul::loop global;
        (void)global.spawn(simul::sleep(1h));
        global.run(exits());
    });
    EXPECT_TRUE(contains(errors, "a loop was destroyed while it ran")) << errors;
}

TEST(exit, may_be_called_in_a_thread_of_a_static_loop) {
    const std::string errors = errors_of_program([] {
        static simul::loop global;
        global.run(simul::to_thread([] { std::exit(0); }));
    });
    EXPECT_TRUE(contains(errors, "a loop was destroyed while it ran")) << errors;
}

TEST(exit, files_may_be_read_in_the_destructor_of_a_static_object) {
    const temp_dir dir;
    const auto file = dir.path() / "text";
    const std::string errors = errors_of_program([&] {
        const auto copy = [file] {
            simul::run([](std::filesystem::path path) -> task<> {
                std::string text = "some text\n";
                co_await simul::fs::write_file(path, text);
                text = co_await simul::fs::read_file(path);
                co_await simul::to_thread([&] { std::fputs(text.c_str(), stderr); });
            }(file));
        };
        copy();
        last_of_all.action = copy;
    });
    EXPECT_EQ(errors, "some text\nsome text\n");
}

} // namespace
