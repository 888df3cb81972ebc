#pragma once

#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace simul_test {

/// What a text_sink has seen; it outlives the sink.
struct sink_log {
    std::string text;
    int writes = 0;
    int closed = 0;
    int failing_write = -1; ///< this write, counted from 0, fails
    std::chrono::nanoseconds delay{0};
};

/// A sink of bytes in memory, as a user of the library might write one.
class text_sink {
public:
    explicit text_sink(sink_log& log) : log_(&log) {}

    simul::task<> write_all(std::span<const std::byte> bytes) {
        const int number = log_->writes++;
        if (log_->delay.count() > 0) co_await simul::sleep(log_->delay);
        if (number == log_->failing_write) throw std::runtime_error("the sink is full");
        log_->text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    simul::task<> close() {
        ++log_->closed;
        co_return;
    }

private:
    sink_log* log_;
};

} // namespace simul_test
