// A million gathered tasks, each asleep for the same second. Prints what each costs in memory while
// it sleeps, and in CPU over its whole life. The baseline is baseline/uv_sleepers.c.
#include "measure.hpp"

#include <simul/simul.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

simul::task<> sleeper() { co_await simul::sleep(1s); }

// The last of those that are gathered: by then all the others sleep.
simul::task<> look_at_memory(long& resident) {
    resident = measure::resident_bytes();
    co_return;
}

simul::task<> sleep_together(std::size_t count, long& resident) {
    std::vector<simul::task<>> tasks;
    tasks.reserve(count + 1);
    for (std::size_t i = 0; i < count; ++i) tasks.push_back(sleeper());
    tasks.push_back(look_at_memory(resident));
    co_await simul::gather(std::move(tasks));
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
    if (count == 0) {
        std::fprintf(stderr, "usage: %s [TASKS]\n", argv[0]);
        return 2;
    }
    const long resident_before = measure::resident_bytes();
    const double cpu_before = measure::cpu_seconds();
    const double start = measure::wall_seconds();
    long resident = 0;
    simul::run(sleep_together(count, resident));

    const auto tasks = static_cast<double>(count);
    std::printf("tasks=%zu bytes_per_task=%.1f cpu_ns_per_task=%.1f seconds=%.3f\n", count,
                static_cast<double>(resident - resident_before) / tasks,
                (measure::cpu_seconds() - cpu_before) * 1e9 / tasks,
                measure::wall_seconds() - start);
    return 0;
}
