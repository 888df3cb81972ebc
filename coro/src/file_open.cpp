#include <simul/coro/fs/open.hpp>

#include <simul/loop/error.hpp>

#include "descriptor.hpp"
#include "start_request.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>

namespace simul::detail {
namespace {

// Or -EINVAL: the kernel would empty a file that is opened for reading, and look away where a file
// must be new and may not be made.
int flags_of(fs::mode m) noexcept {
    const bool writes = has(m, fs::mode::write | fs::mode::append);
    if (has(m, fs::mode::truncate) && !writes) return -EINVAL;
    if (has(m, fs::mode::exclusive) && !has(m, fs::mode::create)) return -EINVAL;
    const bool reads = has(m, fs::mode::read) || !writes;
    int flags = always_open_with;
    flags |= writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
    if (has(m, fs::mode::append)) flags |= O_APPEND;
    if (has(m, fs::mode::create)) flags |= O_CREAT;
    if (has(m, fs::mode::truncate)) flags |= O_TRUNC;
    if (has(m, fs::mode::exclusive)) flags |= O_EXCL;
    return flags;
}

} // namespace

file_open::file_open(const std::filesystem::path& path, fs::mode m, unsigned permissions)
    : file_(std::make_shared<open_file>(path)), flags_(flags_of(m)),
      permissions_(static_cast<int>(permissions)) {
    file_->appends = has(m, fs::mode::append);
}

file_open::file_open(const file_open& other) noexcept
    : operation(), request_listener(), file_(other.file_), flags_(other.flags_),
      permissions_(other.permissions_) {}

bool file_open::start(waiter& line, std::coroutine_handle<> at) noexcept {
    // Whoever goes on at once must not be parked.
    if (flags_ < 0 && !line.cancel_requested) {
        result_ = flags_;
        return false;
    }
    if (!begin(line, at)) {
        result_ = was_cancelled;
        return false;
    }
    const int status = start_request([&] {
        return request_.open(*line.loop, *this, file_->path.c_str(), flags_, permissions_);
    });
    if (status < 0) request_done(status);
    return true;
}

void file_open::request_done(std::int64_t result) noexcept {
    if (result < 0) result = open_inherited_socket(file_->path.c_str(), static_cast<int>(result));
    if (result >= 0) result = file_->adopt(static_cast<int>(result));
    result_ = result;
    complete();
}

void file_open::cancel() noexcept {
    request_.abandon();
    result_ = was_cancelled;
    complete();
}

void file_open::describe(std::string& out) const {
    out.append("open ").append(file_->path.string());
}

fs::file file_open::await_resume() {
    if (result_ == was_cancelled) throw cancelled{};
    if (result_ < 0) throw_error(static_cast<int>(result_), "open", file_->path.string());
    return fs::file(std::move(file_));
}

} // namespace simul::detail
