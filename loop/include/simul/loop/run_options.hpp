#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace simul {

/// How a loop runs. A plain aggregate: `simul::run(main(), {.virtual_time = true})`.
struct run_options {
    /// The clock stands still while anything can run or real I/O is in flight, and otherwise jumps
    /// to the next deadline: a day of sleeping passes in no time, and always in the same order.
    bool virtual_time = false;
    /// Runs what is ready in a random order that this seed reproduces, to find hidden assumptions
    /// about the order of tasks.
    std::optional<std::uint64_t> shuffle_seed = {};
    /// Reports what is legal but rarely meant: steps longer than 100 ms, tasks that were never
    /// awaited, exceptions that leave `run`, with the place they come from.
    bool debug = false;
    /// The first SIGINT (Ctrl-C) cancels the main task, which unwinds every other; a second one
    /// ends the process as usual. Then, and after the run, the signal does what it did before: a
    /// handler of the program's own is called again. As a SIGINT may come at any time, tasks that
    /// all wait for each other are no `deadlock` with this option, but wait for it.
    bool handle_sigint = false;
    /// A signal, such as SIGUSR1, upon which the loop writes its tree of tasks to the log, as
    /// `dump_tasks` shows it; 0 for none. It does so between two turns, also while every task
    /// waits, and for as long as the loop exists; several loops answer one after the other. Waiting
    /// for this signal keeps no loop alive and prevents no `deadlock`. Once no loop waits for it
    /// any more, the signal does what it did before.
    int dump_signal = 0;
    /// How many threads `to_thread` may use at most; 0 for one per core.
    std::size_t worker_threads = 0;
};

} // namespace simul
