/* What every baseline prints, and how it is measured: one line of key=value pairs. */
#ifndef SIMUL_BENCH_MEASURE_H
#define SIMUL_BENCH_MEASURE_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static inline double wall_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* User and system time of the whole process, every thread of it. */
static inline double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What is resident now, in bytes. */
static inline long resident_bytes(void) {
    long pages = 0;
    FILE* statm = fopen("/proc/self/statm", "r");
    if (statm == NULL || fscanf(statm, "%*s %ld", &pages) != 1) {
        perror("/proc/self/statm");
        exit(2);
    }
    fclose(statm);
    return pages * sysconf(_SC_PAGESIZE);
}

/* The most that was ever resident, in KiB. */
static inline long peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static inline _Noreturn void fail(const char* what, const char* path) {
    fprintf(stderr, "%s '%s': %s\n", what, path, strerror(errno));
    exit(2);
}

static inline const char* path_argument(int argc, char** argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        exit(2);
    }
    return argv[1];
}

/* Wall clock and CPU when the work began. */
struct start_time {
    double wall, cpu;
};

static inline struct start_time start_now(void) {
    struct start_time now = {wall_seconds(), cpu_seconds()};
    return now;
}

/* The end of each line of output: how fast, by the clock and by the CPU time spent. */
static inline void print_rate(uint64_t bytes, struct start_time start) {
    const double wall = wall_seconds() - start.wall;
    const double cpu = cpu_seconds() - start.cpu;
    printf("bytes=%llu seconds=%.4f gbps=%.3f gb_per_cpu_s=%.3f peak_kib=%ld\n",
           (unsigned long long)bytes, wall, (double)bytes / wall / 1e9, (double)bytes / cpu / 1e9,
           peak_kib());
}

static inline void print_lines(uint64_t lines, uint64_t longest, uint64_t bytes,
                               struct start_time start) {
    printf("lines=%llu longest=%llu ", (unsigned long long)lines, (unsigned long long)longest);
    print_rate(bytes, start);
}

#endif
