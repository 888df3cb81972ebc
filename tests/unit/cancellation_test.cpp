#include <simul/coro/gather.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>

#include "log_capture.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using simul::task;
using simul_test::over_orders;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::tracked;
using simul_test::tracked_counts;
using namespace std::chrono_literals;

// How a task ended that was awaited.
template <class T>
task<std::string> ending_of(simul::join_handle<T> handle) {
    try {
        (void)co_await handle;
        co_return "value";
    } catch (const simul::cancelled&) {
        co_return "cancelled";
    } catch (const std::exception& e) {
        co_return e.what();
    }
}

TEST(cancellation, ends_the_innermost_operation_and_throws_at_its_co_await) {
    over_orders(10, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto began = simul::clock::now();
            std::string where;
            const auto inner = [&]() -> task<> {
                try {
                    co_await simul::sleep(24h);
                } catch (const simul::cancelled&) {
                    where += "inner ";
                    throw;
                }
            };
            const auto outer = [&]() -> task<> {
                try {
                    co_await inner();
                } catch (const simul::cancelled&) {
                    where += "outer ";
                    throw;
                }
            };
            const auto h = simul::spawn(outer());
            co_await simul::sleep(1ms);
            h.cancel();
            const std::string ending = co_await ending_of(h);
            EXPECT_EQ(ending, "cancelled");
            EXPECT_EQ(where, "inner outer ");
            EXPECT_EQ(simul::clock::now() - began, 1ms);
        });
    });
}

TEST(cancellation, is_no_std_exception) {
    static_assert(!std::is_base_of_v<std::exception, simul::cancelled>);
    run_virtual([]() -> task<> {
        const auto swallows = []() -> task<> {
            try {
                co_await simul::sleep(1h);
            } catch (const std::exception&) {
                ADD_FAILURE() << "swallowed";
            }
        };
        const auto h = simul::spawn(swallows());
        co_await simul::yield();
        h.cancel();
        const std::string ending = co_await ending_of(h);
        EXPECT_EQ(ending, "cancelled");
    });
}

TEST(cancellation, before_the_first_step_lets_the_task_start_and_meets_its_first_suspension) {
    over_orders(10, [](simul::run_options options) {
        tracked_counts counts;
        run_with(options, [&]() -> task<> {
            bool reached = false;
            const auto works = [&](tracked) -> task<> {
                const tracked local(counts);
                reached = true;
                co_await simul::sleep(1h);
                ADD_FAILURE() << "slept";
            };
            const auto h = simul::spawn(works(tracked(counts)));
            h.cancel();
            const std::string ending = co_await ending_of(h);
            EXPECT_EQ(ending, "cancelled");
            EXPECT_TRUE(reached);
        });
        EXPECT_TRUE(counts.balanced());
        EXPECT_GE(counts.constructed, 3);
    });
}

TEST(cancellation, of_a_task_that_never_suspends_changes_nothing) {
    run_virtual([]() -> task<> {
        const auto works = []() -> task<int> { co_return 3; };
        const auto h = simul::spawn(works());
        h.cancel();
        const int value = co_await h;
        EXPECT_EQ(value, 3);
        h.cancel();
        const int again = co_await h;
        EXPECT_EQ(again, 3);
    });
}

TEST(cancellation, is_thrown_again_at_every_later_suspension) {
    run_virtual([]() -> task<> {
        int thrown = 0;
        const auto stubborn = [&]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                try {
                    co_await simul::sleep(1h);
                } catch (const simul::cancelled&) {
                    ++thrown;
                }
                try {
                    co_await simul::yield();
                } catch (const simul::cancelled&) {
                    ++thrown;
                }
                try {
                    co_await simul::sleep_until(simul::clock::now() + 1h);
                } catch (const simul::cancelled&) {
                    ++thrown;
                }
                try {
                    co_await simul::gather(simul::sleep(1h));
                } catch (const simul::cancelled&) {
                    ++thrown;
                }
            }
        };
        const auto h = simul::spawn(stubborn());
        co_await simul::sleep(1ms);
        h.cancel();
        h.cancel();
        co_await h;
        EXPECT_EQ(thrown, 12);
    });
}

TEST(cancellation, delivers_a_value_that_arrived_in_the_same_turn_and_throws_at_the_next) {
    run_virtual([]() -> task<> {
        bool slept = false;
        bool thrown = false;
        const auto sleeper = [&]() -> task<> {
            co_await simul::sleep(1ms);
            slept = true;
            try {
                co_await simul::yield();
            } catch (const simul::cancelled&) {
                thrown = true;
                throw;
            }
        };
        simul::join_handle<> h;
        const auto canceller = [&]() -> task<> {
            co_await simul::sleep(1ms);
            h.cancel();
        };
        // Both wake in one turn; the canceller went to sleep first and runs first.
        auto first = simul::spawn(canceller());
        h = simul::spawn(sleeper());
        co_await first;
        const std::string ending = co_await ending_of(h);
        EXPECT_TRUE(slept);
        EXPECT_TRUE(thrown);
        EXPECT_EQ(ending, "cancelled");
    });
}

TEST(cancellation, of_an_awaiter_delivers_a_result_that_arrived_in_the_same_turn) {
    run_virtual([]() -> task<> {
        const auto value = []() -> task<int> {
            co_await simul::sleep(1ms);
            co_return 8;
        };
        const auto h = simul::spawn(value());
        int got = 0;
        const auto awaits = [&]() -> task<> { got = co_await h; };
        const auto waiting = simul::spawn(awaits());
        // Wakes after `value` in the turn that ends it, so that the awaiter is ready already.
        co_await simul::yield();
        co_await simul::sleep(1ms);
        EXPECT_TRUE(h.done());
        waiting.cancel();
        co_await waiting;
        EXPECT_EQ(got, 8);
    });
}

TEST(cancellation, of_a_task_by_itself_meets_its_next_suspension) {
    run_virtual([]() -> task<> {
        simul::join_handle<> self;
        bool went_on = false;
        const auto suicidal = [&]() -> task<> {
            self.cancel();
            went_on = true;
            co_await simul::yield();
            ADD_FAILURE() << "lives on";
        };
        self = simul::spawn(suicidal());
        const std::string ending = co_await ending_of(self);
        EXPECT_EQ(ending, "cancelled");
        EXPECT_TRUE(went_on);
    });
}

TEST(cancellation, thrown_by_hand_ends_a_task_as_cancelled) {
    run_virtual([]() -> task<> {
        const auto gives_up = []() -> task<> {
            throw simul::cancelled{};
            co_return;
        };
        const auto h = simul::spawn(gives_up());
        const std::string ending = co_await ending_of(h);
        EXPECT_EQ(ending, "cancelled");
    });
}

TEST(cancellation, that_is_swallowed_lets_the_task_end_with_its_value) {
    run_virtual([]() -> task<> {
        const auto swallows = []() -> task<int> {
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) {
            }
            co_return 4;
        };
        const auto h = simul::spawn(swallows());
        co_await simul::yield();
        h.cancel();
        const int value = co_await h;
        EXPECT_EQ(value, 4);
    });
}

TEST(cancellation, replaced_by_a_failure_of_the_clean_up_delivers_that) {
    run_virtual([]() -> task<> {
        const auto fails = []() -> task<> {
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) {
                throw std::runtime_error("clean-up");
            }
        };
        const auto h = simul::spawn(fails());
        co_await simul::yield();
        h.cancel();
        const std::string ending = co_await ending_of(h);
        EXPECT_EQ(ending, "clean-up");
    });
}

TEST(cancellation, of_the_main_task_leaves_run) {
    const auto main = []() -> task<> {
        throw simul::cancelled{};
        co_return;
    };
    EXPECT_THROW(simul::run(main(), {.virtual_time = true}), simul::cancelled);
}

TEST(cancellation, in_a_ring_of_tasks_that_cancel_one_another) {
    over_orders(30, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            std::vector<simul::join_handle<>> ring(10);
            const auto link = [&](std::size_t i) -> task<> {
                try {
                    co_await simul::sleep(std::chrono::milliseconds(i + 1));
                } catch (const simul::cancelled&) {
                    ring[(i + 1) % ring.size()].cancel();
                    throw;
                }
                ring[(i + 1) % ring.size()].cancel();
                co_await simul::sleep(1h);
            };
            for (std::size_t i = 0; i < ring.size(); ++i) ring[i] = simul::spawn(link(i));
            for (const auto& h : ring) {
                const std::string ending = co_await ending_of(h);
                EXPECT_EQ(ending, "cancelled");
            }
        });
    });
}

// Tasks that await one another's handles, are cancelled at random, and drop their handles.
TEST(cancellation, at_random_among_joins_sleeps_and_gathers) {
    over_orders(100, [](simul::run_options options) {
        tracked_counts counts;
        run_with(options, [&]() -> task<> {
            std::vector<simul::join_handle<>> handles;
            const auto works = [&](std::size_t i) -> task<> {
                const tracked local(counts);
                co_await simul::sleep(std::chrono::milliseconds(i % 7));
                if (i > 0) co_await handles[i / 2];
                co_await simul::gather(simul::sleep(1ms), handles[i / 3], simul::yield());
            };
            handles.reserve(64);
            handles.push_back(simul::spawn(simul::sleep(5ms)));
            for (std::size_t i = 1; i < 64; ++i) handles.push_back(simul::spawn(works(i)));
            for (std::size_t round = 0; round < 10; ++round) {
                co_await simul::sleep(1ms);
                handles[(round * 29 + options.shuffle_seed.value_or(3)) % 64].cancel();
            }
            int ended = 0;
            for (const auto& h : handles) {
                const std::string ending = co_await ending_of(h);
                EXPECT_TRUE(ending == "value" || ending == "cancelled");
                ++ended;
            }
            EXPECT_EQ(ended, 64);
        });
        EXPECT_TRUE(counts.balanced());
    });
}

} // namespace
