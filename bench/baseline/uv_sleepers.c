/* A million sleepers in raw libuv: one uv_timer_t from malloc for each, all due in the same second.
   Prints what each costs in memory while it sleeps, and in CPU over its whole life. */
#include "measure.h"

#include <uv.h>

static void on_closed(uv_handle_t* handle) { free(handle); }

static void on_timeout(uv_timer_t* timer) { uv_close((uv_handle_t*)timer, on_closed); }

int main(int argc, char** argv) {
    const long tasks = argc > 1 ? atol(argv[1]) : 1000000;
    const uint64_t milliseconds = 1000;
    if (tasks <= 0) {
        fprintf(stderr, "usage: %s [TASKS]\n", argv[0]);
        return 2;
    }
    uv_loop_t loop;
    uv_loop_init(&loop);

    const long resident_before = resident_bytes();
    const double cpu_before = cpu_seconds();
    const double start = wall_seconds();
    for (long i = 0; i < tasks; ++i) {
        uv_timer_t* timer = malloc(sizeof *timer);
        uv_timer_init(&loop, timer);
        uv_timer_start(timer, on_timeout, milliseconds, 0);
    }
    const long resident = resident_bytes() - resident_before;
    uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop) != 0) return 1;

    printf("tasks=%ld bytes_per_task=%.1f cpu_ns_per_task=%.1f seconds=%.3f\n", tasks,
           (double)resident / (double)tasks, (cpu_seconds() - cpu_before) * 1e9 / (double)tasks,
           wall_seconds() - start);
    return 0;
}
