#pragma once

#include <simul/loop/clock.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/run_options.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

struct uv_loop_s;

namespace simul {

/// The reactor: one thread, one loop, many tasks that take turns. `simul::run` makes one for its
/// task; a program that wants to reach its loop from other threads, or to run several tasks one
/// after the other on one loop, makes its own.
///
/// A loop belongs to the thread that runs it. Only `post` and `submit` may be called from others.
class SIMUL_API loop {
public:
    loop() : loop(run_options{}) {}
    /// Makes a libuv loop of its own.
    ///
    /// \throws std::system_error    when the system has no descriptors or memory left.
    explicit loop(run_options options);
    /// Lives inside a libuv loop that the program runs itself: tasks take their turns in the
    /// host's `uv_run`, which goes on for as long as there are tasks. The host must outlive this
    /// object, and run once more after it so that libuv can finish closing its handles.
    explicit loop(uv_loop_s* host, run_options options = {});
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;
    /// Closes the loop, see `close`.
    ~loop();

    /// The loop that runs on this thread.
    ///
    /// \throws std::logic_error    when none does.
    [[nodiscard]] static loop& current();

    /// Runs the task, and all that it spawns, to its end; returns its value or rethrows its
    /// exception. What it spawned and left running is cancelled and has unwound by then. May be
    /// called again.
    ///
    /// \throws std::logic_error    when a loop runs on this thread already.
    template <class Awaitable>
    decltype(auto) run(Awaitable&& work);

    /// Starts the task in the loop's next turn, see `simul::spawn`. Only on the loop's own thread.
    ///
    /// \throws std::logic_error    when the loop has been closed.
    template <class Work>
    auto spawn(Work&& work);
    /// The same, with a name for people who read `dump_tasks` and the like.
    template <class Work>
    auto spawn(Work&& work, std::string name);

    /// Calls `fn()` on the loop's thread between two turns, in the order of the posts. May be
    /// called from any thread. What `fn` throws is logged.
    ///
    /// \throws std::runtime_error    when the loop has been closed.
    template <class Fn>
    void post(Fn&& fn) {
        struct call final : detail::posted_work {
            explicit call(Fn&& f) : fn(std::forward<Fn>(f)) {}
            void run() override { std::move(fn)(); }
            std::decay_t<Fn> fn;
        };
        core_->post(std::make_unique<call>(std::forward<Fn>(fn)));
    }

    /// Spawns a task from any thread; the future gets its value or its exception, which is
    /// `cancelled` when the loop closes before it has ended, and `std::bad_alloc` when there was no
    /// memory to begin it. One that comes in the very moment in which the loop closes may be left
    /// with `std::future_error` (broken promise).
    ///
    /// \throws std::runtime_error    when the loop has been closed.
    template <class Awaitable>
    auto submit(Awaitable&& work);

    /// The loop's time.
    [[nodiscard]] clock::time_point now() const noexcept { return core_->time(); }

    /// Cancels the tasks that are left, lets them unwind, and closes every handle; `post` fails
    /// from then on. Not while the loop runs. Idempotent.
    void close() noexcept;

    [[nodiscard]] detail::loop_core& core() noexcept { return *core_; }

private:
    std::unique_ptr<detail::loop_core> core_;
};

} // namespace simul
