// What a consumer can do to a generator besides asking for its next element.
#include "tracked.hpp"
#include <simul/gen/generator.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace {

using simul::generator;
using simul_test::tracked;
using simul_test::tracked_counts;
using names = std::vector<std::string>;

template <class Generator, class Value>
concept takes = requires(Generator& g, Value value) { g.send(value); };
static_assert(takes<generator<int, std::string>, const char*>);
static_assert(!takes<generator<int, std::string>, int>);
static_assert(!takes<generator<int>, int>);

generator<int> up_to(int last) {
    for (int n = 1; n <= last; ++n) co_yield n;
}

generator<int> with_objects(tracked_counts& counts, tracked) {
    tracked first(counts, "first");
    co_yield 1;
    {
        tracked second(counts, "second");
        co_yield 2;
    }
    tracked third(counts, "third");
    co_yield 3;
}

// ---- send()

generator<int, std::string> echo_lengths() {
    int last = 0;
    for (;;) {
        const std::optional<std::string> sent = co_yield last;
        last = sent ? static_cast<int>(sent->size()) : -1;
    }
}

TEST(generator_control, gives_what_is_sent_as_the_value_of_co_yield_and_returns_the_next_element) {
    auto g = echo_lengths();
    EXPECT_EQ(*g.next(), 0);
    EXPECT_EQ(*g.send("four"), 4);
    EXPECT_EQ(*g.send(std::string(100, 'x')), 100);
    EXPECT_EQ(*g.next(), -1);
    EXPECT_EQ(*g.send(""), 0);
    for (int n : g) {
        EXPECT_EQ(n, -1);
        break;
    }
}

TEST(generator_control, that_is_sent_to_before_the_first_next_throws_and_is_unharmed) {
    auto g = echo_lengths();
    EXPECT_THROW((void)g.send("early"), std::logic_error);
    EXPECT_EQ(*g.next(), 0);
    EXPECT_EQ(*g.send("four"), 4);
}

TEST(generator_control, that_has_ended_takes_what_is_sent_and_gives_null) {
    auto make = []() -> generator<int, int> { co_yield 1; };
    auto g = make();
    (void)g.next();
    EXPECT_EQ(g.send(5), nullptr);
    EXPECT_EQ(g.send(5), nullptr);
    EXPECT_EQ((generator<int, int>().send(5)), nullptr);
}

TEST(generator_control, moves_what_is_sent_and_never_copies_it) {
    tracked_counts counts;
    auto make = []() -> generator<int, tracked> {
        for (int n = 0;; ++n) {
            const std::optional<tracked> sent = co_yield n;
            EXPECT_EQ(sent ? sent->name() : "sent", "sent");
        }
    };
    {
        auto g = make();
        (void)g.next();
        EXPECT_EQ(*g.send(tracked(counts, "sent")), 1);
    }
    EXPECT_EQ(counts.copied, 0);
    EXPECT_TRUE(counts.balanced());
    auto owners = []() -> generator<int, std::unique_ptr<int>> {
        int last = 0;
        for (;;) {
            if (std::optional<std::unique_ptr<int>> sent = co_yield last) last = **sent;
        }
    };
    auto g = owners();
    (void)g.next();
    EXPECT_EQ(*g.send(std::make_unique<int>(9)), 9);
}

TEST(generator_control, gives_what_is_sent_also_at_a_yield_of_a_constant) {
    auto make = []() -> generator<int, int> {
        int sum = 0;
        for (;;) {
            const int constant = sum;
            if (std::optional<int> sent = co_yield constant) sum += *sent;
        }
    };
    auto g = make();
    (void)g.next();
    EXPECT_EQ(*g.send(2), 2);
    EXPECT_EQ(*g.send(3), 5);
}

// ---- raise()

generator<int> forgiving(names& caught) {
    for (int n = 0;; ++n) {
        try {
            co_yield n;
        } catch (const std::runtime_error& error) {
            caught.push_back(error.what());
        }
    }
}

TEST(generator_control, that_catches_a_raised_exception_goes_on_to_its_next_element) {
    names caught;
    auto g = forgiving(caught);
    EXPECT_EQ(*g.next(), 0);
    EXPECT_EQ(*g.raise(std::runtime_error("one")), 1);
    EXPECT_EQ(*g.next(), 2);
    EXPECT_EQ(*g.raise(std::make_exception_ptr(std::runtime_error("two"))), 3);
    EXPECT_EQ(caught, (names{"one", "two"}));
}

TEST(generator_control, that_does_not_catch_a_raised_exception_lets_it_out_and_is_finished) {
    names caught;
    auto g = forgiving(caught);
    (void)g.next();
    EXPECT_THROW((void)g.raise(std::logic_error("not caught")), std::logic_error);
    EXPECT_EQ(g.next(), nullptr);
    EXPECT_TRUE(caught.empty());
}

TEST(generator_control, that_ends_after_a_raised_exception_gives_null) {
    auto make = []() -> generator<int> {
        try {
            co_yield 1;
        } catch (int) {
        }
    };
    auto g = make();
    (void)g.next();
    EXPECT_EQ(g.raise(7), nullptr);
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator_control, raised_in_before_it_started_is_finished_without_running) {
    tracked_counts counts;
    auto g = with_objects(counts, tracked(counts));
    EXPECT_THROW((void)g.raise(std::runtime_error("early")), std::runtime_error);
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator_control, raised_in_after_its_end_throws_to_the_caller) {
    auto g = up_to(1);
    (void)g.next();
    (void)g.next();
    EXPECT_THROW((void)g.raise(std::runtime_error("late")), std::runtime_error);
    EXPECT_THROW((void)generator<int>().raise(std::runtime_error("empty")), std::runtime_error);
    EXPECT_THROW((void)g.raise(std::exception_ptr()), std::invalid_argument);
}

TEST(generator_control, raised_in_unwinds_its_objects_once) {
    tracked_counts counts;
    auto g = with_objects(counts, tracked(counts, "parameter"));
    (void)g.next();
    (void)g.next();
    counts.ended.clear();
    EXPECT_THROW((void)g.raise(5), int);
    EXPECT_EQ(counts.ended, (names{"second", "first"}));
    g = {};
    EXPECT_EQ(counts.ended.back(), "parameter");
    EXPECT_TRUE(counts.balanced());
}

TEST(generator_control, may_throw_another_exception_for_the_raised_one) {
    auto make = []() -> generator<int, int> {
        try {
            co_yield 1;
        } catch (const std::runtime_error&) {
            throw std::logic_error("another");
        }
    };
    auto g = make();
    (void)g.next();
    EXPECT_THROW((void)g.raise(std::runtime_error("first")), std::logic_error);
    EXPECT_EQ(g.next(), nullptr);
}

// ---- close()

TEST(generator_control, closed_unwinds_at_its_yield_last_in_first_out_and_is_empty) {
    tracked_counts counts;
    auto g = with_objects(counts, tracked(counts, "parameter"));
    (void)g.next();
    (void)g.next();
    counts.ended.clear();
    g.close();
    EXPECT_EQ(counts.ended, (names{"second", "first", "parameter"}));
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(g.next(), nullptr);
    g.close();
}

TEST(generator_control, closed_before_it_started_or_after_its_end_runs_nothing) {
    tracked_counts counts;
    auto fresh = with_objects(counts, tracked(counts));
    fresh.close();
    EXPECT_TRUE(counts.balanced());
    auto ended = with_objects(counts, tracked(counts));
    while (ended.next()) {
    }
    ended.close();
    EXPECT_TRUE(counts.balanced());
}

generator<int> cleaning(names& steps, bool fails) {
    try {
        co_yield 1;
    } catch (const std::exception&) {
        steps.push_back("no exception of the standard library");
    } catch (const simul::generator_exit&) {
        steps.push_back("clean-up");
        if (fails) throw std::runtime_error("clean-up failed");
        throw;
    }
}

TEST(generator_control, closed_runs_its_handlers_of_generator_exit) {
    names steps;
    auto g = cleaning(steps, false);
    (void)g.next();
    g.close();
    EXPECT_EQ(steps, (names{"clean-up"}));
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator_control, lets_an_exception_of_its_clean_up_leave_close) {
    names steps;
    auto g = cleaning(steps, true);
    (void)g.next();
    EXPECT_THROW(g.close(), std::runtime_error);
    EXPECT_EQ(g.next(), nullptr);
    g.close();
}

TEST(generator_control, may_return_when_it_is_closed) {
    bool closed = false;
    auto make = [](bool& flag) -> generator<int> {
        try {
            co_yield 1;
        } catch (const simul::generator_exit&) {
            flag = true;
        }
    };
    auto g = make(closed);
    (void)g.next();
    g.close();
    EXPECT_TRUE(closed);
}

TEST(generator_control, that_yields_while_it_is_closed_is_ended_and_close_says_so) {
    tracked_counts counts;
    auto make = [](tracked_counts& c) -> generator<int> {
        tracked object(c);
        for (int n = 0;; ++n) {
            try {
                co_yield n;
            } catch (...) {
            }
        }
    };
    auto g = make(counts);
    (void)g.next();
    EXPECT_THROW(g.close(), std::logic_error);
    EXPECT_TRUE(counts.balanced());
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator_control, destroyed_without_close_throws_nothing_in_its_body) {
    names steps;
    {
        auto g = cleaning(steps, true);
        (void)g.next();
    }
    EXPECT_TRUE(steps.empty());
}

// ---- use from inside

TEST(generator_control, used_from_inside_its_own_body_throws_and_goes_on) {
    int errors = 0;
    generator<int, int> g;
    auto make = [](generator<int, int>& self, int& count) -> generator<int, int> {
        auto refused = [&](auto use) {
            try {
                use();
            } catch (const std::logic_error&) {
                ++count;
            }
        };
        for (int n = 0; n < 2; ++n) {
            refused([&] { (void)self.next(); });
            refused([&] { (void)self.begin(); });
            refused([&] { (void)self.send(1); });
            refused([&] { (void)self.raise(std::runtime_error("inside")); });
            refused([&] { self.close(); });
            co_yield n;
        }
    };
    g = make(g, errors);
    EXPECT_EQ(*g.next(), 0);
    EXPECT_EQ(errors, 5);
    EXPECT_EQ(*g.send(1), 1);
    EXPECT_EQ(errors, 10);
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator_control, that_lets_the_error_of_its_use_from_inside_out_is_finished) {
    generator<int> g;
    auto make = [](generator<int>& self) -> generator<int> { co_yield *self.next(); };
    g = make(g);
    EXPECT_THROW((void)g.next(), std::logic_error);
    EXPECT_EQ(g.next(), nullptr);
}

TEST(generator_control, moved_from_inside_its_own_body_goes_on_in_its_new_place) {
    generator<int> first;
    generator<int> second;
    auto make = [](generator<int>& from, generator<int>& to) -> generator<int> {
        to = std::move(from);
        co_yield 1;
        co_yield 2;
    };
    first = make(first, second);
    EXPECT_EQ(*first.next(), 1);
    EXPECT_EQ(first.next(), nullptr);
    EXPECT_EQ(*second.next(), 2);
    EXPECT_EQ(second.next(), nullptr);
}

TEST(generator_control_death, destroyed_from_inside_its_own_body_terminates) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            generator<int> g;
            auto make = [](generator<int>& self) -> generator<int> {
                self = {};
                co_yield 1;
            };
            g = make(g);
            (void)g.next();
        },
        "");
}

} // namespace
