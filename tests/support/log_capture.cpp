#include "log_capture.hpp"

#include <gtest/gtest.h>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <utility>

namespace simul_test {
namespace {

class recorder final : public spdlog::sinks::base_sink<std::mutex> {
public:
    std::string take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(text_, {});
    }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const auto level = spdlog::level::to_string_view(message.level);
        text_.append("[").append(level.data(), level.size()).append("] ");
        text_.append(message.payload.data(), message.payload.size()).append("\n");
    }
    void flush_() override {}

    std::string text_;
};

const std::shared_ptr<recorder>& the_recorder() {
    static const auto instance = std::make_shared<recorder>();
    return instance;
}

} // namespace

void record_log() {
    auto logger = std::make_shared<spdlog::logger>("simul", the_recorder());
    logger->set_level(spdlog::level::trace);
    spdlog::register_logger(std::move(logger));
}

void stop_recording_log() { spdlog::drop("simul"); }

void write_errors_alone() {
    stop_recording_log();
    spdlog::stderr_logger_mt("simul")->set_level(spdlog::level::err);
}

std::string take_log() { return the_recorder()->take(); }

log_capture::log_capture() {
    const std::string before = take_log();
    if (!before.empty()) ADD_FAILURE() << "logged before it was expected:\n" << before;
}

const std::string& log_capture::text() { return text_ += take_log(); }

bool log_capture::contains(const std::string& part) {
    return text().find(part) != std::string::npos;
}

int log_capture::count(const std::string& part) {
    int found = 0;
    const std::string& all = text();
    for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) ++found;
    return found;
}

} // namespace simul_test
