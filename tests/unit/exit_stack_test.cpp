#include <simul/coro/exit_stack.hpp>
#include <simul/coro/fs.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "cancel_each.hpp"
#include "log_capture.hpp"
#include "resources.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::exit_stack;
using simul::task;
using simul_test::counted_resource;
using simul_test::ending_of;
using simul_test::events;
using simul_test::log_capture;
using simul_test::run_real;
using simul_test::run_virtual;
using simul_test::temp_dir;
using simul_test::text_of;
using namespace std::chrono_literals;

class lease {
public:
    lease(events& log, std::string name) : log_(&log), name_(std::move(name)) {}

    task<int> enter() {
        co_await simul::sleep(1ms);
        if (name_ == "refused") throw std::runtime_error("no entry");
        log_->push_back("enter " + name_);
        co_return static_cast<int>(name_.size());
    }
    task<> exit(std::exception_ptr error) {
        co_await simul::sleep(1ms);
        log_->push_back("exit " + name_ + " with " + text_of(error));
        if (name_ == "broken") throw std::runtime_error("broken exit");
    }

private:
    events* log_;
    std::string name_;
};

TEST(exit_stack, tears_down_last_in_first_out_and_gives_the_body_s_value) {
    run_virtual([]() -> task<> {
        events log;
        const auto began = simul::clock::now();
        const int sum = co_await simul::with_exit_stack([&](exit_stack& stack) -> task<int> {
            const int& a = co_await stack.enter(lease(log, "a"));
            const int& b = co_await stack.enter(lease(log, "bb"));
            EXPECT_EQ(stack.size(), 2U);
            co_return a + b;
        });
        EXPECT_EQ(sum, 3);
        EXPECT_EQ(log,
                  (events{"enter a", "enter bb", "exit bb with nothing", "exit a with nothing"}));
        EXPECT_EQ(simul::clock::now() - began, 4ms);
    });
}

TEST(exit_stack, runs_callbacks_of_any_kind) {
    run_virtual([]() -> task<> {
        events log;
        const auto body = [&](exit_stack& stack) -> task<> {
            stack.push([&] { log.push_back("plain"); });
            stack.push([&]() -> task<> {
                co_await simul::sleep(1ms);
                log.push_back("awaited");
            });
            stack.push([&](std::exception_ptr error) { log.push_back(text_of(error)); });
            auto owned = std::make_unique<std::string>("owned");
            auto owner = [&log, owned = std::move(owned)](std::exception_ptr) -> task<> {
                co_await simul::yield();
                log.push_back(*owned);
            };
            stack.push(std::move(owner));
            co_await simul::yield();
            throw std::runtime_error("body failed");
        };
        EXPECT_EQ(co_await ending_of(simul::with_exit_stack(body)), "body failed");
        EXPECT_EQ(log, (events{"owned", "body failed", "awaited", "plain"}));
    });
}

TEST(exit_stack, runs_every_tear_down_whatever_fails_and_throws_the_first_failure) {
    log_capture captured;
    run_virtual([]() -> task<> {
        events log;
        const auto body = [&](exit_stack& stack) -> task<> {
            (void)co_await stack.enter(lease(log, "a"));
            stack.push([] { throw std::runtime_error("second"); });
            (void)co_await stack.enter(lease(log, "broken"));
            (void)co_await stack.enter(lease(log, "c"));
        };
        EXPECT_EQ(co_await ending_of(simul::with_exit_stack(body)), "broken exit");
        EXPECT_EQ(log, (events{"enter a", "enter broken", "enter c", "exit c with nothing",
                               "exit broken with nothing", "exit a with broken exit"}));
    });
    EXPECT_EQ(captured.count("second"), 1) << captured.text();
    EXPECT_EQ(captured.count("broken exit"), 0) << captured.text();
}

TEST(exit_stack, the_body_s_exception_comes_before_those_of_tear_downs) {
    log_capture captured;
    run_virtual([]() -> task<> {
        events log;
        const auto body = [&](exit_stack& stack) -> task<> {
            (void)co_await stack.enter(lease(log, "broken"));
            throw std::runtime_error("body failed");
        };
        EXPECT_EQ(co_await ending_of(simul::with_exit_stack(body)), "body failed");
    });
    EXPECT_EQ(captured.count("broken exit"), 1) << captured.text();
}

TEST(exit_stack, tears_down_what_was_set_up_before_a_set_up_that_fails) {
    run_virtual([]() -> task<> {
        events log;
        const auto body = [&](exit_stack& stack) -> task<> {
            (void)co_await stack.enter(lease(log, "a"));
            (void)co_await stack.enter(lease(log, "refused"));
        };
        EXPECT_EQ(co_await ending_of(simul::with_exit_stack(body)), "no entry");
        EXPECT_EQ(log, (events{"enter a", "exit a with no entry"}));
    });
}

TEST(exit_stack, closes_by_hand_and_again) {
    run_virtual([]() -> task<> {
        events log;
        exit_stack stack;
        co_await stack.close();
        (void)co_await stack.enter(lease(log, "a"));
        co_await stack.close();
        EXPECT_TRUE(stack.empty());
        co_await stack.close();
        (void)co_await stack.enter(lease(log, "broken"));
        EXPECT_EQ(co_await ending_of(stack.close()), "broken exit");
        EXPECT_EQ(stack.size(), 0U);
    });
}

TEST(exit_stack, closes_in_a_cancelled_task) {
    run_virtual([]() -> task<> {
        events log;
        const auto works = [&]() -> task<> {
            co_await simul::with_exit_stack([&](exit_stack& stack) -> task<> {
                (void)co_await stack.enter(lease(log, "a"));
                (void)co_await stack.enter(lease(log, "b"));
                co_await simul::sleep(1h);
            });
        };
        const auto h = simul::spawn(works());
        co_await simul::sleep(10ms);
        h.cancel();
        EXPECT_EQ(co_await ending_of(h), "cancelled");
        EXPECT_EQ(log.size(), 4U);
        EXPECT_EQ(log.back(), "exit a with cancelled");
    });
}

TEST(exit_stack, runs_what_a_tear_down_adds) {
    run_virtual([]() -> task<> {
        events log;
        exit_stack stack;
        stack.push([&] { log.push_back("last"); });
        stack.push([&] {
            log.push_back("first");
            stack.push([&] { log.push_back("added"); });
        });
        co_await stack.close();
        EXPECT_EQ(log, (events{"first", "added", "last"}));
    });
}

TEST(exit_stack, hands_its_tear_downs_on_when_it_is_moved) {
    run_virtual([]() -> task<> {
        events log;
        exit_stack kept;
        co_await simul::with_exit_stack([&](exit_stack& stack) -> task<> {
            (void)co_await stack.enter(lease(log, "a"));
            kept = std::move(stack); // all has gone well so far: not yet
        });
        EXPECT_EQ(log, (events{"enter a"}));
        co_await kept.close();
        EXPECT_EQ(log.size(), 2U);
    });
}

TEST(exit_stack, says_so_when_its_tear_downs_are_lost) {
    log_capture captured;
    {
        exit_stack stack;
        stack.push([] { ADD_FAILURE() << "nobody has closed it"; });
        stack.push([] { ADD_FAILURE() << "nobody has closed it"; });
    }
    EXPECT_EQ(captured.count("exit_stack was destroyed"), 1) << captured.text();
}

TEST(exit_stack, holds_a_hundred_thousand_tear_downs) {
    run_virtual([]() -> task<> {
        int run = 0;
        exit_stack stack;
        for (int i = 0; i < 100'000; ++i) {
            stack.push([&run, i] { EXPECT_EQ(run++, 99'999 - i); });
        }
        co_await stack.close();
        EXPECT_EQ(run, 100'000);
    });
}

TEST(exit_stack, keeps_files_open_until_it_is_closed) {
    const temp_dir dir;
    dir.file("a", "1");
    dir.file("b", "2");
    run_real([&]() -> task<> {
        simul::fs::file third = co_await simul::fs::open(dir / "a");
        co_await simul::with_exit_stack([&](exit_stack& stack) -> task<> {
            std::vector<simul::fs::file*> files;
            for (const char* const name : {"a", "b"}) {
                files.push_back(&co_await stack.enter(simul::fs::open(dir / name)));
            }
            EXPECT_EQ(&co_await stack.enter(third), &third) << "a named one is not moved";
            EXPECT_TRUE(files[0]->is_open() && files[1]->is_open() && third.is_open());
        });
        EXPECT_FALSE(third.is_open());
    });
}

// Each worker holds two things at a time.
struct shared_stacks {
    int open = 0;
    std::vector<int> done = std::vector<int>(2);

    std::size_t size() const { return done.size(); }
    task<> worker(std::size_t me) {
        const auto body = [&](exit_stack& stack) -> task<> {
            (void)co_await stack.enter(counted_resource(open));
            stack.push([&]() -> task<> {
                co_await simul::yield();
                --open;
            });
            ++open;
            co_await simul::yield();
            (void)co_await stack.enter(counted_resource(open));
            ++done[me];
        };
        co_await simul::with_exit_stack(body);
    }
    task<> check(std::size_t victim) {
        EXPECT_EQ(open, 0);
        for (std::size_t i = 0; i < size(); ++i) EXPECT_TRUE(i == victim || done[i] == 1);
        co_return;
    }
};

TEST(exit_stack, tears_down_all_that_was_set_up_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<shared_stacks>(14);
}

} // namespace
