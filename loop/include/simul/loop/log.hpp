#pragma once

#include <simul/loop/config.hpp>

#include <string_view>

namespace simul {

/// Severities of what the library has to say; in normal work it says nothing. `info` is what a
/// program has asked for.
enum class log_level { debug, info, warning, error };

/// Writes to the spdlog logger named "simul". A program that registers a logger of that name
/// (`spdlog::register_logger`) before the first message gets them there; otherwise they go to
/// standard error. `spdlog::get("simul")->set_level(spdlog::level::off)` silences them. In the
/// destructor of a static object, where spdlog may have gone already, what the logger would have
/// let through goes to standard error. Never throws.
SIMUL_API void log(log_level level, std::string_view message) noexcept;

} // namespace simul
