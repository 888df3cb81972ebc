#include <simul/coro/detail/file_call.hpp>

#include <simul/loop/error.hpp>

#include "descriptor.hpp"
#include "start_request.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace simul::detail {

class stat_job final : public pool_job {
public:
    explicit stat_job(std::shared_ptr<open_file> file) noexcept : file_(std::move(file)) {}

    void run() noexcept override { error = status_of(file_->fd, status); }

    struct stat status{};
    int error = 0;

private:
    std::shared_ptr<open_file> file_; // its descriptor stays open
};

file_call::file_call(std::shared_ptr<open_file> file, action what, std::int64_t size) noexcept
    : file_(std::move(file)), size_(size), what_(what) {}

file_call::file_call(const file_call& other) noexcept
    : operation(), request_listener(), file_(other.file_), size_(other.size_), what_(other.what_) {}

file_call::~file_call() { release(); }

bool file_call::start(waiter& line, std::coroutine_handle<> at) noexcept {
    const bool is_cancelled = line.cancel_requested;
    if (file_->fd < 0) {
        result_ = is_cancelled ? was_cancelled : -EBADF;
        return false;
    }
    if (what_ == action::close && file_->operations > 0) {
        result_ = is_in_use;
        return false;
    }
    if (is_cancelled) {
        result_ = was_cancelled;
        // The file is closed all the same.
        if (what_ == action::close) {
            request::close_in_background(*line.loop, std::exchange(file_->fd, -1),
                                         "a file in a cancelled task");
        }
        return false;
    }
    begin(line, at);
    claimed_ = true;
    ++file_->operations;
    if (what_ == action::close) {
        start_close(*line.loop);
    } else if (const int status = detail::start_request([&] { return start_request(*line.loop); });
               status < 0) {
        request_done(status);
    }
    return true;
}

int file_call::start_request(loop_core& loop) {
    if (what_ == action::sync) return request_.sync(loop, *this, file_->fd, file_);
    if (what_ == action::truncate) return request_.truncate(loop, *this, file_->fd, size_, file_);
    job_ = std::make_shared<stat_job>(file_);
    return request_.run(loop, *this, job_);
}

void file_call::start_close(loop_core& loop) noexcept {
    const int fd = std::exchange(file_->fd, -1);
    if (detail::start_request([&] { return request_.close(loop, *this, fd); }) == 0) return;
    request_done(::close(fd) == 0 || errno == EINTR ? 0 : -errno);
}

void file_call::request_done(std::int64_t result) noexcept {
    if (job_ != nullptr && result == 0) result = job_->error;
    result_ = result == -ECANCELED ? was_cancelled : result;
    release();
    complete();
}

void file_call::release() noexcept {
    if (std::exchange(claimed_, false)) --file_->operations;
}

// What no worker has begun ends as cancelled. A close always goes through.
void file_call::cancel() noexcept { request_.cancel(); }

const char* file_call::name() const noexcept {
    switch (what_) {
    case action::sync: return "sync";
    case action::truncate: return "truncate";
    case action::stat: return "stat";
    case action::close: break;
    }
    return "close";
}

void file_call::describe(std::string& out) const {
    out.append(name()).append(" ").append(file_->path.string());
}

void file_call::take() const {
    if (result_ >= 0) return;
    if (result_ == was_cancelled) throw cancelled{};
    if (result_ == is_in_use) {
        throw std::logic_error("simul: close " + file_->path.string() +
                               ": another operation on this file is still in flight");
    }
    throw_error(static_cast<int>(result_), name(), file_->path.string());
}

fs::file_status file_call::status() const {
    take();
    const struct stat& from = job_->status;
    fs::file_status to;
    to.size = static_cast<std::uint64_t>(from.st_size);
    to.modified = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::seconds(from.st_mtim.tv_sec) +
            std::chrono::nanoseconds(from.st_mtim.tv_nsec)));
    to.kind = kind_of(from);
    to.permissions = static_cast<std::filesystem::perms>(from.st_mode & 07777U);
    return to;
}

} // namespace simul::detail
