#include <simul/coro/detail/open_file.hpp>

#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/detail/request.hpp>

#include "descriptor.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace simul::detail {

open_file::~open_file() {
    if (fd < 0) return;
    // What was only read has nothing left to write: closing it does not block, and whoever drops
    // it finds it closed.
    if (const int flags = ::fcntl(fd, F_GETFL); flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) {
        ::close(fd);
    } else if (loop_core* const loop = loop_core::current()) {
        request::close_in_background(*loop, fd, "a file that was not closed explicitly");
    } else {
        ::close(fd);
    }
}

int open_file::adopt(int opened) noexcept {
    opened = beyond_standard(opened);
    if (opened < 0) return opened;
    fd = opened;
    struct stat status;
    if (const int error = status_of(fd, status); error < 0) return error;
    kind = kind_of(status);
    size = status.st_size;
    if (kind == std::filesystem::file_type::directory) return -EISDIR;
    polls = is_stream();
    return 0;
}

} // namespace simul::detail
