#pragma once

#include <string>

namespace simul_test {

/// Puts a logger named "simul" in place that records every message. For main().
void record_log();

/// Takes it away again, so that messages go where they go in a program that has no such logger.
void stop_recording_log();
/// The same with a logger for standard error that lets errors through, and nothing less.
void write_errors_alone();

/// What was recorded since the last call, one message after the other, each with its level as in
/// "[warning] ...".
[[nodiscard]] std::string take_log();

/// Takes what is logged during its life: a test that expects a message makes one of these and looks
/// at `text()`. What no test has looked at makes the test fail.
class log_capture {
public:
    log_capture();
    log_capture(const log_capture&) = delete;
    log_capture& operator=(const log_capture&) = delete;

    /// Everything so far.
    [[nodiscard]] const std::string& text();
    [[nodiscard]] bool contains(const std::string& part);
    /// How often `part` occurs.
    [[nodiscard]] int count(const std::string& part);

private:
    std::string text_;
};

} // namespace simul_test
