#include <simul/loop/log.hpp>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "prepare_log.hpp"

#include <atomic>
#include <cstdio>

namespace simul {
namespace {

constexpr const char* logger_name = "simul";

std::shared_ptr<spdlog::logger> logger() {
    if (auto found = spdlog::get(logger_name)) return found;
    try {
        return spdlog::stderr_color_mt(logger_name);
    } catch (const spdlog::spdlog_ex&) {
        return spdlog::get(logger_name); // another thread was first
    }
}

spdlog::level::level_enum level_of(log_level level) {
    switch (level) {
    case log_level::debug: return spdlog::level::debug;
    case log_level::info: return spdlog::level::info;
    case log_level::warning: return spdlog::level::warn;
    case log_level::error: break;
    }
    return spdlog::level::err;
}

// What spdlog let through when it went; while it is there, no level.
constinit std::atomic<int> last_level{spdlog::level::n_levels};

// The registry exists when this is made, so it goes after this.
class end_of_spdlog {
public:
    end_of_spdlog() { (void)spdlog::get(logger_name); }
    end_of_spdlog(const end_of_spdlog&) = delete;
    end_of_spdlog& operator=(const end_of_spdlog&) = delete;
    ~end_of_spdlog() {
        int level = spdlog::level::info;
        try {
            if (const auto ours = spdlog::get(logger_name)) {
                level = ours->level();
            } else if (const spdlog::logger* const any = spdlog::default_logger_raw()) {
                level = any->level();
            }
        } catch (...) { // the default will do
        }
        last_level = level;
    }
};

void write_plainly(spdlog::level::level_enum level, std::string_view message) {
    const auto name = spdlog::level::to_string_view(level);
    std::fprintf(stderr, "[simul] [%.*s] %.*s\n", static_cast<int>(name.size()), name.data(),
                 static_cast<int>(message.size()), message.data());
}

} // namespace

void detail::prepare_log() noexcept {
    if (last_level != spdlog::level::n_levels) return;
    try {
        static const end_of_spdlog instance;
    } catch (...) { // the next one that comes by tries again
    }
}

void log(log_level level, std::string_view message) noexcept {
    detail::prepare_log();
    if (const int least = last_level; least != spdlog::level::n_levels) {
        if (level_of(level) >= least) write_plainly(level_of(level), message);
        return;
    }
    try {
        if (const auto to = logger()) {
            to->log(level_of(level), spdlog::string_view_t(message.data(), message.size()));
        }
    } catch (...) { // a logger that fails must not bring down what it reports on
    }
}

} // namespace simul
