#include <simul/coro/event.hpp>
#include <simul/coro/fs.hpp>
#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/submit.hpp>
#include <simul/coro/timeout.hpp>
#include <simul/coro/to_thread.hpp>
#include <simul/loop/accounting.hpp>

#include "cancel_each.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using simul::task;
using simul_test::run_real;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::throws;
using simul_test::was_cancelled;
using namespace std::chrono_literals;

// Something that a thread waits for until the test lets it go on.
class gate {
public:
    void open() { opened_.store(true); }
    void enter() {
        entered_.store(true);
        while (!opened_.load()) std::this_thread::sleep_for(100us);
    }
    bool entered() const { return entered_.load(); }
    // On the loop: until a thread stands before the gate.
    task<> reached() const {
        while (!entered_.load()) co_await simul::sleep(100us);
    }

private:
    std::atomic<bool> opened_{false};
    std::atomic<bool> entered_{false};
};

TEST(to_thread, calls_a_function_on_another_thread_and_gives_its_result) {
    run_real([]() -> task<> {
        const auto here = std::this_thread::get_id();
        const auto there = co_await simul::to_thread([] { return std::this_thread::get_id(); });
        EXPECT_NE(here, there);
        EXPECT_EQ(here, std::this_thread::get_id());
        const int sum = co_await simul::to_thread([](int a, int b) { return a + b; }, 40, 2);
        EXPECT_EQ(sum, 42);
    });
}

TEST(to_thread, takes_what_can_only_be_moved_and_gives_it_back) {
    run_real([]() -> task<> {
        auto argument = std::make_unique<int>(41);
        const auto adds = [](std::unique_ptr<int> n) {
            ++*n;
            return n;
        };
        const std::unique_ptr<int> result = co_await simul::to_thread(adds, std::move(argument));
        EXPECT_EQ(*result, 42);
        EXPECT_FALSE(argument);
    });
}

TEST(to_thread, takes_and_gives_references_and_nothing_at_all) {
    run_real([]() -> task<> {
        int n = 1;
        const auto same = [](int& from) -> int& { return from; };
        int& result = co_await simul::to_thread(same, std::ref(n));
        EXPECT_EQ(&result, &n);
        const auto sets = [](int& to) { to = 2; };
        co_await simul::to_thread(sets, std::ref(n));
        EXPECT_EQ(n, 2);
    });
}

TEST(to_thread, calls_members) {
    run_real([]() -> task<> {
        const std::string text = "four";
        const std::size_t size = co_await simul::to_thread(&std::string::size, text);
        EXPECT_EQ(size, 4U);
    });
}

TEST(to_thread, throws_what_the_function_throws) {
    run_real([]() -> task<> {
        const auto fails = [] { throw std::runtime_error("over there"); };
        std::string what;
        try {
            co_await simul::to_thread(fails);
        } catch (const std::runtime_error& e) {
            what = e.what();
        }
        EXPECT_EQ(what, "over there");
    });
}

TEST(to_thread, leaves_the_loop_free_meanwhile) {
    run_real([]() -> task<> {
        gate g;
        const auto waits = [](gate& at) { at.enter(); };
        const auto opens = [&]() -> task<> {
            co_await g.reached();
            for (int i = 0; i < 10; ++i) co_await simul::yield();
            g.open();
        };
        co_await simul::gather(simul::to_thread(waits, std::ref(g)), opens());
    });
}

TEST(to_thread, runs_as_many_at_once_as_there_are_threads) {
    run_real([]() -> task<> {
        simul::limit_threads(3);
        std::atomic<int> inside{0};
        std::atomic<int> most{0};
        const auto works = [&] {
            const int now = ++inside;
            int seen = most.load();
            while (seen < now && !most.compare_exchange_weak(seen, now)) continue;
            std::this_thread::sleep_for(2ms);
            --inside;
        };
        std::vector<task<>> all;
        const auto calls = [&]() -> task<> { co_await simul::to_thread(std::ref(works)); };
        for (int i = 0; i < 12; ++i) all.push_back(calls());
        co_await simul::gather(std::move(all));
        EXPECT_LE(most.load(), 3);
        EXPECT_GE(most.load(), 1);
    });
}

TEST(to_thread, has_as_many_threads_as_the_option_says) {
    run_with({.worker_threads = 3}, []() -> task<> {
        gate g;
        std::atomic<int> inside{0};
        const auto waits = [&] {
            ++inside;
            g.enter();
        };
        std::vector<simul::join_handle<>> calls;
        for (int i = 0; i < 4; ++i)
            calls.push_back(simul::spawn(simul::to_thread(std::ref(waits))));
        while (inside.load() < 3) co_await simul::sleep(100us);
        co_await simul::sleep(1ms); // for a fourth thread to show itself
        EXPECT_EQ(inside.load(), 3);
        g.open();
        for (const auto& each : calls) co_await each;
        EXPECT_EQ(inside.load(), 4);
    });
}

TEST(to_thread, starts_its_threads_lazily_and_uses_them_again) {
    run_real([]() -> task<> {
        simul::limit_threads(1);
        std::set<std::thread::id> threads;
        for (int i = 0; i < 10; ++i) {
            const auto id = co_await simul::to_thread([] { return std::this_thread::get_id(); });
            threads.insert(id);
        }
        EXPECT_EQ(threads.size(), 1U);
    });
}

TEST(to_thread, calls_in_turn_need_one_thread_however_busy_the_loop_is) {
    run_with({.worker_threads = 16}, []() -> task<> {
        // A loop that is awake sees the end of a call while its thread is still on the way back.
        auto busy = simul::spawn([]() -> task<> {
            for (;;) co_await simul::yield();
        });
        std::set<std::thread::id> threads;
        for (int i = 0; i < 2000; ++i) {
            threads.insert(co_await simul::to_thread([] { return std::this_thread::get_id(); }));
        }
        EXPECT_EQ(threads.size(), 1U);
        busy.cancel();
    });
}

TEST(to_thread, needs_a_loop_to_limit_its_threads) {
    EXPECT_THROW(simul::limit_threads(1), std::logic_error);
}

TEST(to_thread, a_cancelled_call_that_has_not_begun_never_begins) {
    run_real([]() -> task<> {
        simul::limit_threads(1);
        gate g;
        bool began = false;
        const auto waits = [&] { g.enter(); };
        const auto sets = [&] { began = true; };
        const auto first = simul::spawn(simul::to_thread(std::ref(waits)));
        co_await g.reached();
        const auto second = simul::spawn(simul::to_thread(std::ref(sets)));
        co_await simul::yield();
        EXPECT_EQ(simul::current_usage().requests, 2);
        second.cancel();
        const bool cancelled = co_await was_cancelled(second);
        EXPECT_TRUE(cancelled);
        EXPECT_EQ(simul::current_usage().requests, 1);
        g.open();
        co_await first;
        EXPECT_FALSE(began);
    });
}

TEST(to_thread, in_a_cancelled_task_never_begins) {
    run_real([]() -> task<> {
        bool began = false;
        const auto sets = [&] { began = true; };
        const auto h = simul::spawn(simul::to_thread(std::ref(sets)));
        h.cancel();
        const bool cancelled = co_await was_cancelled(h);
        EXPECT_TRUE(cancelled);
        EXPECT_FALSE(began);
    });
}

TEST(to_thread, a_cancelled_call_that_runs_is_waited_for_and_delivers) {
    run_real([]() -> task<> {
        gate g;
        int result = 0;
        const auto works = [&] {
            g.enter();
            return 42;
        };
        const auto calls = [&]() -> task<> {
            result = co_await simul::to_thread(std::ref(works));
            co_await simul::yield();
            ADD_FAILURE() << "the next suspension throws";
        };
        const auto h = simul::spawn(calls());
        co_await g.reached();
        h.cancel();
        co_await simul::sleep(1ms);
        EXPECT_FALSE(h.done());
        g.open();
        const bool cancelled = co_await was_cancelled(h);
        EXPECT_TRUE(cancelled);
        EXPECT_EQ(result, 42);
    });
}

TEST(to_thread, abandoned_on_cancel_it_is_left_to_finish) {
    auto g = std::make_shared<gate>();
    auto finished = std::make_shared<std::atomic<bool>>(false);
    run_real([&]() -> task<> {
        const auto works = [](std::shared_ptr<gate> at, std::shared_ptr<std::atomic<bool>> done) {
            at->enter();
            done->store(true);
            throw std::runtime_error("nobody hears of it");
        };
        const auto h = simul::spawn(simul::to_thread(simul::abandon_on_cancel, works, g, finished));
        co_await g->reached();
        h.cancel();
        const bool cancelled = co_await was_cancelled(h);
        EXPECT_TRUE(cancelled);
        EXPECT_FALSE(finished->load());
        g->open();
    });
    EXPECT_TRUE(finished->load()) << "the loop's end waits for it";
    EXPECT_EQ(finished.use_count(), 1);
}

TEST(to_thread, abandoned_on_cancel_it_gives_its_result_when_nobody_cancels) {
    run_real([]() -> task<> {
        const int n =
            co_await simul::to_thread(simul::abandon_on_cancel, [](int i) { return i; }, 3);
        EXPECT_EQ(n, 3);
        const auto fails = [] { throw std::runtime_error("no"); };
        const bool thrown =
            co_await throws<std::runtime_error>(simul::to_thread(simul::abandon_on_cancel, fails));
        EXPECT_TRUE(thrown);
    });
}

TEST(to_thread, an_abandoned_call_may_wait_for_what_it_posts_to_a_loop_that_closes) {
    gate g;
    std::string heard;
    simul::loop loop;
    const auto waits = [&] {
        g.enter();
        try {
            const auto nothing = []() -> task<> { co_return; };
            loop.submit(nothing()).get();
            heard = "done";
        } catch (const std::exception&) {
            heard = "error";
        }
    };
    loop.run([](auto& call, gate& at) -> task<> {
        const auto h = simul::spawn(simul::to_thread(simul::abandon_on_cancel, std::ref(call)));
        co_await at.reached();
        h.cancel();
        co_await was_cancelled(h);
    }(waits, g));
    g.open();
    loop.close();
    EXPECT_FALSE(heard.empty());
}

TEST(to_thread, virtual_time_stands_still_while_a_call_is_in_flight) {
    run_virtual([]() -> task<> {
        const auto began = simul::clock::now();
        const auto naps = [] { std::this_thread::sleep_for(5ms); };
        const auto calls = [&]() -> task<> {
            co_await simul::to_thread(naps);
            EXPECT_EQ(simul::clock::now() - began, 0ns);
        };
        const auto sleeps = [&]() -> task<> { co_await simul::sleep(1h); };
        co_await simul::gather(calls(), sleeps());
        EXPECT_EQ(simul::clock::now() - began, 1h);
    });
}

TEST(to_thread, is_no_deadlock) {
    run_real([]() -> task<> {
        simul::event e;
        const auto waits = [&]() -> task<> { co_await e.wait(); };
        const auto h = simul::spawn(waits());
        co_await simul::to_thread([] { std::this_thread::sleep_for(2ms); });
        e.set();
        co_await h;
    });
}

TEST(to_thread, work_of_any_length_does_not_delay_the_reading_of_files) {
    const simul_test::temp_dir dir;
    const auto path = dir.file("a", "text");
    run_real([&]() -> task<> {
        gate g;
        const auto waits = [&] { g.enter(); };
        std::vector<simul::join_handle<>> calls;
        for (int i = 0; i < 64; ++i) {
            calls.push_back(simul::spawn(simul::to_thread(std::ref(waits))));
        }
        co_await g.reached();
        for (int i = 0; i < 20; ++i) {
            const std::string text = co_await simul::fs::read_file(path);
            EXPECT_EQ(text, "text");
        }
        g.open();
        for (auto& each : calls) co_await each;
    });
}

TEST(to_thread, calls_that_are_left_at_the_end_are_cancelled_or_waited_for) {
    static constexpr int calls = 1000;
    std::atomic<int> ran{0};
    run_real([&]() -> task<> {
        simul::limit_threads(1);
        const auto works = [&] {
            ++ran;
            std::this_thread::sleep_for(2ms);
        };
        const auto call = [](auto fn) -> task<> { co_await simul::to_thread(fn); };
        for (int i = 0; i < calls; ++i) (void)simul::spawn(call(works));
        while (ran.load() == 0) co_await simul::sleep(100us);
    });
    EXPECT_LT(ran.load(), calls);
}

TEST(to_thread, each_loop_has_threads_of_its_own) {
    const auto uses = [] {
        run_real([]() -> task<> {
            for (int i = 0; i < 50; ++i) {
                const int n = co_await simul::to_thread([](int j) { return j; }, i);
                EXPECT_EQ(n, i);
            }
        });
    };
    std::thread a(uses);
    std::thread b(uses);
    a.join();
    b.join();
}

TEST(to_thread, a_coroutine_that_is_destroyed_waits_for_the_call_that_uses_its_frame) {
    // The loop destroys what does not end when it is cancelled and waits for nothing that comes.
    gate g;
    simul::loop loop;
    std::atomic<bool> finished{false};
    loop.run([](gate& at, std::atomic<bool>& done) -> task<> {
        const auto works = [&] {
            at.enter();
            done.store(true);
        };
        const auto h = simul::spawn(simul::to_thread(works));
        co_await at.reached();
        h.cancel();
        at.open();
        co_await was_cancelled(h);
    }(g, finished));
    EXPECT_TRUE(finished.load());
}

TEST(to_thread, thousands_of_calls_cancelled_at_random_leave_nothing_behind) {
    std::uint64_t random = 1;
    const auto next = [&] {
        random = random * 6364136223846793005U + 1442695040888963407U;
        return random >> 33;
    };
    std::atomic<int> ran{0};
    run_real([&]() -> task<> {
        const auto works = [&] { ran.fetch_add(1); };
        for (int round = 0; round < 200; ++round) {
            std::vector<simul::join_handle<>> calls;
            for (int i = 0; i < 10; ++i) {
                if (next() % 2 == 0) {
                    calls.push_back(simul::spawn(simul::to_thread(std::ref(works))));
                } else {
                    calls.push_back(
                        simul::spawn(simul::to_thread(simul::abandon_on_cancel, std::ref(works))));
                }
            }
            for (auto turns = next() % 4; turns > 0; --turns) co_await simul::yield();
            for (auto& each : calls) {
                if (next() % 2 == 0) each.cancel();
                if (next() % 4 == 0) co_await simul::yield();
            }
            for (auto& each : calls) co_await was_cancelled(each);
        }
    });
    EXPECT_GT(ran.load(), 0);
}

} // namespace
