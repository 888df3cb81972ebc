#include <simul/coro/detail/file_transfer.hpp>

#include <simul/loop/error.hpp>

#include "descriptor.hpp"
#include "start_request.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace simul::detail {
namespace {

// Copying from the page cache costs the loop's own time; beyond this size the pool does it.
constexpr std::size_t most_from_cache = 256 * 1024;

} // namespace

file_transfer::file_transfer(std::shared_ptr<open_file> file, action what,
                             std::span<const std::byte> memory, std::int64_t offset) noexcept
    : file_(std::move(file)), data_(const_cast<std::byte*>(memory.data())), size_(memory.size()),
      offset_(offset), what_(what) {}

file_transfer::file_transfer(const file_transfer& other) noexcept
    : operation(), request_listener(), readiness_listener(), file_(other.file_), data_(other.data_),
      size_(other.size_), offset_(other.offset_), what_(other.what_) {}

file_transfer::~file_transfer() { release(); }

bool file_transfer::start(waiter& line, std::coroutine_handle<> at) noexcept {
    if (line.cancel_requested) {
        result_ = was_cancelled;
        return false;
    }
    if (file_->fd < 0) {
        result_ = -EBADF;
        return false;
    }
    if (is_sequential() && file_->is_busy(writes())) {
        result_ = overlaps;
        return false;
    }
    begin(line, at);
    claimed_ = true;
    ++file_->operations;
    if (is_sequential()) (writes() ? file_->writes : file_->reads) = true;
    proceed();
    return true;
}

void file_transfer::proceed() noexcept {
    if (size_ == 0) return end(0);
    if (file_->polls && is_sequential()) {
        // A device is first asked whether it can be waited for: one that cannot might block.
        if (file_->kind == std::filesystem::file_type::character) return when_ready();
        return now();
    }
    if (!writes() && file_->asks_cache && size_ <= most_from_cache) {
        const std::int64_t got = read_cached(file_->fd, left(), offset_);
        if (got > 0) return transferred(got);
        if (got != 0 && got != -EAGAIN) file_->asks_cache = false;
    }
    in_pool();
}

void file_transfer::in_pool() noexcept {
    const std::int64_t at = is_sequential() ? offset_ : offset_ + static_cast<std::int64_t>(done_);
    const int status = start_request([&] {
        loop_core& loop = *parked()->loop;
        return writes() ? request_.write(loop, *this, file_->fd, left(), at)
                        : request_.read(loop, *this, file_->fd, left(), at);
    });
    if (status < 0) end(status);
}

void file_transfer::request_done(std::int64_t result) noexcept {
    if (result == -EAGAIN && is_sequential()) {
        file_->polls = true;
        if (parked()->cancel_requested) return end(was_cancelled);
        return when_ready();
    }
    transferred(result);
}

void file_transfer::now() noexcept {
    const std::int64_t count = writes() ? write_now(file_->fd, file_->kind, left())
                                        : read_now(file_->fd, file_->kind, left());
    if (count == -EAGAIN) return when_ready();
    transferred(count);
}

void file_transfer::when_ready() noexcept {
    if (readiness_.waiting()) return;
    const auto towards = writes() ? readiness::direction::writable : readiness::direction::readable;
    const int status = readiness_.start(*parked()->loop, *this, file_->fd, towards);
    if (status == -EPERM) {
        file_->polls = false;
        return in_pool();
    }
    if (status < 0) end(status);
}

void file_transfer::ready(int status) noexcept {
    if (status < 0) return end(status);
    now();
}

void file_transfer::transferred(std::int64_t count) noexcept {
    if (count < 0) return end(count == -ECANCELED ? was_cancelled : count);
    done_ += static_cast<std::size_t>(count);
    if (is_sequential()) file_->position += count;
    if (what_ != action::write_all || done_ == size_) return end(static_cast<std::int64_t>(done_));
    if (parked()->cancel_requested) return end(was_cancelled);
    if (count == 0) return end(-EIO);
    // A stream took what fits; it goes on from the loop, so that a fast reader cannot keep it.
    if (file_->polls) return when_ready();
    in_pool();
}

void file_transfer::end(std::int64_t result) noexcept {
    result_ = result;
    readiness_.stop();
    release();
    complete();
}

void file_transfer::release() noexcept {
    if (!std::exchange(claimed_, false)) return;
    --file_->operations;
    if (is_sequential()) (writes() ? file_->writes : file_->reads) = false;
}

void file_transfer::cancel() noexcept {
    if (readiness_.waiting()) return end(was_cancelled);
    // What no worker has begun ends as cancelled; the rest delivers what it comes to.
    request_.cancel();
}

void file_transfer::describe(std::string& out) const {
    out.append(name()).append(" ").append(file_->path.string());
    if (!is_sequential()) {
        out.append(" at ").append(std::to_string(offset_));
    } else if (!file_->polls && !file_->appends) {
        out.append(" at ").append(std::to_string(file_->position));
    }
}

std::size_t file_transfer::take() const {
    if (result_ >= 0) return static_cast<std::size_t>(result_);
    if (result_ == was_cancelled) throw cancelled{};
    if (result_ == overlaps) {
        throw std::logic_error("simul: " + std::string(name()) + " " + file_->path.string() +
                               ": another read or write of this file is still in flight; use "
                               "read_at and write_at for several at once");
    }
    throw_error(static_cast<int>(result_), name(), file_->path.string());
}

} // namespace simul::detail
