#include <simul/loop/loop.hpp>

#include <simul/loop/log.hpp>

#include <stdexcept>

namespace simul {

loop::loop(run_options options) : core_(std::make_unique<detail::loop_core>(options)) {
    core_->face = this;
}

loop::loop(uv_loop_s* host, run_options options)
    : core_(std::make_unique<detail::loop_core>(options, host)) {
    core_->face = this;
}

// exit() in a task destroys static loops while they run. Such a run never goes on: what belongs to
// it is left as it is.
loop::~loop() {
    if (!core_->is_running()) return;
    log(log_level::error,
        "simul: a loop was destroyed while it ran; its tasks are left as they are");
    (void)core_.release();
}

loop& loop::current() {
    detail::loop_core* const core = detail::loop_core::current();
    if (core == nullptr) throw std::logic_error("simul: no loop runs on this thread");
    core->expect_posts(); // the reference may travel to another thread
    return *core->face;
}

void loop::close() noexcept { core_->close(); }

} // namespace simul
