#pragma once

#include <simul/loop/config.hpp>

#include <cstdio>
#include <string>

namespace simul {

/// The running loop's tasks as a tree: for each its name, the function, file and line of every
/// `co_await` on the way to where it stands, what it waits for there, and the tasks that it waits
/// for in turn. Of a very long way the two ends are shown. For the task that runs now, the last
/// place is the `co_await` that it has passed last. Empty where no loop runs.
///
///     async_main() main.cpp:9: gather of 2 running tasks
///     ├─ count() main.cpp:5: sleep 0.8 s left
///     └─ count() main.cpp:5: sleep 0.8 s left
[[nodiscard]] SIMUL_API std::string format_tasks();

/// Prints `format_tasks()`.
SIMUL_API void dump_tasks(std::FILE* out = stderr);

namespace detail {

class loop_core;

std::string format_tasks_of(const loop_core& loop);

} // namespace detail
} // namespace simul
