#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <source_location>
#include <span>
#include <string>
#include <vector>

namespace {

using simul::task;
using simul_test::run_virtual;
using namespace std::chrono_literals;

task<> sleeps(simul::clock::duration d) { co_await simul::sleep(d); }
task<> awaits_a_sleeper() { co_await sleeps(1500ms); }

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(dump_tasks, shows_for_each_task_where_it_stands_and_what_it_waits_for) {
    run_virtual([]() -> task<> {
        const auto h = simul::spawn(awaits_a_sleeper(), "background");
        const auto waits = [&]() -> task<> { co_await h; };
        (void)simul::spawn(waits(), "waits");
        co_await simul::yield();
        const std::string text = simul::format_tasks();
        EXPECT_TRUE(contains(text, "\"background\"")) << text;
        EXPECT_TRUE(contains(text, "dump_tasks_test.cpp:")) << text;
        EXPECT_TRUE(contains(text, "sleeps")) << text;
        EXPECT_TRUE(contains(text, "sleep 1.5 s left")) << text;
        EXPECT_TRUE(contains(text, "task \"background\"")) << text;
        EXPECT_TRUE(contains(text, "running")) << text;
    });
}

TEST(dump_tasks, draws_gathered_tasks_as_branches) {
    run_virtual([]() -> task<> {
        const auto gathers = []() -> task<> {
            co_await simul::gather(sleeps(1s), simul::gather(sleeps(2s), sleeps(3s)), sleeps(4s));
        };
        const auto h = simul::spawn(gathers(), "nest");
        co_await simul::yield();
        co_await simul::yield();
        co_await simul::yield();
        const std::string text = simul::format_tasks();
        EXPECT_TRUE(contains(text, "gather of 3 running tasks")) << text;
        EXPECT_TRUE(contains(text, "gather of 2 running tasks")) << text;
        EXPECT_TRUE(contains(text, "│  ├─ ")) << text;
        EXPECT_TRUE(contains(text, "│  └─ ")) << text;
        EXPECT_TRUE(contains(text, "\n└─ ")) << text;
        h.cancel();
        const std::string later = simul::format_tasks();
        EXPECT_TRUE(contains(later, "(cancelled)")) << later;
    });
}

TEST(dump_tasks, is_empty_outside_of_a_loop) { EXPECT_EQ(simul::format_tasks(), ""); }

TEST(dump_tasks, prints_to_a_file) {
    run_virtual([]() -> task<> {
        std::FILE* const file = std::tmpfile();
        simul::dump_tasks(file);
        EXPECT_GT(std::ftell(file), 0);
        std::fclose(file);
        co_return;
    });
}

TEST(dump_tasks, leaves_out_what_nobody_could_read) {
    run_virtual([]() -> task<> {
        std::vector<task<>> many;
        for (int i = 0; i < 5000; ++i) many.push_back(sleeps(1s));
        const auto h = simul::spawn(simul::gather(std::move(many)));
        struct chain {
            static task<> link(int depth) {
                if (depth == 0) {
                    co_await simul::sleep(1s);
                } else {
                    co_await link(depth - 1);
                }
            }
        };
        (void)simul::spawn(chain::link(1000), "chain");
        co_await simul::yield();
        co_await simul::yield();
        const std::string text = simul::format_tasks();
        EXPECT_TRUE(contains(text, "(4000 more)")) << text.substr(0, 2000);
        EXPECT_TRUE(contains(text, " > ... 981 more ... > ")) << "the innermost is shown as well";
        EXPECT_LT(text.size(), 500'000U);
        h.cancel();
    });
}

TEST(dump_tasks, works_wherever_tasks_are) {
    run_virtual([]() -> task<> {
        simul::join_handle<> h;
        std::string inside;
        const auto looks = [&]() -> task<> {
            inside = simul::format_tasks();
            co_return;
        };
        h = simul::spawn(looks(), "looks");
        const std::string before = simul::format_tasks();
        EXPECT_TRUE(contains(before, "ready")) << before;
        co_await h;
        EXPECT_TRUE(contains(inside, "\"looks\"")) << inside;
        const std::string after = simul::format_tasks();
        EXPECT_FALSE(contains(after, "\"looks\"")) << after;
    });
}

constexpr unsigned line_now(std::source_location at = std::source_location::current()) {
    return at.line();
}

TEST(dump_tasks, shows_the_way_to_where_a_running_task_is) {
    run_virtual([]() -> task<> {
        unsigned outer_line = 0;
        unsigned inner_line = 0;
        std::string text;
        const auto inner = [&]() -> task<> {
            inner_line = line_now() + 1;
            co_await simul::yield();
            text = simul::format_tasks();
        };
        const auto outer = [&]() -> task<> {
            outer_line = line_now() + 1;
            co_await inner();
        };
        co_await simul::spawn(outer(), "way");
        const std::string file = "dump_tasks_test.cpp:";
        EXPECT_TRUE(contains(text, "\"way\" " + file + std::to_string(outer_line) + " > ")) << text;
        EXPECT_TRUE(contains(text, file + std::to_string(inner_line) + ": running")) << text;
    });
}

// What the tree says about a task that waits like this.
template <class Work>
task<std::string> shown_while_waiting(Work& work) {
    const auto h = simul::spawn(work(), "waiting");
    for (int i = 0; i < 4; ++i) co_await simul::yield();
    const std::string text = simul::format_tasks();
    h.cancel();
    const std::size_t begin = text.find("\"waiting\"");
    co_return text.substr(begin == std::string::npos ? 0 : begin);
}

#define EXPECT_SHOWN(part, work)                                                                   \
    {                                                                                              \
        const std::string shown = co_await shown_while_waiting(work);                              \
        EXPECT_TRUE(contains(shown, part)) << shown;                                               \
    }                                                                                              \
    static_assert(true)

TEST(dump_tasks, tells_what_is_waited_for_at_every_primitive) {
    run_virtual([]() -> task<> {
        simul::mutex m;
        auto held = co_await m.lock();
        const auto locks = [&]() -> task<> { (void)co_await m.lock(); };
        EXPECT_SHOWN(": the lock of a mutex\n", locks);
        simul::semaphore s(0);
        const auto acquires = [&]() -> task<> { (void)co_await s.acquire(); };
        EXPECT_SHOWN(": a permit of a semaphore\n", acquires);
        simul::event e;
        const auto waits_event = [&]() -> task<> { co_await e.wait(); };
        EXPECT_SHOWN(": an event\n", waits_event);
        simul::mutex free;
        simul::condition c;
        const auto waits_condition = [&]() -> task<> {
            auto lock = co_await free.lock();
            co_await c.wait(lock, [] { return false; });
        };
        EXPECT_SHOWN(": a condition\n", waits_condition);
        simul::barrier b(3);
        const auto arrives = [&]() -> task<> { (void)co_await b.arrive_and_wait(); };
        EXPECT_SHOWN(": a barrier, 1 of 3 have come\n", arrives);
        simul::latch l(2);
        const auto waits_latch = [&]() -> task<> { co_await l.wait(); };
        EXPECT_SHOWN(": a latch, 2 left\n", waits_latch);
        simul::queue<int> q(1);
        const auto gets = [&]() -> task<> { (void)co_await q.get(); };
        EXPECT_SHOWN(": an item of a queue\n", gets);
        co_await q.put(1);
        const auto puts = [&]() -> task<> { co_await q.put(2); };
        EXPECT_SHOWN(": room in a queue\n", puts);
        const auto joins = [&]() -> task<> { co_await q.join(); };
        EXPECT_SHOWN(": the work of a queue to be done\n", joins);
    });
}

TEST(dump_tasks, tells_what_is_waited_for_at_every_combinator) {
    run_virtual([]() -> task<> {
        const auto background = simul::spawn(sleeps(1h), "background");
        const auto joins = [&]() -> task<> { co_await background; };
        EXPECT_SHOWN(": task \"background\"\n", joins);
        const std::vector handles{background};
        const auto waits = [&]() -> task<> { (void)co_await simul::wait(handles); };
        EXPECT_SHOWN(": wait for 1 running tasks: \"background\"\n", waits);
        const auto races = []() -> task<> { (void)co_await simul::race(sleeps(1h), sleeps(2h)); };
        EXPECT_SHOWN(": race of 2 running tasks\n├─ ", races);
        const auto limits = []() -> task<> { co_await simul::timeout(3s, sleeps(1h)); };
        EXPECT_SHOWN(": timeout 3 s left\n└─ ", limits);
        const auto shields = []() -> task<> { co_await simul::shield(sleeps(1ms)); };
        EXPECT_SHOWN(": shield\n└─ ", shields);
        const auto groups = []() -> task<> {
            co_await simul::with_task_group([](simul::task_group& group) -> task<> {
                group.spawn(sleeps(1h));
                co_await group.start([](simul::task_started&) -> task<> { co_await sleeps(1h); });
            });
        };
        EXPECT_SHOWN(": task group of 3 running tasks\n├─ ", groups);
        EXPECT_SHOWN(": start of ", groups);
        const auto completes = []() -> task<> {
            std::vector<task<>> many;
            many.push_back(sleeps(1h));
            auto done = simul::as_completed(std::move(many));
            (void)co_await done.next();
        };
        EXPECT_SHOWN(": the next of 1 running task\n", completes);
        const auto bounded = []() -> task<> {
            const std::vector<int> numbers{1, 2, 3};
            co_await simul::for_each_concurrent(numbers, 2, [](int) { return sleeps(1h); });
        };
        EXPECT_SHOWN(": one of 2 running tasks to end\n", bounded);
        struct goes_slowly {
            static task<> close() { co_await simul::sleep(5ms); }
        };
        const auto with = []() -> task<> {
            co_await simul::with(goes_slowly(), [](goes_slowly&) -> task<> { co_return; });
        };
        EXPECT_SHOWN(": tear-down\n└─ ", with);
        const auto generates = []() -> task<> {
            const auto slow = []() -> simul::async_generator<int> {
                co_await sleeps(2s);
                co_yield 1;
            };
            auto g = slow();
            (void)co_await g.next();
        };
        EXPECT_SHOWN("sleep 2 s left\n", generates);
    });
}

TEST(dump_tasks, tells_which_file_is_read_and_where) {
    const simul_test::temp_dir dir;
    const std::string fifo = (dir / "fifo").string();
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const std::string path = dir.file("data.bin", std::string(3'000'000, 'x')).string();
    simul_test::run_real([&]() -> task<> {
        std::array<std::byte, 16> small{};
        std::vector<std::byte> large(2'000'000);
        const auto mode = simul::fs::mode::read | simul::fs::mode::write;
        simul::fs::file pipe = co_await simul::fs::open(fifo, mode);
        const auto reads_pipe = [&]() -> task<> { (void)co_await pipe.read(small); };
        EXPECT_SHOWN(": read " + fifo + "\n", reads_pipe);

        simul::fs::file data = co_await simul::fs::open(path);
        (void)co_await data.read(std::span(large).first(1'048'576));
        const auto in_parallel = [&]() -> task<std::string> {
            const auto reads_on = [&]() -> task<> { (void)co_await data.read(large); };
            const auto h = simul::spawn(reads_on(), "sequential");
            const auto opens = [&]() -> task<> { (void)co_await simul::fs::open(path); };
            const auto whole = [&]() -> task<> { (void)co_await simul::fs::read_file(path); };
            const auto stats = [&]() -> task<> { (void)co_await data.stat(); };
            const auto calls = [&]() -> task<> {
                (void)co_await simul::to_thread([] { return 1; });
            };
            const std::vector all{h, simul::spawn(opens(), "open"), simul::spawn(whole(), "whole"),
                                  simul::spawn(stats(), "stat"), simul::spawn(calls(), "call")};
            std::string text;
            co_await simul::spawn([&]() -> task<> {
                text = simul::format_tasks(); // they have begun, and the loop looks at no I/O yet
                co_return;
            });
            for (const auto& each : all) co_await each;
            co_return text;
        };
        const std::string text = co_await in_parallel();
        EXPECT_TRUE(contains(text, ": read " + path + " at 1048576\n")) << text;
        EXPECT_TRUE(contains(text, ": open " + path + "\n")) << text;
        EXPECT_TRUE(contains(text, ": read_file " + path + "\n")) << text;
        EXPECT_TRUE(contains(text, ": stat " + path + "\n")) << text;
        EXPECT_TRUE(contains(text, ": a call in another thread\n")) << text;
    });
}

} // namespace
