#include "accounting.hpp"

#include "log_capture.hpp"

#include <simul/testing.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

#if defined(__SANITIZE_THREAD__)
#define SIMUL_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SIMUL_THREAD_SANITIZER 1
#endif
#endif

#if defined(SIMUL_THREAD_SANITIZER)
// libuv closes descriptors with a bare system call, so the sanitizer takes the next thread that is
// given the same number for a racing user of the old one.
extern "C" const char* __tsan_default_suppressions() {
    return "race:pipe2\nrace:eventfd\nrace:epoll_create1\n";
}
#endif

namespace simul_test {
namespace {

class accountant final : public testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo&) override {
        (void)take_log();
        check_.emplace();
    }

    void OnTestEnd(const testing::TestInfo&) override {
        const std::string left = check_->report();
        if (!left.empty()) ADD_FAILURE() << "the test leaves something behind:\n" << left;
        const std::string log = take_log();
        if (!log.empty()) ADD_FAILURE() << "the test logs what it does not expect:\n" << log;
    }

    std::optional<simul::leak_check> check_;
};

} // namespace

void check_each_test() {
    record_log();
    testing::UnitTest::GetInstance()->listeners().Append(new accountant);
}

} // namespace simul_test
