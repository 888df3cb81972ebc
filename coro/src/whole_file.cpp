#include <simul/coro/detail/whole_file.hpp>

#include <simul/loop/error.hpp>

#include "descriptor.hpp"
#include "job_batch.hpp"
#include "start_request.hpp"
#include "whole_file_job.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace simul::detail {

// ------------------------------------------------------------------------------- on the worker

void whole_file_job::run() noexcept {
    const bool begins = fd < 0;
    if (begins && stop.load(std::memory_order_relaxed)) {
        gave_up = true;
        return;
    }
    int status = 0;
    try {
        if (begins) status = begin();
        // A stream is the loop's, unless it comes from there because it cannot be waited for.
        waits = status == 0 && begins && is_stream(kind);
        if (status == 0 && !waits) status = transfer_all();
    } catch (const std::bad_alloc&) {
        status = fail(writes() ? "write" : "read", -ENOMEM);
    } catch (const std::length_error&) {
        status = fail(writes() ? "write" : "read", -ENOMEM);
    }
    if (status == -EAGAIN && fd >= 0) {
        error = 0;
        waits = true;
    }
    if (!waits) close();
}

int whole_file_job::fail(const char* operation, int errno_below_zero,
                         const std::string& on) noexcept {
    error = errno_below_zero;
    failed = operation;
    failed_on = &on;
    return error;
}

int whole_file_job::close() noexcept {
    if (fd < 0) return 0;
    return ::close(std::exchange(fd, -1)) == 0 || errno == EINTR ? 0 : -errno;
}

int whole_file_job::finish() noexcept {
    const int status = close();
    return status < 0 && writes() ? fail("close", status) : 0;
}

int whole_file_job::open(int flags, std::int64_t& size) noexcept {
    do {
        fd = ::open(path.c_str(), flags | always_open_with, 0666);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        const int opened = open_inherited_socket(path.c_str(), -errno);
        if (opened < 0) return fail("open", opened);
        fd = opened;
    }
    fd = beyond_standard(fd);
    if (fd < 0) return fail("open", std::exchange(fd, -1));
    struct stat status;
    if (const int problem = status_of(fd, status); problem < 0) return fail("open", problem);
    kind = kind_of(status);
    size = status.st_size;
    return kind == std::filesystem::file_type::directory ? fail("open", -EISDIR) : 0;
}

// --------------------------------------------------------------------------------- on the loop

whole_file::whole_file(std::shared_ptr<whole_file_job> job) noexcept : job_(std::move(job)) {}

whole_file::whole_file(const whole_file& other) noexcept
    : operation(), request_listener(), readiness_listener(), job_(other.job_) {}

whole_file::~whole_file() {
    // A copy that has not begun shares the job.
    if (request_.in_flight() || batch_ != nullptr) {
        job_->stop.store(true, std::memory_order_relaxed);
    }
    leave_batch();
}

void whole_file::leave_batch() noexcept {
    if (batch_ != nullptr) std::exchange(batch_, nullptr)->forget(place_);
}

bool whole_file::start(waiter& line, std::coroutine_handle<> at) noexcept {
    if (!begin(line, at)) {
        result_ = was_cancelled;
        return false;
    }
    job_->prepare();
    if (job_->writes()) {
        in_pool();
        return true;
    }
    try {
        batch_ = job_batch::add(*line.loop, *this, job_, place_);
    } catch (const std::exception&) { // there is a way without
        in_pool();
    }
    return true;
}

void whole_file::in_pool() noexcept {
    const int status = start_request([&] { return request_.run(*parked()->loop, *this, job_); });
    if (status < 0) end(job_->fail(job_->writes() ? "write" : "read", status));
}

void whole_file::request_done(std::int64_t result) noexcept {
    if (std::exchange(batch_, nullptr) != nullptr && result < 0) {
        return end(job_->fail("read", static_cast<int>(result)));
    }
    if (result < 0) return end(was_cancelled);
    if (!job_->waits) return end(job_->gave_up ? was_cancelled : job_->error);
    if (parked()->cancel_requested) return end(was_cancelled);
    // A device is first asked whether it can be waited for: one that cannot might block.
    if (job_->kind == std::filesystem::file_type::character) return when_ready();
    now();
}

void whole_file::now() noexcept {
    const std::int64_t count = job_->transfer_now();
    // Even when more is there already, others get their turn first.
    if (count > 0 || count == -EAGAIN) return when_ready();
    // The wait ends before the descriptor does.
    readiness_.stop();
    end(count < 0 ? count : job_->finish());
}

void whole_file::when_ready() noexcept {
    if (readiness_.waiting()) return;
    const auto towards =
        job_->writes() ? readiness::direction::writable : readiness::direction::readable;
    const int status = readiness_.start(*parked()->loop, *this, job_->fd, towards);
    if (status == -EPERM) return in_pool();
    if (status < 0) end(job_->fail(job_->writes() ? "write" : "read", status));
}

void whole_file::ready(int status) noexcept {
    if (status < 0) return end(job_->fail(job_->writes() ? "write" : "read", status));
    now();
}

void whole_file::end(std::int64_t result) noexcept {
    readiness_.stop();
    result_ = result;
    complete();
}

void whole_file::cancel() noexcept {
    job_->stop.store(true, std::memory_order_relaxed);
    if (readiness_.waiting()) return end(was_cancelled);
    if (job_->writes()) {
        // What is written later would surprise whoever writes the file next.
        request_.cancel();
        return;
    }
    leave_batch();
    request_.abandon();
    end(was_cancelled);
}

void whole_file::describe(std::string& out) const {
    out.append(job_->writes() ? "write_file " : "read_file ").append(job_->path);
}

void whole_file::take() const {
    if (result_ == was_cancelled) throw cancelled{};
    if (result_ < 0) throw_error(static_cast<int>(result_), job_->failed, *job_->failed_on);
}

} // namespace simul::detail
