#pragma once

namespace simul::detail {

/// From here on `log` knows when spdlog goes at the end of the program: static objects that are
/// older than spdlog's may have something to say after that.
void prepare_log() noexcept;

} // namespace simul::detail
