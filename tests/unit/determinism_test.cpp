// Virtual time and shuffle seeds with every primitive: the same seed gives the same order of events
// and the same times, and other seeds give other orders.

#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::task;
using namespace std::chrono_literals;

// What has happened, and when.
class journal {
public:
    void note(const std::string& what) {
        const auto passed = simul::clock::now() - began_;
        text_ += std::to_string(passed / 1ns) + " " + what + "\n";
    }
    void begin() { began_ = simul::clock::now(); }
    const std::string& text() const { return text_; }

private:
    simul::clock::time_point began_;
    std::string text_;
};

using scenario = task<> (*)(journal&);

std::string events_of(scenario play, const simul::run_options& options) {
    journal log;
    const auto main = [&]() -> task<> {
        log.begin();
        co_await play(log);
    };
    simul::run(main(), options);
    return log.text();
}

void expect_deterministic(scenario play, bool depends_on_the_order = true) {
    std::set<std::string> all;
    const std::string usual = events_of(play, {.virtual_time = true});
    EXPECT_EQ(events_of(play, {.virtual_time = true}), usual);
    EXPECT_FALSE(usual.empty());
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const simul::run_options options{.virtual_time = true, .shuffle_seed = seed};
        const std::string once = events_of(play, options);
        EXPECT_EQ(events_of(play, options), once) << "seed " << seed;
        all.insert(once);
    }
    if (depends_on_the_order) {
        EXPECT_GT(all.size(), 1U) << usual;
    }
}

std::string numbered(const char* name, int i) { return name + std::to_string(i); }

task<> naps(journal& log, std::string name, simul::clock::duration each) {
    for (int i = 0; i < 3; ++i) {
        co_await simul::sleep(each);
        log.note(name);
    }
}

TEST(determinism, of_sleeps_and_yields) {
    expect_deterministic([](journal& log) -> task<> {
        const auto yields = [&](int n) -> task<> {
            for (int i = 0; i < 3; ++i) {
                co_await simul::yield();
                log.note(numbered("yield ", n));
            }
            co_await simul::sleep_until(simul::clock::now() + 5h);
            log.note(numbered("late ", n));
        };
        co_await simul::gather(naps(log, "a", 1h), naps(log, "b", 1h), yields(1), yields(2));
    });
}

TEST(determinism, of_locks_and_signals) {
    expect_deterministic([](journal& log) -> task<> {
        simul::mutex m;
        simul::semaphore s(2);
        simul::event e;
        simul::condition changed;
        simul::barrier all(4);
        simul::latch begun(4);
        int state = 0;
        const auto works = [&](int n) -> task<> {
            begun.count_down();
            co_await begun.wait();
            log.note(numbered("begun ", n));
            {
                auto permit = co_await s.acquire();
                co_await simul::sleep(1min);
                log.note(numbered("permit ", n));
            }
            {
                auto lock = co_await m.lock();
                log.note(numbered("lock ", n));
                co_await simul::yield();
                ++state;
                changed.notify_all();
            }
            (void)co_await all.arrive_and_wait();
            log.note(numbered("past ", n));
            co_await e.wait();
            log.note(numbered("event ", n));
        };
        const auto waits = [&]() -> task<> {
            auto lock = co_await m.lock();
            co_await changed.wait(lock, [&] { return state == 4; });
            log.note("all four");
            co_await simul::sleep(1h);
            e.set();
        };
        co_await simul::gather(works(1), works(2), works(3), works(4), waits());
    });
}

template <class Queue>
task<> fills_and_drains(journal& log) {
    Queue q(2);
    const auto puts = [&](int n) -> task<> {
        for (int i = 0; i < 4; ++i) co_await q.put(10 * n + i);
    };
    const auto gets = [&](int n) -> task<> {
        while (auto item = co_await q.next()) {
            log.note(numbered("item ", *item) + numbered(" to ", n));
            co_await simul::sleep(std::chrono::seconds(n));
            q.task_done();
        }
    };
    const auto ends = [&]() -> task<> {
        co_await simul::sleep(1s);
        co_await q.join();
        log.note("joined");
        q.close();
    };
    co_await simul::gather(puts(1), puts(2), gets(1), gets(2), ends());
}

TEST(determinism, of_queues) {
    expect_deterministic(fills_and_drains<simul::queue<int>>);
    expect_deterministic(fills_and_drains<simul::lifo_queue<int>>);
    expect_deterministic(fills_and_drains<simul::priority_queue<int>>);
}

task<int> gives(journal& log, int n) {
    co_await simul::sleep(std::chrono::minutes(n / 2));
    log.note(numbered("gives ", n));
    co_return n;
}

TEST(determinism, of_combinators) {
    expect_deterministic([](journal& log) -> task<> {
        const auto won = co_await simul::race(gives(log, 2), gives(log, 3), gives(log, 9));
        log.note(numbered("winner ", static_cast<int>(won.index())));
        const auto few = co_await simul::move_on_after(90s, gives(log, 9));
        log.note(few ? "in time" : "too late");
        log.note(numbered("timeout ", co_await simul::timeout(1h, gives(log, 4))));
        co_await simul::shield(gives(log, 2));
        co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
            for (int i = 2; i < 6; ++i) group.spawn(gives(log, i));
            co_return;
        });
        std::vector<task<int>> many;
        for (int i = 2; i < 6; ++i) many.push_back(gives(log, i));
        auto done = simul::as_completed(std::move(many));
        while (auto item = co_await done.next()) log.note(numbered("as ", item->result.value()));
        const std::vector<int> numbers{4, 5, 2, 3};
        co_await simul::for_each_concurrent(numbers, 2,
                                            [&](int n) -> task<> { (void)co_await gives(log, n); });
        const std::vector handles{simul::spawn(gives(log, 2)), simul::spawn(gives(log, 3))};
        const auto sorted = co_await simul::wait(handles, simul::wait_until::first_completed);
        log.note(numbered("finished ", static_cast<int>(sorted.finished.size())));
    });
}

TEST(determinism, of_set_up_and_tear_down) {
    expect_deterministic([](journal& log) -> task<> {
        const auto works = [&](int n) -> task<> {
            co_await simul::with_exit_stack([&](simul::exit_stack& stack) -> task<> {
                stack.push([&, n]() -> task<> {
                    co_await simul::sleep(1s);
                    log.note(numbered("closed ", n));
                });
                co_await simul::yield();
                log.note(numbered("open ", n));
            });
        };
        co_await simul::gather(works(1), works(2), works(3));
    });
}

TEST(determinism, of_async_generators) {
    expect_deterministic([](journal& log) -> task<> {
        const auto ticks = [](int n) -> simul::async_generator<int> {
            for (int i = 0; i < 3; ++i) {
                co_await simul::sleep(1s);
                co_yield 10 * n + i;
            }
        };
        const auto consumes = [&](int n) -> task<> {
            auto numbers = ticks(n);
            while (auto i = co_await numbers.next()) log.note(numbered("tick ", *i));
        };
        co_await simul::gather(consumes(1), consumes(2), consumes(3));
    });
}

// What happens outside of the loop takes no virtual time.
TEST(determinism, of_files_and_calls_in_threads) {
    static const simul_test::temp_dir dir;
    static const std::string path = dir.file("lines.txt", "one\ntwo\nthree\n").string();
    expect_deterministic(
        [](journal& log) -> task<> {
            log.note(co_await simul::fs::read_file(path));
            auto lines = simul::lines(path);
            while (auto line = co_await lines.next()) log.note(std::string(*line));
            log.note(std::to_string(co_await simul::to_thread([] { return 6 * 7; })));
            co_await simul::sleep(1h);
            const auto h = simul::spawn(simul::to_thread([] { return 1; }));
            log.note(std::to_string(co_await h));
        },
        false);
}

TEST(determinism, of_cancels) {
    expect_deterministic([](journal& log) -> task<> {
        simul::mutex m;
        const auto works = [&](int n) -> task<> {
            try {
                for (;;) {
                    auto lock = co_await m.lock();
                    co_await simul::sleep(1s);
                    log.note(numbered("held ", n));
                }
            } catch (const simul::cancelled&) {
                log.note(numbered("cancelled ", n));
            }
        };
        std::vector<simul::join_handle<>> all;
        for (int i = 0; i < 4; ++i) all.push_back(simul::spawn(works(i)));
        for (const auto& each : all) {
            co_await simul::sleep(1500ms);
            each.cancel();
        }
        for (const auto& each : all) co_await each;
    });
}

} // namespace
