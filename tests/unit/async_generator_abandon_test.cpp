#include "log_capture.hpp"
#include "next_of.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"
#include "tracked.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::task;
using simul_test::next_of;
using simul_test::run_real;
using simul_test::run_virtual;
using simul_test::tracked;
using simul_test::tracked_counts;

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator listing("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(listing), end(listing)));
}

// Waits for ever, whatever is done to it, until somebody destroys it.
class deaf_operation final : public simul::detail::operation {
public:
    deaf_operation() noexcept {}

    static bool await_ready() noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        return begin(simul::detail::line_of(awaiting), awaiting);
    }
    static void await_resume() noexcept {}

    void cancel() noexcept override {}
    void describe(std::string& out) const override { out += "nothing"; }
};

// ------------------------------------------------------------------------------- cancelling

// Runs `g`'s next in a task that is cancelled after `wait`, when the body must have ended.
template <class Duration>
task<std::string> cancel_after(Duration wait, async_generator<int>& g) {
    auto waiting = simul::spawn(next_of(g));
    co_await simul::sleep(wait);
    waiting.cancel();
    co_return co_await waiting;
}

TEST(async_generator_abandon, a_cancel_reaches_a_sleeping_body) {
    tracked_counts counts;
    const auto sleeper = [&]() -> async_generator<int> {
        const tracked local(counts);
        co_await simul::sleep(1h);
        co_yield 1;
    };
    run_virtual([&]() -> task<> {
        auto g = sleeper();
        const auto began = simul::clock::now();
        std::string got = co_await cancel_after(1s, g);
        EXPECT_EQ(got, "cancelled");
        EXPECT_EQ(simul::clock::now() - began, 1s);
        EXPECT_TRUE(counts.balanced());
        got = co_await next_of(g);
        EXPECT_EQ(got, "end");
    });
}

TEST(async_generator_abandon,
     a_cancel_reaches_a_body_that_waits_in_a_task_a_gather_and_a_generator) {
    tracked_counts counts;
    const auto sleeps = [&]() -> task<int> {
        const tracked local(counts);
        co_await simul::sleep(1h);
        co_return 1;
    };
    const auto inner = [&]() -> async_generator<int> {
        const tracked local(counts);
        auto [a, b] = co_await simul::gather(sleeps(), sleeps());
        co_yield a + b;
    };
    const auto outer = [&]() -> async_generator<int> {
        auto from = inner();
        while (int* i = co_await from.next()) co_yield *i;
    };
    run_virtual([&]() -> task<> {
        auto g = outer();
        const std::string got = co_await cancel_after(1s, g);
        EXPECT_EQ(got, "cancelled");
        EXPECT_EQ(counts.constructed, 3);
        EXPECT_TRUE(counts.balanced());
    });
}

TEST(async_generator_abandon, a_cancel_reaches_a_body_that_waits_for_a_fifo) {
    const simul_test::temp_dir dir;
    const auto path = dir / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    const auto reader = [&]() -> async_generator<int> {
        auto in = co_await simul::fs::open(path);
        std::array<std::byte, 16> buffer;
        while (std::size_t n = co_await in.read(buffer)) co_yield static_cast<int>(n);
    };
    run_real([&]() -> task<> {
        auto g = reader();
        const std::size_t before = open_descriptors();
        const std::string got = co_await cancel_after(20ms, g);
        EXPECT_EQ(got, "cancelled");
        EXPECT_EQ(open_descriptors(), before) << "the file is closed already";
    });
    ::close(writer);
}

TEST(async_generator_abandon, a_cancel_of_a_file_read_loses_and_leaks_nothing) {
    const simul_test::temp_dir dir;
    const auto path = dir.file("text", std::string(1 << 20, 'x'));
    const auto reader = [&]() -> async_generator<int> {
        auto in = co_await simul::fs::open(path);
        std::vector<std::byte> buffer(512 << 10); // more than is read from the cache at once
        while (std::size_t n = co_await in.read(buffer)) co_yield static_cast<int>(n);
    };
    for (int turns = 0; turns < 12; ++turns) {
        run_real([&]() -> task<> {
            auto g = reader();
            auto waiting = simul::spawn(next_of(g));
            for (int i = 0; i < turns; ++i) co_await simul::yield();
            waiting.cancel();
            const std::string got = co_await waiting;
            EXPECT_TRUE(got == "cancelled" || got == std::to_string(512 << 10)) << got;
        });
    }
}

TEST(async_generator_abandon, a_body_may_catch_the_cancel_and_yield_on) {
    const auto survivor = []() -> async_generator<int> {
        bool cancelled = false;
        try {
            co_await simul::sleep(1h);
        } catch (const simul::cancelled&) {
            cancelled = true;
        }
        co_yield cancelled ? 1 : 0;
        co_await simul::sleep(1s); // whoever asks for this is not cancelled
        co_yield 2;
    };
    run_virtual([&]() -> task<> {
        auto g = survivor();
        std::string got = co_await cancel_after(1s, g);
        EXPECT_EQ(got, "1");
        got = co_await next_of(g);
        EXPECT_EQ(got, "2");
        got = co_await next_of(g);
        EXPECT_EQ(got, "end");
    });
}

TEST(async_generator_abandon, a_batch_that_is_there_is_no_suspension_for_a_cancelled_task) {
    const auto batches = []() -> async_generator<int> {
        std::vector<int> values{1, 2};
        co_yield simul::batch(values);
        co_await simul::yield();
        co_yield 3;
    };
    const auto consume = [&](std::vector<std::string>& seen) -> task<> {
        auto g = batches();
        (void)co_await g.next();
        try {
            co_await simul::sleep(1h);
        } catch (const simul::cancelled&) {
            seen.push_back("asleep");
        }
        std::string got = co_await next_of(g);
        seen.push_back(got);
        got = co_await next_of(g);
        seen.push_back(got);
    };
    run_virtual([&]() -> task<> {
        std::vector<std::string> seen;
        auto consumer = simul::spawn(consume(seen));
        co_await simul::sleep(1s);
        consumer.cancel();
        co_await consumer;
        EXPECT_EQ(seen, (std::vector<std::string>{"asleep", "2", "cancelled"}));
    });
}

// ------------------------------------------------------------------------------ abandoning

TEST(async_generator_abandon, one_that_is_dropped_half_way_has_cleaned_up_when_its_owner_goes_on) {
    tracked_counts counts;
    const simul_test::temp_dir dir;
    const auto path = dir.file("text", "some text");
    const auto holder = [&](tracked) -> async_generator<int> {
        const tracked first(counts, "first");
        auto in = co_await simul::fs::open(path);
        const tracked second(counts, "second");
        for (int i = 0;; ++i) co_yield i;
    };
    run_real([&]() -> task<> {
        const std::size_t before = open_descriptors();
        {
            auto g = holder(tracked(counts, "argument"));
            while (int* i = co_await g.next()) {
                if (*i == 3) break;
            }
            EXPECT_EQ(open_descriptors(), before + 1);
        }
        EXPECT_EQ(counts.ended, (std::vector<std::string>{"second", "first", "argument"}));
        EXPECT_EQ(open_descriptors(), before);

        auto g = holder(tracked(counts));
        try {
            while (int* i = co_await g.next()) {
                if (*i == 3) throw std::runtime_error("the consumer's own");
            }
        } catch (const std::runtime_error&) {
            g = {};
        }
        EXPECT_EQ(open_descriptors(), before);
        EXPECT_TRUE(counts.balanced());
    });
}

TEST(async_generator_abandon, a_cancelled_consumer_takes_the_generator_that_it_owns_along) {
    tracked_counts counts;
    const auto forever = [&](tracked) -> async_generator<int> {
        const tracked local(counts);
        for (int i = 0;; ++i) {
            co_await simul::sleep(10ms);
            co_yield i;
        }
    };
    const auto consume = [&]() -> task<> {
        auto g = forever(tracked(counts));
        while (int* i = co_await g.next()) *i = -1;
    };
    simul_test::over_orders(10, [&](simul::run_options options) {
        simul_test::run_with(options, [&]() -> task<> {
            auto consumer = simul::spawn(consume());
            co_await simul::sleep(105ms);
            consumer.cancel();
            std::string how = "ended";
            try {
                co_await consumer;
            } catch (const simul::cancelled&) {
                how = "cancelled";
            }
            EXPECT_EQ(how, "cancelled");
            EXPECT_TRUE(counts.balanced());
        });
    });
}

TEST(async_generator_abandon, the_task_that_waits_for_one_that_is_destroyed_hears_of_it) {
    tracked_counts counts;
    const auto sleeper = [&](tracked) -> async_generator<int> {
        const tracked local(counts);
        co_await simul::sleep(1h);
        co_yield 1;
    };
    simul_test::over_orders(10, [&](simul::run_options options) {
        simul_test::run_with(options, [&]() -> task<> {
            auto g = std::make_unique<async_generator<int>>(sleeper(tracked(counts)));
            auto waiting = simul::spawn(next_of(*g));
            co_await simul::sleep(1s);
            g.reset();
            EXPECT_TRUE(counts.balanced()) << "cleaned up before the owner goes on";
            const auto at = simul::clock::now();
            const std::string got = co_await waiting;
            EXPECT_NE(got.find("was destroyed while a task waited"), std::string::npos) << got;
            EXPECT_EQ(simul::clock::now(), at);
        });
    });
}

TEST(async_generator_abandon, one_whose_wait_is_over_in_the_same_turn_may_be_destroyed) {
    const auto yields = []() -> async_generator<int> {
        for (;;) {
            co_await simul::yield();
            co_yield 1;
        }
    };
    simul_test::over_orders(50, [&](simul::run_options options) {
        simul_test::run_with(options, [&]() -> task<> {
            auto g = yields();
            auto waiting = simul::spawn(next_of(g));
            co_await simul::yield(); // the body stands in the ready queue
            g = {};
            const std::string got = co_await waiting;
            EXPECT_TRUE(got == "1" || got.find("destroyed") != std::string::npos || got == "end")
                << got;
        });
    });
}

TEST(async_generator_abandon, one_that_reads_a_file_may_be_destroyed_under_its_consumer) {
    const simul_test::temp_dir dir;
    const auto path = dir.file("text", std::string(8 << 20, 'x'));
    const auto reader = [&]() -> async_generator<int> {
        auto in = co_await simul::fs::open(path);
        std::vector<std::byte> buffer(4 << 20);
        while (std::size_t n = co_await in.read(buffer)) co_yield static_cast<int>(n);
    };
    for (int turns = 1; turns < 40; turns += 3) {
        run_real([&]() -> task<> {
            const std::size_t before = open_descriptors();
            auto g = reader();
            auto waiting = simul::spawn(next_of(g));
            for (int i = 0; i < turns * 50; ++i) co_await simul::yield();
            const bool was_done = waiting.done();
            g = {};
            const std::string got = co_await waiting;
            EXPECT_EQ(got.find("destroyed") == std::string::npos, was_done) << got;
            if (was_done) {
                EXPECT_EQ(open_descriptors(), before);
            }
        });
    }
}

TEST(async_generator_abandon, one_whose_body_gathers_may_be_destroyed_under_its_consumer) {
    tracked_counts counts;
    const auto sleeps = [&]() -> task<int> {
        const tracked local(counts);
        co_await simul::sleep(1h);
        co_return 1;
    };
    const auto gatherer = [&]() -> async_generator<int> {
        auto [a, b] = co_await simul::gather(sleeps(), sleeps());
        co_yield a + b;
    };
    run_virtual([&]() -> task<> {
        auto g = gatherer();
        auto waiting = simul::spawn(next_of(g));
        co_await simul::sleep(1s);
        g = {};
        EXPECT_EQ(counts.constructed, 2);
        const std::string got = co_await waiting;
        EXPECT_TRUE(counts.balanced());
        EXPECT_NE(got.find("was destroyed"), std::string::npos) << got;
    });
}

// ------------------------------------------------------------------------ forced destruction

async_generator<int> stuck(tracked_counts& counts) {
    const tracked local(counts);
    co_yield 0;
    deaf_operation never;
    co_await never;
    co_yield 1;
}

task<> drain(async_generator<int>& from) {
    while (int* i = co_await from.next()) *i = -1;
}

task<> drain_own(tracked_counts& counts) {
    auto g = stuck(counts);
    while (int* i = co_await g.next()) *i = -1;
}

TEST(async_generator_abandon, a_body_that_never_ends_goes_with_the_task_that_owns_it) {
    simul_test::log_capture log;
    tracked_counts counts;
    EXPECT_THROW(run_virtual([&] { return drain_own(counts); }), simul::deadlock);
    EXPECT_EQ(counts.constructed, 1);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
}

TEST(async_generator_abandon, a_body_that_never_ends_goes_with_the_task_that_waits_for_it) {
    simul_test::log_capture log;
    tracked_counts counts;
    auto g = stuck(counts);
    EXPECT_THROW(run_virtual([&] { return drain(g); }), simul::deadlock);
    EXPECT_EQ(counts.constructed, 1);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
    EXPECT_EQ(run_virtual([&] { return next_of(g); }), "end") << "it is empty now";
}

TEST(async_generator_abandon, nested_ones_that_never_end_go_with_the_task_that_waits_for_them) {
    simul_test::log_capture log;
    tracked_counts counts;
    auto inner = stuck(counts);
    const auto passes_on = [&](async_generator<int>& from) -> async_generator<int> {
        const tracked local(counts);
        while (int* i = co_await from.next()) co_yield *i;
    };
    auto outer = passes_on(inner);
    const auto work = [&]() -> task<> {
        (void)simul::spawn(drain(outer));
        co_await simul::sleep(1s);
    };
    run_virtual(work);
    EXPECT_EQ(counts.constructed, 2);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
    EXPECT_EQ(run_virtual([&] { return next_of(outer); }), "end");
    EXPECT_EQ(run_virtual([&] { return next_of(inner); }), "end");
}

TEST(async_generator_abandon, one_that_outlives_its_loop_half_way_is_destroyed_in_peace) {
    tracked_counts counts;
    std::optional<async_generator<int>> g;
    const auto ticks = [&]() -> async_generator<int> {
        const tracked local(counts);
        for (int i = 0;; ++i) {
            co_await simul::sleep(1ms);
            co_yield i;
        }
    };
    g.emplace(ticks());
    EXPECT_EQ(run_virtual([&] { return next_of(*g); }), "0");
    EXPECT_EQ(counts.alive(), 1);
    g.reset();
    EXPECT_TRUE(counts.balanced());
}

} // namespace
