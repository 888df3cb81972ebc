#include <simul/loop/log.hpp>

#include "log_capture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace {

using simul_test::log_capture;

TEST(log, goes_to_the_logger_named_simul_with_its_level) {
    log_capture log;
    simul::log(simul::log_level::debug, "a detail");
    simul::log(simul::log_level::warning, "a warning");
    simul::log(simul::log_level::error, "an error");
    EXPECT_EQ(log.text(), "[debug] a detail\n[warning] a warning\n[error] an error\n");
}

TEST(log, takes_braces_and_percent_signs_as_they_are) {
    log_capture log;
    simul::log(simul::log_level::error, "{} %s {0} }{");
    EXPECT_EQ(log.text(), "[error] {} %s {0} }{\n");
}

TEST(log, may_be_used_from_many_threads) {
    log_capture log;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([] {
            for (int i = 0; i < 100; ++i) simul::log(simul::log_level::warning, "from a thread");
        });
    }
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(log.count("from a thread"), 800);
}

} // namespace
