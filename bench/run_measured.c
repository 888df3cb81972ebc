/* run_measured CORE PROGRAM ARGUMENT...: runs the program on that core alone, or on all of them if
 * CORE is "all", and adds a line to its output: how long it took, the CPU time of the process and
 * its children, and the most memory that was ever resident. Every program of a comparison is
 * measured by this one. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds_of(struct timeval t) { return (double)t.tv_sec + 1e-6 * (double)t.tv_usec; }

int main(int argc, char** argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: %s CORE PROGRAM ARGUMENT...\n", argv[0]);
        return 2;
    }
    if (strcmp(argv[1], "all") != 0) {
        cpu_set_t core;
        CPU_ZERO(&core);
        CPU_SET((size_t)atoi(argv[1]), &core);
        if (sched_setaffinity(0, sizeof core, &core) != 0) {
            perror("sched_setaffinity");
            return 2;
        }
    }
    const double start = now();
    const pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return 2;
    }
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status = 0;
    struct rusage used;
    if (wait4(child, &status, 0, &used) != child) {
        perror("wait4");
        return 2;
    }
    const double seconds = now() - start;
    printf("seconds=%.6f cpu_seconds=%.6f peak_kib=%ld\n", seconds,
           seconds_of(used.ru_utime) + seconds_of(used.ru_stime), used.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
