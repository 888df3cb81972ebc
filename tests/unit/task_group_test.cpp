#include <simul/coro/dump_tasks.hpp>
#include <simul/coro/run.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task_group.hpp>
#include <simul/coro/timeout.hpp>

#include "log_capture.hpp"
#include "never.hpp"
#include "run_virtual.hpp"
#include "tracked.hpp"
#include "work.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::task;
using simul::task_group;
using simul::task_started;
using simul::with_task_group;
using simul_test::ending_of;
using simul_test::fails_after;
using simul_test::over_orders;
using simul_test::pause_for;
using simul_test::run_virtual;
using simul_test::run_with;
using simul_test::value_after;
using simul_test::work_log;
using simul_test::worker;
using namespace std::chrono_literals;

TEST(task_group, returns_when_the_body_and_all_tasks_have_ended) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto began = simul::clock::now();
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 1; i <= 5; ++i) group.spawn(worker(log, i * 10ms));
                EXPECT_EQ(group.size(), 5U);
                co_await simul::sleep(20ms);
            });
            EXPECT_EQ(log.ended, 5);
            EXPECT_EQ(simul::clock::now() - began, 50ms);
            co_await with_task_group([&](task_group& group) -> task<int> {
                group.spawn(worker(log, 10ms));
                co_await simul::sleep(70ms);
                co_return 1; // nobody is interested
            });
            EXPECT_EQ(simul::clock::now() - began, 120ms);
        });
    });
}

TEST(task_group, of_nothing_ends_with_its_body) {
    run_virtual(
        []() -> task<> { co_await with_task_group([](task_group&) -> task<> { co_return; }); });
}

TEST(task_group, takes_any_awaitable_and_any_result) {
    run_virtual([]() -> task<> {
        const auto makes = []() -> task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(1);
        };
        int place = 0;
        const auto refers = [&]() -> task<int&> { co_return place; };
        const auto h = simul::spawn(pause_for(10ms));
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(makes());
            group.spawn(refers());
            group.spawn(simul::sleep(5ms));
            group.spawn(h);
            co_return;
        });
        EXPECT_TRUE(h.done());
    });
}

TEST(task_group, keeps_a_coroutine_lambda_with_its_captures_alive) {
    run_virtual([]() -> task<> {
        simul_test::tracked_counts counts;
        int seen = 0;
        co_await with_task_group([&](task_group& group) -> task<> {
            {
                const simul_test::tracked captured(counts, "captured");
                auto lambda = [captured, &seen]() -> task<> {
                    co_await simul::sleep(1ms);
                    if (captured.name() == "captured") ++seen;
                };
                group.spawn(std::move(lambda));
            }
            co_await simul::sleep(10ms);
            EXPECT_TRUE(counts.balanced()) << "gone with its task, not with the group";
        });
        EXPECT_EQ(seen, 1);
    });
}

TEST(task_group, the_first_failure_cancels_the_others_and_the_body_and_waits_for_them) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            std::string body;
            const auto began = simul::clock::now();
            const std::string how =
                co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                    group.spawn(worker(log, 1h, 0, 300ms));
                    group.spawn(worker(log, 2h, 0, 100ms));
                    group.spawn(fails_after(10ms, "first"));
                    body = co_await ending_of(simul::sleep(3h));
                }));
            EXPECT_EQ(how, "first");
            EXPECT_EQ(body, "cancelled");
            EXPECT_EQ(log.ended, 2);
            EXPECT_EQ(simul::clock::now() - began, 310ms);
        });
    });
}

TEST(task_group, a_failure_cancels_the_tasks_before_the_body_and_a_cancel_the_body_first) {
    run_virtual([]() -> task<> {
        std::string order;
        const auto notes = [&](std::string name) -> task<> {
            const std::string how = co_await ending_of(simul::sleep(1h));
            if (how == "cancelled") order += name;
        };
        const auto grouped = [&](bool one_fails) -> task<> {
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(notes("a"));
                group.spawn(notes("b"));
                if (one_fails) group.spawn(fails_after(1ms, "failure"));
                co_await notes("body");
            });
        };
        EXPECT_EQ(co_await ending_of(grouped(true)), "failure");
        EXPECT_EQ(order, "abbody");
        order.clear();
        auto h = simul::spawn(grouped(false));
        co_await simul::sleep(1ms);
        h.cancel();
        EXPECT_EQ(co_await ending_of(std::move(h)), "cancelled");
        EXPECT_EQ(order, "bodyab");
    });
}

TEST(task_group, shows_its_tasks_by_the_names_that_they_were_given) {
    run_virtual([]() -> task<> {
        const auto lasts = [](task_started& ready) -> task<> {
            co_await simul::yield();
            ready.set();
            co_await simul::sleep(1h);
        };
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(simul::sleep(1h), "a plain awaitable");
            group.spawn(pause_for(1h), std::string("a task with a name that needs memory"));
            group.spawn([]() -> task<> { co_await simul::sleep(1h); }, "a lambda");
            group.spawn(pause_for(1h));
            co_await group.start(lasts, "one that announced itself");
            const std::string tree = simul::format_tasks();
            EXPECT_NE(tree.find("\"a plain awaitable\""), std::string::npos) << tree;
            EXPECT_NE(tree.find("\"a task with a name that needs memory\""), std::string::npos);
            EXPECT_NE(tree.find("\"a lambda\""), std::string::npos) << tree;
            EXPECT_NE(tree.find("\"one that announced itself\""), std::string::npos) << tree;
            EXPECT_NE(tree.find("pause_for"), std::string::npos) << tree;
            group.cancel();
        });
    });
}

TEST(task_group, names_the_task_whose_later_failure_it_logs) {
    simul_test::log_capture log;
    run_virtual([]() -> task<> {
        const std::string how = co_await ending_of(with_task_group([](task_group& group) -> task<> {
            group.spawn(fails_after(1ms, "first"));
            group.spawn(fails_after(1ms, "second"), "the other");
            co_return;
        }));
        EXPECT_EQ(how, "first");
    });
    EXPECT_EQ(log.count("\"the other\" failed as well: second"), 1) << log.text();
}

TEST(task_group, a_failing_body_cancels_the_tasks) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const std::string how =
                co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                    group.spawn(worker(log, 1h, 0, 30ms));
                    co_await simul::sleep(1ms);
                    throw std::runtime_error("body");
                }));
            EXPECT_EQ(how, "body");
            EXPECT_EQ(log.begun, 1);
            EXPECT_EQ(log.ended, 1);
        });
    });
}

TEST(task_group, a_body_that_fails_at_once_still_lets_its_tasks_begin_and_end) {
    run_virtual([]() -> task<> {
        work_log log;
        const std::string how =
            co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                group.spawn(worker(log, 1h));
                throw std::runtime_error("body");
                co_return;
            }));
        EXPECT_EQ(how, "body");
        EXPECT_EQ(log.begun, 1);
        EXPECT_EQ(log.cancelled, 1);
    });
}

TEST(task_group, logs_the_failures_after_the_first) {
    simul_test::log_capture log;
    run_virtual([]() -> task<> {
        const auto fails_in_clean_up = []() -> task<> {
            bool was_cancelled = false;
            try {
                co_await simul::sleep(1h);
            } catch (const simul::cancelled&) {
                was_cancelled = true;
            }
            if (was_cancelled) throw std::runtime_error("in clean-up");
        };
        const std::string how =
            co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                group.spawn(fails_in_clean_up());
                group.spawn(fails_after(1ms, "first"));
                co_return;
            }));
        EXPECT_EQ(how, "first");
    });
    EXPECT_TRUE(log.contains("in clean-up")) << log.text();
}

TEST(task_group, a_task_that_gives_itself_up_is_no_failure) {
    run_virtual([]() -> task<> {
        work_log log;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([]() -> task<> {
                co_await simul::yield();
                throw simul::cancelled{};
            });
            group.spawn(worker(log, 10ms));
            co_return;
        });
        EXPECT_EQ(log.ended, 1);
        EXPECT_EQ(log.cancelled, 0);
    });
}

TEST(task_group, a_body_that_meets_a_cancel_of_its_own_ends_the_group_with_it) {
    run_virtual([]() -> task<> {
        work_log log;
        const std::string how =
            co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                group.spawn(worker(log, 1h));
                co_await simul::yield();
                throw simul::cancelled{};
            }));
        EXPECT_EQ(how, "cancelled");
        EXPECT_EQ(log.ended, 1);
        EXPECT_EQ(co_await ending_of(simul::sleep(1ms)), "value");
    });
}

TEST(task_group, tasks_may_add_more_while_it_closes) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            int ended = 0;
            co_await with_task_group([&](task_group& group) -> task<> {
                struct tree {
                    static task<> grow(task_group& in, int depth, int& count) {
                        co_await simul::sleep(1ms);
                        if (depth > 0) {
                            in.spawn(grow(in, depth - 1, count));
                            in.spawn(grow(in, depth - 1, count));
                        }
                        ++count;
                    }
                };
                group.spawn(tree::grow(group, 5, ended));
                co_return;
            });
            EXPECT_EQ(ended, 63);
        });
    });
}

TEST(task_group, what_joins_a_group_that_is_being_cancelled_is_cancelled_too) {
    run_virtual([]() -> task<> {
        work_log log;
        const std::string how =
            co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                group.spawn([&]() -> task<> {
                    EXPECT_EQ(co_await ending_of(simul::sleep(1h)), "cancelled");
                    group.spawn(worker(log, 1h, 0, 5ms));
                });
                co_await simul::sleep(1ms);
                throw std::runtime_error("body");
            }));
        EXPECT_EQ(how, "body");
        EXPECT_EQ(log.begun, 1);
        EXPECT_EQ(log.ended, 1);
    });
}

TEST(task_group, spawning_after_its_end_throws_and_frees_the_task) {
    int refused = 0;
    over_orders(50, [&](simul::run_options options) {
        run_with(options, [&]() -> task<> {
            simul_test::tracked_counts counts;
            task_group* late = nullptr;
            const auto wait_for_end = [&]() -> task<> {
                co_await with_task_group([&](task_group& group) -> task<> {
                    late = &group;
                    co_await simul::sleep(1ms);
                });
                late = nullptr;
            };
            const auto holds = [](simul_test::tracked) -> task<> { co_return; };
            auto h = simul::spawn(wait_for_end());
            co_await simul::sleep(1ms);
            while (late != nullptr) {
                try {
                    late->spawn(holds(simul_test::tracked(counts)));
                    break;
                } catch (const std::logic_error&) {
                    ++refused;
                    EXPECT_TRUE(counts.balanced());
                }
                co_await simul::yield();
            }
            co_await h;
            EXPECT_TRUE(counts.balanced());
        });
    });
    EXPECT_GT(refused, 0);
}

TEST(task_group, cancel_ends_body_and_tasks_and_is_no_failure) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            std::string body;
            const auto began = simul::clock::now();
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(worker(log, 1h, 0, 10ms));
                group.spawn([&]() -> task<> {
                    co_await simul::sleep(5ms);
                    group.cancel();
                    group.cancel();
                    EXPECT_EQ(co_await ending_of(simul::sleep(1h)), "cancelled");
                });
                body = co_await ending_of(simul::sleep(1h));
            });
            EXPECT_EQ(body, "cancelled");
            EXPECT_EQ(log.ended, 1);
            EXPECT_EQ(simul::clock::now() - began, 15ms);
            co_await simul::sleep(1ms); // the caller is not cancelled
            co_await with_task_group([&](task_group& group) -> task<> {
                group.cancel();
                group.spawn(worker(log, 1h));
                co_await simul::sleep(1h);
            });
            EXPECT_EQ(log.ended, 2);
        });
    });
}

TEST(task_group, a_failure_after_its_cancel_is_thrown) {
    run_virtual([]() -> task<> {
        const std::string how =
            co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                group.spawn([]() -> task<> {
                    bool was_cancelled = false;
                    try {
                        co_await simul::sleep(1h);
                    } catch (const simul::cancelled&) {
                        was_cancelled = true;
                    }
                    if (was_cancelled) throw std::runtime_error("in clean-up");
                });
                co_await simul::sleep(1ms);
                group.cancel();
            }));
        EXPECT_EQ(how, "in clean-up");
    });
}

TEST(task_group, a_cancel_of_the_caller_cancels_all_and_is_thrown_at_the_end) {
    for (const auto after : {0ms, 1ms, 5ms}) {
        over_orders(30, [&](simul::run_options options) {
            run_with(options, [&]() -> task<> {
                work_log log;
                const auto grouped = [&]() -> task<std::string> {
                    co_return co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                        for (int i = 0; i < 3; ++i) group.spawn(worker(log, 1h, 0, 20ms));
                        co_await simul::sleep(2ms);
                    }));
                };
                auto h = simul::spawn(grouped());
                if (after != 0ms) co_await simul::sleep(after);
                h.cancel();
                EXPECT_EQ(co_await h, "cancelled");
                EXPECT_EQ(log.begun, after == 0ms ? 0 : 3);
                EXPECT_EQ(log.ended, log.begun);
            });
        });
    }
}

TEST(task_group, groups_in_groups_are_cancelled_from_the_outside_in) {
    run_virtual([]() -> task<> {
        work_log log;
        struct nest {
            static task<> of(int depth, work_log& counts) {
                co_await with_task_group([&](task_group& group) -> task<> {
                    group.spawn(worker(counts, 1h, 0, 1ms));
                    if (depth > 0) group.spawn(of(depth - 1, counts));
                    co_return;
                });
            }
        };
        EXPECT_EQ(co_await ending_of(simul::timeout(1s, nest::of(200, log))),
                  simul::timeout_error().what());
        EXPECT_EQ(log.ended, 201);
    });
}

TEST(task_group, of_tasks_that_never_end_is_destroyed_by_the_deadlock) {
    simul_test::log_capture log;
    simul_test::tracked_counts counts;
    const auto stuck = [&]() -> task<> {
        const simul_test::tracked held(counts);
        co_await simul_test::never_ever();
    };
    EXPECT_THROW(run_virtual([&]() -> task<> {
                     co_await with_task_group([&](task_group& group) -> task<> {
                         group.spawn(stuck());
                         group.spawn(stuck);
                         co_await stuck();
                     });
                 }),
                 simul::deadlock);
    EXPECT_EQ(counts.constructed, 3);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
}

// --------------------------------------------------------------------------------------- start

task<> serve(simul::task_started& ready, work_log& log, std::chrono::milliseconds needs) {
    co_await simul::sleep(needs);
    ready.set();
    ready.set(); // once is enough
    (void)co_await worker(log, 1h, 0, 5ms);
}

TEST(task_group, start_returns_when_the_task_has_announced_itself) {
    over_orders(50, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            const auto began = simul::clock::now();
            co_await with_task_group([&](task_group& group) -> task<> {
                co_await group.start(
                    [&](simul::task_started& ready) { return serve(ready, log, 20ms); });
                EXPECT_EQ(simul::clock::now() - began, 20ms);
                EXPECT_EQ(group.size(), 1U);
                EXPECT_EQ(log.begun, 1);
                co_await simul::sleep(10ms);
                group.cancel();
            });
            EXPECT_EQ(log.ended, 1);
            EXPECT_EQ(simul::clock::now() - began, 35ms);
        });
    });
}

TEST(task_group, a_cancel_during_start_is_a_cancel_whatever_the_task_makes_of_it) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            const auto swallows = [](task_started&) -> task<> {
                try {
                    co_await simul::sleep(1h);
                } catch (const simul::cancelled&) {
                }
            };
            const auto starts = [&](task_group& group) -> task<> {
                co_await group.start(swallows);
            };
            const auto h = simul::spawn(with_task_group(starts));
            co_await simul::sleep(1ms);
            h.cancel();
            EXPECT_EQ(co_await ending_of(h), "cancelled");
            EXPECT_EQ(co_await ending_of(simul::timeout(1s, with_task_group(starts))),
                      simul::timeout_error().what());
            co_await with_task_group([&](task_group& group) -> task<> {
                const auto cancels = [&]() -> task<> {
                    co_await simul::sleep(1ms);
                    group.cancel();
                };
                group.spawn(cancels);
                co_await group.start(swallows);
            });
        });
    });
}

TEST(task_group, a_task_that_is_ready_at_once_is_started_at_once) {
    run_virtual([]() -> task<> {
        co_await with_task_group([&](task_group& group) -> task<> {
            co_await group.start([](simul::task_started& ready) -> task<int> {
                ready.set();
                co_return 1;
            });
            EXPECT_LE(group.size(), 1U);
        });
    });
}

TEST(task_group, start_throws_what_the_task_throws_before_it_is_ready) {
    over_orders(20, [](simul::run_options options) {
        run_with(options, []() -> task<> {
            work_log log;
            co_await with_task_group([&](task_group& group) -> task<> {
                group.spawn(worker(log, 50ms));
                const auto fails = [](simul::task_started&) -> task<> {
                    co_await simul::sleep(1ms);
                    throw std::runtime_error("port in use");
                };
                EXPECT_EQ(co_await ending_of(group.start(fails)), "port in use");
                const auto gives_up = [](simul::task_started&) -> task<> {
                    co_await simul::sleep(1ms);
                    throw simul::cancelled{};
                };
                EXPECT_EQ(co_await ending_of(group.start(gives_up)), "cancelled");
                const auto forgets = [](simul::task_started&) -> task<> { co_return; };
                const std::string how = co_await ending_of(group.start(forgets));
                EXPECT_NE(how.find("before it had announced itself"), std::string::npos) << how;
            });
            EXPECT_EQ(log.cancelled, 0) << "that is no failure of the group";
        });
    });
}

// Calls when it is destroyed, as long as nobody has moved it away.
template <class Fn>
struct calls_at_end {
    Fn fn;
    bool here = true;
    explicit calls_at_end(Fn what) : fn(std::move(what)) {}
    calls_at_end(calls_at_end&& other) noexcept
        : fn(other.fn), here(std::exchange(other.here, false)) {}
    calls_at_end& operator=(calls_at_end&&) = delete;
    ~calls_at_end() {
        if (here) fn();
    }
};

TEST(task_group, a_task_whose_arguments_announce_it_at_their_end_has_ended_before) {
    run_virtual([]() -> task<> {
        co_await with_task_group([](task_group& group) -> task<> {
            const auto serve_with = [](auto) -> task<> {
                co_await simul::yield();
                throw std::runtime_error("port in use");
            };
            const auto starts = [&](simul::task_started& ready) {
                return serve_with(calls_at_end([&ready] { ready.set(); }));
            };
            EXPECT_EQ(co_await ending_of(group.start(starts)), "port in use");
        });
    });
}

TEST(task_group, the_arguments_of_its_last_task_may_add_another_at_their_end) {
    run_virtual([]() -> task<> {
        work_log log;
        co_await with_task_group([&](task_group& group) -> task<> {
            const auto waits_with = [](auto) -> task<> { co_await simul::yield(); };
            group.spawn(waits_with(calls_at_end([&] { group.spawn(worker(log, 1ms)); })));
            co_return;
        });
        EXPECT_EQ(log.ended, 1);
    });
}

TEST(task_group, what_a_started_task_throws_later_is_a_failure_of_the_group) {
    run_virtual([]() -> task<> {
        const std::string how =
            co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                co_await group.start([](simul::task_started& ready) -> task<> {
                    ready.set();
                    co_await simul::sleep(1ms);
                    throw std::runtime_error("later");
                });
                EXPECT_EQ(co_await ending_of(simul::sleep(1h)), "cancelled");
            }));
        EXPECT_EQ(how, "later");
    });
}

TEST(task_group, a_cancel_during_start_cancels_the_task_and_waits_for_it) {
    for (const auto after : {0ms, 1ms, 10ms}) {
        over_orders(30, [&](simul::run_options options) {
            run_with(options, [&]() -> task<> {
                work_log log;
                std::string start;
                const auto begins = [&](simul::task_started& ready) -> task<> {
                    (void)co_await worker(log, 10ms, 0, 30ms);
                    ready.set();
                    co_await simul::sleep(1h);
                };
                const auto grouped = [&]() -> task<std::string> {
                    co_return co_await ending_of(with_task_group([&](task_group& group) -> task<> {
                        start = co_await ending_of(group.start(begins));
                        co_await simul::sleep(1h);
                    }));
                };
                auto h = simul::spawn(grouped());
                if (after != 0ms) co_await simul::sleep(after);
                h.cancel();
                EXPECT_EQ(co_await h, "cancelled");
                EXPECT_EQ(log.ended, log.begun);
                if (after == 1ms) {
                    EXPECT_EQ(start, "cancelled");
                }
            });
        });
    }
}

TEST(task_group, another_task_of_the_group_may_wait_for_a_start) {
    run_virtual([]() -> task<> {
        work_log log;
        bool ready = false;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> {
                const auto server = [&](simul::task_started& s) { return serve(s, log, 3ms); };
                co_await group.start(server);
                ready = true;
                group.cancel();
            });
            co_return;
        });
        EXPECT_TRUE(ready);
        EXPECT_EQ(log.ended, 1);
    });
}

TEST(task_group, a_start_that_never_comes_is_destroyed_by_the_deadlock) {
    simul_test::log_capture log;
    simul_test::tracked_counts counts;
    const auto stuck = [&](simul::task_started&) -> task<> {
        const simul_test::tracked held(counts);
        co_await simul_test::never_ever();
    };
    for (const bool in_the_body : {true, false}) {
        EXPECT_THROW(run_virtual([&]() -> task<> {
                         co_await with_task_group([&](task_group& group) -> task<> {
                             const auto starts = [&]() -> task<> { co_await group.start(stuck); };
                             if (in_the_body) {
                                 co_await starts();
                             } else {
                                 group.spawn(starts());
                             }
                         });
                     }),
                     simul::deadlock);
    }
    EXPECT_EQ(counts.constructed, 2);
    EXPECT_TRUE(counts.balanced());
    EXPECT_TRUE(log.contains("did not end when it was cancelled"));
}

} // namespace
