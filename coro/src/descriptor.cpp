#include "descriptor.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace simul::detail {
namespace {

// A write to a FIFO that lost its last reader raises SIGPIPE, which would end the process; EPIPE
// says the same.
class without_sigpipe {
public:
    without_sigpipe() noexcept {
        sigset_t pending;
        sigpending(&pending);
        was_pending_ = sigismember(&pending, SIGPIPE) != 0;
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    without_sigpipe(const without_sigpipe&) = delete;
    without_sigpipe& operator=(const without_sigpipe&) = delete;
    ~without_sigpipe() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    void swallow() const noexcept {
        if (was_pending_) return;
        constexpr timespec at_once{};
        while (sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
        }
    }

private:
    sigset_t pipe_;
    sigset_t before_;
    bool was_pending_;
};

template <class Call>
std::int64_t uninterrupted(Call&& call) noexcept {
    for (;;) {
        const auto result = static_cast<std::int64_t>(call());
        if (result >= 0) return result;
        if (errno != EINTR) return -errno;
    }
}

int descriptor_named_by(std::string_view path) noexcept {
    if (path == "/dev/stdin") return STDIN_FILENO;
    if (path == "/dev/stdout") return STDOUT_FILENO;
    if (path == "/dev/stderr") return STDERR_FILENO;
    for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
        if (!path.starts_with(folder)) continue;
        const std::string_view number = path.substr(folder.size());
        int fd = -1;
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), fd);
        return error == std::errc() && end == number.data() + number.size() ? fd : -1;
    }
    return -1;
}

} // namespace

const int always_open_with = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

int open_inherited_socket(const char* path, int error) noexcept {
    const int named = error == -ENXIO ? descriptor_named_by(path) : -1;
    struct stat status;
    if (named < 0 || ::fstat(named, &status) != 0 || !S_ISSOCK(status.st_mode)) return error;
    const int duplicate = ::fcntl(named, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return duplicate < 0 ? -errno : duplicate;
}

int beyond_standard(int fd) noexcept {
    if (fd < 0 || fd > STDERR_FILENO) return fd;
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int error = errno;
    ::close(fd);
    return moved < 0 ? -error : moved;
}

int status_of(int fd, struct stat& into) noexcept { return ::fstat(fd, &into) == 0 ? 0 : -errno; }

std::filesystem::file_type kind_of(const struct stat& status) noexcept {
    using enum std::filesystem::file_type;
    switch (status.st_mode & S_IFMT) {
    case S_IFREG: return regular;
    case S_IFDIR: return directory;
    case S_IFCHR: return character;
    case S_IFBLK: return block;
    case S_IFIFO: return fifo;
    case S_IFSOCK: return socket;
    default: return unknown;
    }
}

bool is_stream(std::filesystem::file_type kind) noexcept {
    using enum std::filesystem::file_type;
    return kind == fifo || kind == socket || kind == character;
}

std::int64_t read_now(int fd, std::filesystem::file_type kind, std::span<std::byte> into) noexcept {
    if (kind == std::filesystem::file_type::socket) {
        return uninterrupted([&] { return ::recv(fd, into.data(), into.size(), MSG_DONTWAIT); });
    }
    for (;;) {
        const std::int64_t got =
            uninterrupted([&] { return ::read(fd, into.data(), into.size()); });
        if (got != 0 || into.empty() || kind != std::filesystem::file_type::fifo) return got;
        // Nothing, and no writer: either all of them have gone or none has come. Only in the first
        // case the FIFO has hung up.
        pollfd state{fd, POLLIN, 0};
        if (::poll(&state, 1, 0) < 0) continue;
        if ((state.revents & POLLIN) != 0) continue;
        return (state.revents & POLLHUP) != 0 ? 0 : -EAGAIN;
    }
}

std::int64_t write_now(int fd, std::filesystem::file_type kind,
                       std::span<const std::byte> from) noexcept {
    if (kind == std::filesystem::file_type::socket) {
        return uninterrupted(
            [&] { return ::send(fd, from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL); });
    }
    const without_sigpipe quiet;
    const std::int64_t put = uninterrupted([&] { return ::write(fd, from.data(), from.size()); });
    if (put == -EPIPE) quiet.swallow();
    return put;
}

std::int64_t read_cached(int fd, std::span<std::byte> into, std::int64_t offset) noexcept {
    const iovec one{into.data(), into.size()};
    const ssize_t got = ::preadv2(fd, &one, 1, offset, RWF_NOWAIT);
    return got >= 0 ? got : -errno;
}

std::int64_t position_of(int fd) noexcept {
    const off_t at = ::lseek(fd, 0, SEEK_CUR);
    return at >= 0 ? at : -errno;
}

void expect_sequential_reads(int fd) noexcept { ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); }

} // namespace simul::detail
