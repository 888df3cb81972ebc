#include <simul/testing.hpp>

#include <simul/coro/sleep.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/loop.hpp>

#include "temp_dir.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using simul::task;
using namespace std::chrono_literals;

// Sets the environment variable for as long as it lives.
class seed_variable {
public:
    explicit seed_variable(const char* value) {
        if (const char* const before = std::getenv("SIMUL_SEED")) before_ = before;
        if (value != nullptr) {
            ::setenv("SIMUL_SEED", value, 1);
        } else {
            ::unsetenv("SIMUL_SEED");
        }
    }
    seed_variable(const seed_variable&) = delete;
    seed_variable& operator=(const seed_variable&) = delete;
    ~seed_variable() {
        if (before_) {
            ::setenv("SIMUL_SEED", before_->c_str(), 1);
        } else {
            ::unsetenv("SIMUL_SEED");
        }
    }

private:
    std::optional<std::string> before_;
};

using seeds = std::vector<std::optional<std::uint64_t>>;

TEST(run_virtual, takes_no_time_and_gives_the_value) {
    const auto sleeps = []() -> task<simul::clock::duration> {
        const auto began = simul::clock::now();
        co_await simul::sleep(24h);
        co_return simul::clock::now() - began;
    };
    EXPECT_EQ(simul::run_virtual(sleeps), 24h);
    EXPECT_EQ(simul::run_virtual(sleeps()), 24h);
    EXPECT_EQ(simul::run_virtual(sleeps, {.shuffle_seed = 3}), 24h);
    const auto fails = []() -> task<> {
        co_await simul::sleep(1h);
        throw std::runtime_error("failed");
    };
    EXPECT_THROW(simul::run_virtual(fails), std::runtime_error);
}

TEST(for_each_seed, goes_through_the_usual_order_and_then_the_seeds) {
    const seed_variable none(nullptr);
    seeds seen;
    const bool passed = simul::for_each_seed(3, [&](const simul::run_options& options) {
        EXPECT_TRUE(options.virtual_time);
        seen.push_back(options.shuffle_seed);
    });
    EXPECT_TRUE(passed);
    EXPECT_EQ(seen, (seeds{std::nullopt, 0, 1, 2}));
}

TEST(for_each_seed, stops_at_the_first_seed_that_fails_and_prints_it) {
    const seed_variable none(nullptr);
    int calls = 0;
    testing::internal::CaptureStderr();
    EXPECT_FALSE(simul::for_each_seed(
        10, [&](const simul::run_options&) { ++calls; }, [&] { return calls == 6; }));
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "simul: shuffle seed 4 fails; SIMUL_SEED=4 runs it alone\n");
    EXPECT_EQ(calls, 6);

    testing::internal::CaptureStderr();
    EXPECT_FALSE(simul::for_each_seed(10, [](const simul::run_options& options) {
        return options.shuffle_seed != std::uint64_t{7};
    }));
    EXPECT_NE(testing::internal::GetCapturedStderr().find("SIMUL_SEED=7 "), std::string::npos);

    testing::internal::CaptureStderr();
    EXPECT_FALSE(simul::for_each_seed(10, [](const simul::run_options&) { return false; }));
    EXPECT_NE(testing::internal::GetCapturedStderr().find("usual order"), std::string::npos);
}

TEST(for_each_seed, throws_on_what_the_body_throws) {
    const seed_variable none(nullptr);
    testing::internal::CaptureStderr();
    EXPECT_THROW(simul::for_each_seed(10,
                                      [](const simul::run_options& options) {
                                          if (options.shuffle_seed) throw std::domain_error("no");
                                      }),
                 std::domain_error);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("SIMUL_SEED=0 "), std::string::npos);
}

TEST(for_each_seed, runs_the_seed_of_the_environment_alone) {
    seeds seen;
    const auto sees = [&](const simul::run_options& options) {
        seen.push_back(options.shuffle_seed);
    };
    {
        const seed_variable seed("18446744073709551615");
        EXPECT_TRUE(simul::for_each_seed(3, sees));
    }
    EXPECT_EQ(seen, (seeds{18446744073709551615U}));
    for (const char* const wrong : {"", "x", "12 ", "-1"}) {
        const seed_variable seed(wrong);
        EXPECT_THROW(simul::for_each_seed(3, sees), std::invalid_argument) << wrong;
    }
    EXPECT_EQ(seen.size(), 1U);
}

// A program whose outcome depends on the order of its tasks.
struct order_of_three {
    static task<> joins(std::string& order, char name) {
        co_await simul::yield();
        order += name;
    }
    static std::string run(const simul::run_options& options) {
        std::string order;
        const auto main = [&]() -> task<> {
            auto a = simul::spawn(joins(order, 'a'));
            auto b = simul::spawn(joins(order, 'b'));
            auto c = simul::spawn(joins(order, 'c'));
            co_await a;
            co_await b;
            co_await c;
        };
        simul::run(main(), options);
        return order;
    }
};

TEST(for_each_seed, a_printed_seed_reproduces_the_failure) {
    std::string printed;
    std::string first;
    {
        const seed_variable none(nullptr);
        testing::internal::CaptureStderr();
        EXPECT_FALSE(simul::for_each_seed(100, [&](const simul::run_options& options) {
            first = order_of_three::run(options);
            return first == "abc";
        }));
        printed = testing::internal::GetCapturedStderr();
    }
    const std::string number = printed.substr(printed.find("SIMUL_SEED=") + 11);
    const seed_variable seed(number.substr(0, number.find(' ')).c_str());
    int calls = 0;
    EXPECT_TRUE(simul::for_each_seed(100, [&](const simul::run_options& options) {
        ++calls;
        return order_of_three::run(options) == first;
    }));
    EXPECT_EQ(calls, 1);
}

std::string complaint_about(void (*leaks)()) {
    try {
        simul::expect_no_leaks(leaks);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "";
}

std::optional<task<>> kept_task;
std::optional<simul::loop> kept_loop;
int kept_descriptor = -1;

TEST(expect_no_leaks, is_content_with_a_program_that_does_well) {
    const simul_test::temp_dir dir;
    simul::expect_no_leaks([] { simul::run_virtual(simul::sleep(1h)); });
    EXPECT_THROW(simul::expect_no_leaks([] { throw std::domain_error("own"); }), std::domain_error);
}

TEST(expect_no_leaks, finds_frames_handles_and_descriptors) {
    const std::string frames = complaint_about([] { kept_task = []() -> task<> { co_return; }(); });
    kept_task.reset();
    EXPECT_NE(frames.find("coroutine frames: 0 before, 1 now"), std::string::npos) << frames;
    EXPECT_EQ(frames.find("handles"), std::string::npos) << frames;

    const std::string handles = complaint_about([] { kept_loop.emplace(); });
    kept_loop.reset();
    EXPECT_NE(handles.find("libuv handles: 0 before, "), std::string::npos) << handles;

    const std::string opened =
        complaint_about([] { kept_descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC); });
    EXPECT_NE(opened.find("is open now: /dev/null"), std::string::npos) << opened;
    const std::string closed = complaint_about([] { ::close(kept_descriptor); });
    EXPECT_NE(closed.find("is closed now: /dev/null"), std::string::npos) << closed;
}

} // namespace
