#include "next_of.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::async_generator;
using simul::task;
using simul_test::next_of;
using simul_test::result_of;
using simul_test::run_virtual;
using simul_test::tracked;
using simul_test::tracked_counts;

template <class Send>
task<std::string> closing(async_generator<int, Send>& g) {
    try {
        co_await g.close();
        co_return "closed";
    } catch (const std::exception& e) {
        co_return e.what();
    } catch (const simul::cancelled&) {
        co_return "cancelled";
    }
}

// ---------------------------------------------------------------------------------------- send

async_generator<int, int> sums() {
    int sum = 0;
    for (;;) {
        const std::optional<int> sent = co_yield sum;
        co_await simul::sleep(1ms);
        sum += sent.value_or(1);
    }
}

TEST(async_generator_close, send_is_the_value_of_the_co_yield_and_gives_the_next_element) {
    run_virtual([]() -> task<> {
        auto g = sums();
        std::string got = co_await next_of(g);
        EXPECT_EQ(got, "0");
        got = co_await result_of(g.send(10));
        EXPECT_EQ(got, "10");
        got = co_await next_of(g);
        EXPECT_EQ(got, "11") << "next() sends nothing";
        got = co_await result_of(g.send(5));
        EXPECT_EQ(got, "16");
    });
}

TEST(async_generator_close, send_before_the_first_next_is_an_error) {
    auto g = sums();
    EXPECT_THROW((void)g.send(1), std::logic_error);
    async_generator<int, int> none;
    run_virtual([&]() -> task<> {
        std::string got = co_await result_of(none.send(1));
        EXPECT_EQ(got, "end");
        got = co_await next_of(g);
        EXPECT_EQ(got, "0");
    });
}

TEST(async_generator_close, send_after_the_end_gives_null_and_changes_nothing) {
    const auto one = []() -> async_generator<int, std::unique_ptr<int>> { co_yield 1; };
    run_virtual([&]() -> task<> {
        auto g = one();
        (void)co_await g.next();
        for (int i = 0; i < 3; ++i) {
            const std::string got = co_await result_of(g.send(std::make_unique<int>(1)));
            EXPECT_EQ(got, "end");
        }
    });
}

TEST(async_generator_close, send_skips_what_is_left_of_a_batch) {
    const auto batches = []() -> async_generator<int, int> {
        std::vector<int> values{1, 2, 3};
        std::optional<int> sent = co_yield simul::batch(values);
        co_yield *sent;
    };
    run_virtual([&]() -> task<> {
        auto g = batches();
        (void)co_await g.next();
        std::string got = co_await result_of(g.send(42));
        EXPECT_EQ(got, "42");
        got = co_await next_of(g);
        EXPECT_EQ(got, "end");
    });
}

TEST(async_generator_close, a_send_to_one_that_is_waited_for_is_an_error_and_leaves_nothing) {
    const auto slow = []() -> async_generator<int, int> {
        co_yield 0;
        co_await simul::sleep(10ms);
        const std::optional<int> sent = co_yield 1;
        EXPECT_FALSE(sent.has_value());
        co_yield 2;
    };
    run_virtual([&]() -> task<> {
        auto g = slow();
        (void)co_await g.next();
        auto waiting = simul::spawn(next_of(g));
        co_await simul::yield();
        std::string got = co_await result_of(g.send(99));
        EXPECT_NE(got.find("somebody waits for already"), std::string::npos) << got;
        got = co_await waiting;
        EXPECT_EQ(got, "1");
        got = co_await next_of(g);
        EXPECT_EQ(got, "2");
    });
}

// --------------------------------------------------------------------------------------- raise

TEST(async_generator_close, raise_throws_at_the_co_yield_where_it_may_be_caught) {
    const auto stubborn = []() -> async_generator<int> {
        for (int i = 0;; ++i) {
            std::string caught;
            try {
                co_yield i;
            } catch (const std::runtime_error& e) {
                caught = e.what();
            }
            if (!caught.empty()) {
                co_await simul::sleep(1ms);
                co_yield static_cast<int>(caught.size());
            }
        }
    };
    run_virtual([&]() -> task<> {
        auto g = stubborn();
        std::string got = co_await next_of(g);
        EXPECT_EQ(got, "0");
        got = co_await result_of(g.raise(std::runtime_error("four")));
        EXPECT_EQ(got, "4");
        got = co_await next_of(g);
        EXPECT_EQ(got, "1");
        got = co_await result_of(g.raise(std::logic_error("not caught")));
        EXPECT_EQ(got, "not caught");
        got = co_await next_of(g);
        EXPECT_EQ(got, "end");
    });
}

TEST(async_generator_close, raise_in_one_that_has_not_begun_or_has_ended_throws_back) {
    tracked_counts counts;
    const auto one = [](tracked) -> async_generator<int> { co_yield 1; };
    run_virtual([&]() -> task<> {
        auto fresh = one(tracked(counts));
        std::string got = co_await result_of(fresh.raise(std::runtime_error("early")));
        EXPECT_EQ(got, "early");
        EXPECT_TRUE(counts.balanced());
        got = co_await next_of(fresh);
        EXPECT_EQ(got, "end") << "it will not begin any more";

        auto over = one(tracked(counts));
        (void)co_await over.next();
        (void)co_await over.next();
        got = co_await result_of(over.raise(std::runtime_error("late")));
        EXPECT_EQ(got, "late");

        async_generator<int> none;
        got = co_await result_of(none.raise(std::runtime_error("nobody there")));
        EXPECT_EQ(got, "nobody there");
    });
}

TEST(async_generator_close, raise_in_one_that_is_waited_for_is_an_error) {
    const auto slow = []() -> async_generator<int> {
        co_await simul::sleep(10ms);
        co_yield 1;
    };
    run_virtual([&]() -> task<> {
        auto g = slow();
        auto waiting = simul::spawn(next_of(g));
        co_await simul::yield();
        std::string got = co_await result_of(g.raise(std::runtime_error("no")));
        EXPECT_NE(got.find("somebody waits for already"), std::string::npos) << got;
        got = co_await closing(g);
        EXPECT_NE(got.find("somebody waits for already"), std::string::npos) << got;
        got = co_await waiting;
        EXPECT_EQ(got, "1");
    });
}

// --------------------------------------------------------------------------------------- close

TEST(async_generator_close, close_unwinds_the_body_and_may_be_repeated) {
    tracked_counts counts;
    bool left = false;
    const auto counter = [&](tracked) -> async_generator<int> {
        const tracked outer(counts, "outer");
        const tracked inner(counts, "inner");
        try {
            for (int i = 0;; ++i) co_yield i;
        } catch (const simul::generator_exit&) {
            left = true;
            throw;
        }
    };
    run_virtual([&]() -> task<> {
        auto g = counter(tracked(counts));
        (void)co_await g.next();
        for (int i = 0; i < 3; ++i) {
            const std::string how = co_await closing(g);
            EXPECT_EQ(how, "closed");
            EXPECT_TRUE(left);
            EXPECT_EQ(counts.ended, (std::vector<std::string>{"inner", "outer"}));
        }
        const std::string got = co_await next_of(g);
        EXPECT_EQ(got, "end");
    });
    EXPECT_TRUE(counts.balanced());
}

TEST(async_generator_close, close_of_one_that_has_not_begun_ended_or_is_empty_does_nothing) {
    tracked_counts counts;
    const auto one = [](tracked) -> async_generator<int> { co_yield 1; };
    run_virtual([&]() -> task<> {
        auto fresh = one(tracked(counts));
        co_await fresh.close();
        EXPECT_TRUE(counts.balanced());
        {
            auto over = one(tracked(counts));
            (void)co_await over.next();
            (void)co_await over.next();
            co_await over.close();
        }
        async_generator<int> none;
        co_await none.close();
        EXPECT_TRUE(counts.balanced());
    });
}

TEST(async_generator_close, close_waits_for_clean_up_that_awaits) {
    const auto polite = [](std::vector<std::string>& log) -> async_generator<int> {
        bool leave = false;
        for (int i = 0; !leave; ++i) {
            try {
                co_yield i;
            } catch (const simul::generator_exit&) {
                leave = true;
            }
        }
        co_await simul::sleep(5s);
        log.push_back("good bye");
    };
    run_virtual([&]() -> task<> {
        std::vector<std::string> log;
        auto g = polite(log);
        (void)co_await g.next();
        const auto began = simul::clock::now();
        co_await g.close();
        EXPECT_EQ(simul::clock::now() - began, 5s);
        EXPECT_EQ(log.size(), 1u);
    });
}

TEST(async_generator_close, what_clean_up_throws_leaves_close) {
    const auto rude = []() -> async_generator<int> {
        bool leave = false;
        try {
            co_yield 1;
        } catch (const simul::generator_exit&) {
            leave = true;
        }
        co_await simul::yield();
        if (leave) throw std::runtime_error("no good bye");
    };
    run_virtual([&]() -> task<> {
        auto g = rude();
        (void)co_await g.next();
        std::string how = co_await closing(g);
        EXPECT_EQ(how, "no good bye");
        how = co_await closing(g);
        EXPECT_EQ(how, "closed");
    });
}

TEST(async_generator_close, a_body_that_goes_on_to_yield_makes_close_fail) {
    const auto deaf = []() -> async_generator<int> {
        for (int i = 0; i < 3; ++i) {
            try {
                co_yield i;
            } catch (const simul::generator_exit&) {
                i += 0;
            }
        }
    };
    run_virtual([&]() -> task<> {
        auto g = deaf();
        (void)co_await g.next();
        std::string how = co_await closing(g);
        EXPECT_NE(how.find("went on to yield"), std::string::npos) << how;
        how = co_await closing(g);
        EXPECT_NE(how.find("went on to yield"), std::string::npos) << how;
        how = co_await closing(g);
        EXPECT_EQ(how, "closed");
    });
}

TEST(async_generator_close, a_cancel_reaches_clean_up_that_awaits) {
    const auto polite = []() -> async_generator<int> {
        bool leave = false;
        try {
            co_yield 1;
        } catch (const simul::generator_exit&) {
            leave = true;
        }
        if (leave) co_await simul::sleep(1h);
    };
    run_virtual([&]() -> task<> {
        auto g = polite();
        (void)co_await g.next();
        auto closer = simul::spawn(closing(g));
        co_await simul::sleep(1s);
        closer.cancel();
        const std::string how = co_await closer;
        EXPECT_EQ(how, "cancelled");
        const std::string got = co_await next_of(g);
        EXPECT_EQ(got, "end");
    });
}

} // namespace
