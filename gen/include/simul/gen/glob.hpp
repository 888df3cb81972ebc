#pragma once

#include <simul/coro/task.hpp>
#include <simul/loop/config.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace simul {

/// The paths that match a pattern of the shell: `*` and `?` stand for characters of one name,
/// `[ab]` for one of these, and `{a,b}` for both where the system's glob(3) knows it; a leading dot
/// must be written out. They come in the order of their bytes. Directories are read on another
/// thread; a cancel ends the await at once.
///
/// \throws std::system_error    when nothing matches (ENOENT, with the pattern in its message), or
///                              when a directory cannot be read.
/// \throws cancelled            when the task is cancelled.
///
///     for (const auto& path : co_await simul::glob("data/2024-*.csv")) ...
[[nodiscard]] SIMUL_API task<std::vector<std::filesystem::path>> glob(std::string pattern);

} // namespace simul
