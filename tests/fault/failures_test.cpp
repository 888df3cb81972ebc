// Behaviour 50: whatever fails, once: a clear error or none, no leak, no hang.
#include "injector.hpp"
#include "log_capture.hpp"
#include "scenarios.hpp"

#include <simul/loop/accounting.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <iterator>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <vector>

namespace {

using simul_test::injector;
using simul_test::scenario;
using simul_test::take_log;

std::ptrdiff_t open_descriptors() {
    const std::filesystem::directory_iterator listing("/proc/self/fd");
    return std::distance(begin(listing), end(listing));
}

struct held {
    simul::usage usage = simul::current_usage();
    std::ptrdiff_t descriptors = open_descriptors();
    std::int64_t allocations = simul_test::live_allocations();
};

// What may come out of a scenario in which `call` failed: that error, by its own name.
bool is_clear(const std::exception_ptr& error, std::string_view call) {
    try {
        std::rethrow_exception(error);
    } catch (const std::bad_alloc&) {
        return call == "operator new" || call == "mmap64";
    } catch (const std::system_error& e) {
        // It says what was tried, not only what went wrong.
        return std::string_view(e.what()).size() > e.code().message().size() + 2;
    } catch (const std::exception& e) {
        ADD_FAILURE() << "a different exception came out: " << e.what();
        return true;
    }
    return false;
}

class failing : public testing::TestWithParam<std::tuple<std::string_view, const scenario*>> {};

TEST_P(failing, once_gives_a_clear_error_or_none_and_leaves_nothing_behind) {
    const auto [call, program] = GetParam();
    for (int i = 0; i < 2; ++i) program->run(); // fills what is kept for good
    (void)take_log();
    constexpr std::int64_t most = 5000;
    for (std::int64_t nth = 1; nth < most; ++nth) {
        const testing::ScopedTrace trace(__FILE__, __LINE__,
                                         "failure number " + std::to_string(nth));
        std::exception_ptr error;
        bool has_failed = false;
        const held before;
        {
            const injector failure(call, nth);
            try {
                program->run();
            } catch (...) {
                error = std::current_exception();
            }
            has_failed = failure.has_failed();
        }
        (void)take_log(); // what it says there is as good as an error
        if (!has_failed) {
            EXPECT_EQ(error, nullptr);
            return;
        }
        if (error != nullptr) {
            EXPECT_TRUE(is_clear(error, call));
        }
        error = nullptr;
        const held after;
        EXPECT_EQ(after.usage.frames, before.usage.frames);
        EXPECT_EQ(after.usage.handles, before.usage.handles);
        EXPECT_EQ(after.usage.requests, before.usage.requests);
        EXPECT_EQ(after.descriptors, before.descriptors);
        if (after.allocations > before.allocations) { // what is kept for good is not taken again
            {
                const injector failure(call, nth);
                try {
                    program->run();
                } catch (...) { // looked at above
                }
            }
            (void)take_log();
            EXPECT_LE(held().allocations, after.allocations);
        }
        if (testing::Test::HasFailure()) return;
    }
    FAIL() << "no end to the calls";
}

std::vector<const scenario*> every_scenario() {
    std::vector<const scenario*> all;
    for (const scenario& each : simul_test::scenarios()) all.push_back(&each);
    return all;
}

INSTANTIATE_TEST_SUITE_P(calls, failing,
                         testing::Combine(testing::ValuesIn(simul_test::failing_calls().begin(),
                                                            simul_test::failing_calls().end()),
                                          testing::ValuesIn(every_scenario())),
                         [](const auto& instance) {
                             std::string name(std::get<0>(instance.param));
                             name.append("_while_it_").append(std::get<1>(instance.param)->name);
                             for (char& c : name) {
                                 if (c == ' ') c = '_';
                             }
                             return name;
                         });

} // namespace
