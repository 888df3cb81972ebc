// What every whole-process figure is made of: the same as in baseline/measure.h, for C++.
#pragma once

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>

#include <sys/resource.h>
#include <unistd.h>

namespace measure {

inline double seconds_of(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }

// User and system time of the whole process, every thread of it.
inline double cpu_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

// What is resident now, in bytes.
inline long resident_bytes() {
    long all = 0;
    long resident = 0;
    if (!(std::ifstream("/proc/self/statm") >> all >> resident))
        throw std::runtime_error("cannot read /proc/self/statm");
    return resident * sysconf(_SC_PAGESIZE);
}

// The most that was ever resident, in KiB.
inline long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

// Wall clock and CPU when the work began.
struct start_time {
    double wall = wall_seconds();
    double cpu = cpu_seconds();
};

// The end of each line of output: how fast, by the clock and by the CPU time spent.
inline void print_rate(std::uint64_t bytes, const start_time& start) {
    const double wall = wall_seconds() - start.wall;
    const double cpu = cpu_seconds() - start.cpu;
    const auto size = static_cast<double>(bytes);
    std::printf("bytes=%llu seconds=%.4f gbps=%.3f gb_per_cpu_s=%.3f peak_kib=%ld\n",
                static_cast<unsigned long long>(bytes), wall, size / wall / 1e9, size / cpu / 1e9,
                peak_kib());
}

} // namespace measure
