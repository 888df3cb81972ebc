#include <simul/coro/event.hpp>
#include <simul/coro/fs.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/queue.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/timeout.hpp>
#include <simul/coro/with.hpp>
#include <simul/gen/async_generator.hpp>

#include "cancel_each.hpp"
#include "log_capture.hpp"
#include "resources.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

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

// A connection, say: takes a while to set up and to tear down.
class session {
public:
    explicit session(events& log, std::string name = "session")
        : log_(&log), name_(std::move(name)) {}

    task<> enter() {
        log_->push_back("enter " + name_);
        co_await simul::sleep(1ms);
        log_->push_back("entered " + name_);
    }
    task<> exit(std::exception_ptr error) {
        log_->push_back("exit " + name_ + " with " + text_of(error));
        co_await simul::sleep(1ms);
        if (fails) throw std::runtime_error("exit failed");
        log_->push_back("exited " + name_);
    }

    bool fails = false;

private:
    events* log_;
    std::string name_;
};

const events whole{"enter session", "entered session", "body", "exit session with nothing",
                   "exited session"};

TEST(with, sets_up_before_and_tears_down_after_the_body_and_gives_its_value) {
    run_virtual([]() -> task<> {
        events log;
        const auto began = simul::clock::now();
        const int n = co_await simul::with(session(log), [&](session&) -> task<int> {
            log.push_back("body");
            co_await simul::sleep(1ms);
            co_return 7;
        });
        EXPECT_EQ(n, 7);
        EXPECT_EQ(log, whole);
        EXPECT_EQ(simul::clock::now() - began, 3ms);
    });
}

TEST(with, gives_values_of_any_kind) {
    run_virtual([]() -> task<> {
        events log;
        session s(log);
        int place = 0;
        const auto refers = [&]() -> task<int&> { co_return place; };
        int& referred = co_await simul::with(s, refers);
        EXPECT_EQ(&referred, &place);
        const auto makes = [](session&) -> task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(4);
        };
        const std::unique_ptr<int> made = co_await simul::with(s, makes);
        EXPECT_EQ(*made, 4);
        co_await simul::with(s, [](session&) { return simul::sleep(1ms); });
        EXPECT_EQ(log.size(), 12U);
    });
}

TEST(with, tears_down_when_the_body_throws_and_throws_that_on) {
    run_virtual([]() -> task<> {
        events log;
        const auto fails = [](session&) -> task<> {
            co_await simul::yield();
            throw std::runtime_error("body failed");
        };
        EXPECT_EQ(co_await ending_of(simul::with(session(log), fails)), "body failed");
        EXPECT_EQ(log[2], "exit session with body failed");
        EXPECT_EQ(log.back(), "exited session");
    });
}

TEST(with, tears_down_when_the_body_throws_before_it_is_a_task) {
    run_virtual([]() -> task<> {
        events log;
        const auto fails = [](session&) -> task<> { throw std::runtime_error("no body"); };
        EXPECT_EQ(co_await ending_of(simul::with(session(log), fails)), "no body");
        EXPECT_EQ(log.back(), "exited session");
    });
}

TEST(with, awaits_the_tear_down_in_a_cancelled_task) {
    run_virtual([]() -> task<> {
        events log;
        const auto works = [&]() -> task<> {
            co_await simul::with(session(log), [](session&) { return simul::sleep(1h); });
        };
        const auto h = simul::spawn(works());
        co_await simul::sleep(10ms);
        h.cancel();
        const auto began = simul::clock::now();
        EXPECT_EQ(co_await ending_of(h), "cancelled");
        EXPECT_EQ(simul::clock::now() - began, 1ms);
        EXPECT_EQ(log[2], "exit session with cancelled");
        EXPECT_EQ(log.back(), "exited session");
    });
}

TEST(with, a_timeout_waits_for_the_tear_down) {
    run_virtual([]() -> task<> {
        events log;
        const auto body = [](session&) { return simul::sleep(1h); };
        EXPECT_EQ(co_await simul_test::throws<simul::timeout_error>(
                      simul::timeout(5ms, simul::with(session(log), body))),
                  true);
        EXPECT_EQ(log.back(), "exited session");
    });
}

TEST(with, a_cancel_during_the_tear_down_leaves_the_value_and_comes_at_the_next_suspension) {
    run_virtual([]() -> task<> {
        events log;
        int value = 0;
        std::string next;
        const auto works = [&]() -> task<> {
            value = co_await simul::with(session(log), [](session&) -> task<int> { co_return 5; });
            next = co_await ending_of(simul::sleep(1ms));
        };
        const auto h = simul::spawn(works());
        co_await simul::sleep(1500us); // half way through the tear-down
        EXPECT_EQ(log.back(), "exit session with nothing");
        h.cancel();
        co_await h;
        EXPECT_EQ(value, 5);
        EXPECT_EQ(next, "cancelled");
        EXPECT_EQ(log.back(), "exited session");
    });
}

TEST(with, does_not_tear_down_what_was_not_set_up) {
    run_virtual([]() -> task<> {
        struct refuses {
            static task<> enter() {
                co_await simul::yield();
                throw std::runtime_error("no entry");
            }
            static task<> exit(std::exception_ptr) {
                ADD_FAILURE() << "it was never entered";
                co_return;
            }
        };
        const auto body = [](refuses&) -> task<> {
            ADD_FAILURE() << "it was never entered";
            co_return;
        };
        EXPECT_EQ(co_await ending_of(simul::with(refuses(), body)), "no entry");
    });
}

TEST(with, throws_what_the_tear_down_throws_after_a_body_that_did_well) {
    run_virtual([]() -> task<> {
        events log;
        session s(log);
        s.fails = true;
        const auto body = [](session&) -> task<int> { co_return 1; };
        EXPECT_EQ(co_await ending_of(simul::with(s, body)), "exit failed");
    });
}

TEST(with, the_body_s_exception_comes_first_and_the_tear_down_s_is_logged) {
    log_capture captured;
    run_virtual([]() -> task<> {
        events log;
        session s(log);
        s.fails = true;
        const auto body = [](session&) -> task<> {
            co_await simul::yield();
            throw std::runtime_error("body failed");
        };
        EXPECT_EQ(co_await ending_of(simul::with(s, body)), "body failed");
    });
    EXPECT_EQ(captured.count("exit failed"), 1) << captured.text();
}

TEST(with, hands_the_body_what_enter_gives) {
    run_virtual([]() -> task<> {
        class pool {
        public:
            task<std::string> enter() {
                co_await simul::yield();
                co_return "connection 7";
            }
            task<> exit(std::exception_ptr) {
                ++exits;
                co_return;
            }
            int exits = 0;
        };
        pool p;
        const std::string seen = co_await simul::with(p, [](std::string& s) -> task<std::string> {
            s += "!";
            co_return s;
        });
        EXPECT_EQ(seen, "connection 7!");
        EXPECT_EQ(p.exits, 1);
        class lends {
        public:
            task<int&> enter() { co_return place; }
            task<> close() {
                co_await simul::yield();
                place = -1;
            }
            int place = 1;
        };
        lends l;
        co_await simul::with(l, [](int& n) -> task<> {
            ++n;
            co_return;
        });
        EXPECT_EQ(l.place, -1);
    });
}

TEST(with, keeps_a_temporary_and_the_body_s_captures_until_the_end) {
    run_virtual([]() -> task<> {
        events log;
        auto owned = std::make_unique<int>(3);
        auto body = [owned = std::move(owned)](session&) -> task<int> {
            co_await simul::sleep(1ms);
            co_return *owned;
        };
        auto later = simul::with(session(log), std::move(body));
        EXPECT_TRUE(log.empty()) << "it is lazy";
        EXPECT_EQ(co_await std::move(later), 3);
        EXPECT_EQ(log.back(), "exited session");
    });
}

TEST(with, opens_and_closes_a_file) {
    const temp_dir dir;
    dir.file("data.txt", "some text");
    run_real([&]() -> task<> {
        std::array<std::byte, 64> buffer{};
        simul::fs::file* seen = nullptr;
        const std::size_t n = co_await simul::with(simul::fs::open(dir / "data.txt"),
                                                   [&](simul::fs::file& in) -> task<std::size_t> {
                                                       seen = &in;
                                                       co_return co_await in.read(buffer);
                                                   });
        EXPECT_EQ(n, 9U);
        EXPECT_NE(seen, nullptr);

        simul::fs::file in = co_await simul::fs::open(dir / "data.txt");
        co_await simul::with(in, [](simul::fs::file& f) -> task<> {
            EXPECT_TRUE(f.is_open());
            co_return;
        });
        EXPECT_FALSE(in.is_open());
        const std::string missing = co_await ending_of(
            simul::with(simul::fs::open(dir / "missing"), [](simul::fs::file&) -> task<> {
                ADD_FAILURE() << "there is no such file";
                co_return;
            }));
        EXPECT_NE(missing.find("missing"), std::string::npos) << missing;
    });
}

TEST(with, leaves_a_file_alone_that_the_body_has_closed_or_moved_away) {
    const temp_dir dir;
    dir.file("data.txt", "some text");
    run_real([&]() -> task<> {
        co_await simul::with(simul::fs::open(dir / "data.txt"),
                             [](simul::fs::file& f) { return f.close(); });
        simul::fs::file kept = co_await simul::with(
            simul::fs::open(dir / "data.txt"),
            [](simul::fs::file& f) -> task<simul::fs::file> { co_return std::move(f); });
        EXPECT_TRUE(kept.is_open());
        co_await kept.close();
    });
}

TEST(with, closes_a_file_in_a_cancelled_task) {
    const temp_dir dir;
    run_real([&]() -> task<> {
        simul::fs::file out =
            co_await simul::fs::open(dir / "out", simul::fs::mode::create | simul::fs::mode::write);
        simul::event begun;
        const auto body = [&](simul::fs::file&) -> task<> {
            begun.set();
            co_await simul::sleep(1h);
        };
        const auto works = [&]() -> task<> { co_await simul::with(out, body); };
        const auto h = simul::spawn(works());
        co_await begun.wait();
        h.cancel();
        EXPECT_EQ(co_await ending_of(h), "cancelled");
        EXPECT_FALSE(out.is_open());
    });
}

TEST(with, closes_a_queue_and_an_async_generator) {
    run_virtual([]() -> task<> {
        simul::queue<int> q;
        co_await simul::with(q, [](simul::queue<int>& to) { return to.put(1); });
        EXPECT_TRUE(q.closed());

        bool cleaned_up = false;
        const auto counts = [&]() -> simul::async_generator<int> {
            struct on_exit {
                bool& flag;
                ~on_exit() { flag = true; }
            } const set{cleaned_up};
            for (int i = 0;; ++i) co_yield i;
        };
        const int first =
            co_await simul::with(counts(), [](simul::async_generator<int>& g) -> task<int> {
                const int* const n = co_await g.next();
                co_return *n;
            });
        EXPECT_EQ(first, 0);
        EXPECT_TRUE(cleaned_up);
    });
}

TEST(with, nests) {
    run_virtual([]() -> task<> {
        events log;
        const auto inner = [&](session&) -> task<int> {
            const auto body = [](session&) -> task<int> { co_return 2; };
            co_return co_await simul::with(session(log, "b"), body);
        };
        EXPECT_EQ(co_await simul::with(session(log, "a"), inner), 2);
        EXPECT_EQ(log,
                  (events{"enter a", "entered a", "enter b", "entered b", "exit b with nothing",
                          "exited b", "exit a with nothing", "exited a"}));
    });
}

// Tasks that share a number of open sessions.
struct shared_sessions {
    int open = 0;
    std::vector<int> rounds = std::vector<int>(2);

    std::size_t size() const { return rounds.size(); }
    task<> worker(std::size_t me) {
        for (int i = 0; i < 2; ++i) {
            const auto body = [&](counted_resource&) -> task<> {
                EXPECT_GT(open, 0);
                co_await simul::yield();
                ++rounds[me];
            };
            co_await simul::with(counted_resource(open), body);
        }
    }
    task<> check(std::size_t victim) {
        EXPECT_EQ(open, 0);
        for (std::size_t i = 0; i < size(); ++i) EXPECT_TRUE(i == victim || rounds[i] == 2);
        co_return;
    }
};

TEST(with, tears_down_all_that_was_set_up_whoever_is_cancelled_whenever) {
    simul_test::cancel_each<shared_sessions>(14);
}

} // namespace
