#include <simul/loop/loop.hpp>

#include <stdexcept>

namespace simul {

loop::loop(run_options options) : core_(std::make_unique<detail::loop_core>(options)) {
    core_->face = this;
}

loop::loop(uv_loop_s* host, run_options options)
    : core_(std::make_unique<detail::loop_core>(options, host)) {
    core_->face = this;
}

loop::~loop() = default;

loop& loop::current() {
    detail::loop_core* const core = detail::loop_core::current();
    if (core == nullptr) throw std::logic_error("simul: no loop runs on this thread");
    core->expect_posts(); // the reference may travel to another thread
    return *core->face;
}

void loop::close() noexcept { core_->close(); }

} // namespace simul
