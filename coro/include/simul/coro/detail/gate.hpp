#pragma once

#include <simul/loop/config.hpp>
#include <simul/loop/detail/loop_core.hpp>

#include <utility>

namespace simul::detail {

class spawned_base;

/// Holds the running line of execution back until a spawned task has ended. A destructor cannot
/// wait; but
///   - the coroutine that runs it does not return to its caller before the task has ended, and
///   - wherever the line suspends next, it does not go on before;
/// a cancel does not shorten that. The coroutine's local objects may be gone by then, its
/// parameters and whatever belongs to its callers are not.
///
/// Outside of any line, and without memory, it is the loop that waits: at the end of its `run`.
SIMUL_API void hold_back_for(spawned_base& task) noexcept;

/// Cancels a spawned task that a destructor leaves behind, and holds the running line back for it.
SIMUL_API void leave_behind(spawned_base& task) noexcept;

/// While this lives, what the loop destroys outside of any line holds back a suspended one.
class destroying_for {
public:
    explicit destroying_for(waiter& line) noexcept
        : loop_(*line.loop), outer_(std::exchange(loop_.destroying_for, &line)) {}
    destroying_for(const destroying_for&) = delete;
    destroying_for& operator=(const destroying_for&) = delete;
    ~destroying_for() { loop_.destroying_for = outer_; }

private:
    loop_core& loop_;
    waiter* outer_;
};

} // namespace simul::detail
