#include <simul/coro/event.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

namespace {

using simul::task;
using simul_test::run_with;
using simul_test::tracked;
using simul_test::tracked_counts;
using namespace std::chrono_literals;

constexpr simul::run_options interruptible{.handle_sigint = true};

TEST(sigint, cancels_the_main_task_which_unwinds_every_other) {
    tracked_counts counts;
    const auto sleeps = [&]() -> task<> {
        const tracked local(counts);
        co_await simul::sleep(1h);
    };
    const auto main = [&]() -> task<> {
        (void)simul::spawn(sleeps());
        (void)simul::spawn([]() -> task<> {
            co_await simul::sleep(1ms);
            std::raise(SIGINT);
        });
        co_await simul::gather(sleeps(), sleeps());
    };
    EXPECT_THROW(run_with(interruptible, main), simul::cancelled);
    EXPECT_EQ(counts.constructed, 3);
    EXPECT_TRUE(counts.balanced());
}

TEST(sigint, is_worth_waiting_for) {
    const auto main = []() -> task<> {
        simul::event never;
        (void)simul::spawn([]() -> task<> {
            co_await simul::sleep(1ms);
            std::raise(SIGINT); // seen when every task waits, which is no deadlock
        });
        co_await never.wait();
    };
    EXPECT_THROW(run_with(interruptible, main), simul::cancelled);
}

TEST(sigint, lets_the_main_task_clean_up_and_return_its_value) {
    const auto main = []() -> task<int> {
        try {
            std::raise(SIGINT);
            co_await simul::sleep(1h);
        } catch (const simul::cancelled&) {
        }
        co_return 6;
    };
    EXPECT_EQ(run_with(interruptible, main), 6);
}

TEST(sigint, reaches_a_main_task_that_never_rests) {
    const auto main = []() -> task<> {
        std::raise(SIGINT);
        for (;;) co_await simul::yield();
    };
    EXPECT_THROW(run_with(interruptible, main), simul::cancelled);
}

TEST(sigint, is_handled_in_each_run_of_a_loop) {
    simul::loop loop(interruptible);
    const auto main = []() -> task<> {
        std::raise(SIGINT);
        co_await simul::sleep(1h);
    };
    for (int i = 0; i < 3; ++i) EXPECT_THROW(loop.run(main()), simul::cancelled);
}

// Runs in a process of its own and gives the signal that ended it, or -1.
template <class Fn>
int signal_that_ends(Fn fn) {
    const pid_t child = fork();
    if (child == 0) {
        fn();
        _exit(0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

TEST(sigint, the_second_ends_the_process) {
    EXPECT_EQ(signal_that_ends([] {
                  const auto main = []() -> task<> {
                      std::raise(SIGINT);
                      try {
                          co_await simul::sleep(1h);
                      } catch (const simul::cancelled&) {
                          std::raise(SIGINT);
                      }
                  };
                  try {
                      run_with(interruptible, main);
                  } catch (...) {
                  }
              }),
              SIGINT);
}

TEST(sigint, ends_the_process_at_once_when_nobody_asked_to_handle_it) {
    EXPECT_EQ(signal_that_ends([] {
                  const auto main = []() -> task<> {
                      std::raise(SIGINT);
                      co_return;
                  };
                  run_with({}, main);
              }),
              SIGINT);
}

TEST(sigint, is_as_usual_again_after_the_run) {
    EXPECT_EQ(signal_that_ends([] {
                  const auto main = []() -> task<> { co_return; };
                  run_with(interruptible, main);
                  std::raise(SIGINT);
              }),
              SIGINT);
}

// Sets what the signal does for as long as it lives.
class signal_action {
public:
    signal_action(int signal, void (*does)(int))
        : signal_(signal), before_(std::signal(signal, does)) {}
    signal_action(const signal_action&) = delete;
    signal_action& operator=(const signal_action&) = delete;
    ~signal_action() { std::signal(signal_, before_); }

private:
    int signal_;
    void (*before_)(int);
};

volatile std::sig_atomic_t own_calls = 0;
void own_handler(int) { own_calls = own_calls + 1; }

TEST(sigint, reaches_the_handler_of_the_program_again_after_the_run) {
    const signal_action own(SIGINT, own_handler);
    own_calls = 0;
    const auto main = []() -> task<> { co_await simul::sleep(1ms); };
    run_with(interruptible, main);
    std::raise(SIGINT);
    EXPECT_EQ(own_calls, 1);
    simul::loop loop(interruptible);
    for (int i = 0; i < 2; ++i) loop.run(main());
    std::raise(SIGINT);
    EXPECT_EQ(own_calls, 2);
}

TEST(sigint, reaches_the_handler_of_the_program_the_second_time) {
    const signal_action own(SIGINT, own_handler);
    own_calls = 0;
    const auto main = []() -> task<> {
        std::raise(SIGINT);
        try {
            co_await simul::sleep(1h);
        } catch (const simul::cancelled&) {
            EXPECT_EQ(own_calls, 0);
            std::raise(SIGINT);
        }
    };
    run_with(interruptible, main);
    EXPECT_EQ(own_calls, 1);
}

TEST(sigint, is_ignored_again_after_the_run_where_it_was_before) {
    const signal_action ignored(SIGINT, SIG_IGN);
    run_with(interruptible, []() -> task<> { co_return; });
    struct sigaction now{};
    ::sigaction(SIGINT, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_IGN);
}

TEST(sigint, goes_back_to_the_program_when_the_last_of_several_loops_has_ended) {
    const signal_action own(SIGINT, own_handler);
    own_calls = 0;
    {
        simul::loop first({.handle_sigint = true, .dump_signal = SIGINT});
        const auto main = []() -> task<> { co_return; };
        first.run(main());
        std::thread([&] { run_with(interruptible, main); }).join();
        struct sigaction now{};
        ::sigaction(SIGINT, nullptr, &now);
        EXPECT_NE(now.sa_handler, own_handler) << "the first loop still watches it";
    }
    std::raise(SIGINT);
    EXPECT_EQ(own_calls, 1);
}

} // namespace
