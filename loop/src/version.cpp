#include <simul/loop/config.hpp>

#include <string_view>

static_assert(std::string_view(SIMUL_VERSION_STRING) == SIMUL_BUILD_VERSION,
              "config.hpp and meson.build name different versions");

namespace simul {

const char* version() noexcept { return SIMUL_VERSION_STRING; }

} // namespace simul
