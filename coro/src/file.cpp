#include <simul/coro/fs/file.hpp>

#include <simul/loop/error.hpp>

#include <cerrno>
#include <stdexcept>

namespace simul::fs {

void file::throw_empty() {
    throw std::logic_error("simul: this fs::file is empty: it was never opened, or moved from");
}

void file::throw_too_far(const char* what) const {
    detail::throw_error(-EINVAL, what, path().string());
}

} // namespace simul::fs
