#include <simul/coro/fs/read_file.hpp>

#include "descriptor.hpp"
#include "whole_file_job.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace simul::detail {
namespace {

// How much a file takes that is as large as the last one that this thread has read. Memory of so
// much is had here and freed here; what a worker allocates goes back to the system when it is freed
// on another thread, to be had again, and cleared, page by page.
thread_local std::size_t usual_room = 0;
constexpr std::size_t most_usual_room = 64 * 1024;

class read_file_job final : public whole_file_job {
public:
    using whole_file_job::whole_file_job;

    void prepare() noexcept override {
        try {
            content_.reserve(usual_room);
        } catch (const std::bad_alloc&) { // it was a guess
        }
    }

    [[nodiscard]] bool writes() const noexcept override { return false; }

    std::int64_t transfer_now() noexcept override {
        try {
            make_room(streamed_at_once);
        } catch (const std::exception&) {
            return fail("read", -ENOMEM);
        }
        const std::int64_t got = read_now(fd, kind, std::as_writable_bytes(room()));
        if (got > 0) size_ += static_cast<std::size_t>(got);
        if (got < 0 && got != -EAGAIN) fail("read", static_cast<int>(got));
        return got;
    }

    std::string take_content() {
        content_.resize(size_);
        if (size_ < most_usual_room) usual_room = size_ + 1;
        if (size_ < content_.capacity() / 2) content_.shrink_to_fit();
        return std::move(content_);
    }

private:
    static constexpr std::size_t streamed_at_once = 64 * 1024;
    static constexpr std::size_t of_unknown_size = 16 * 1024;

    int begin() override {
        std::int64_t size = 0;
        if (const int status = open(O_RDONLY, size); status < 0) return status;
        if (is_stream(kind)) return 0;
        // One byte more than the size, so that the end is seen without growing.
        content_.resize(size > 0 ? static_cast<std::size_t>(size) + 1 : of_unknown_size);
        if (kind == std::filesystem::file_type::regular && size > 0) {
            expected_ = static_cast<std::size_t>(size);
        }
        return 0;
    }

    int transfer_all() override {
        for (;;) {
            if (stop.load(std::memory_order_relaxed)) {
                gave_up = true;
                return 0;
            }
            make_room(1);
            const std::span<char> into = room();
            const std::size_t asked = std::min(into.size(), piece);
            const ssize_t got = ::read(fd, into.data(), asked);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return fail("read", -errno);
            if (got == 0) return 0;
            size_ += static_cast<std::size_t>(got);
            // Less than was asked for, and all that there should be: that is the end.
            if (size_ == expected_ && static_cast<std::size_t>(got) < asked) return 0;
        }
    }

    [[nodiscard]] std::span<char> room() noexcept { return std::span(content_).subspan(size_); }

    void make_room(std::size_t wanted) {
        if (content_.size() - size_ >= wanted) return;
        content_.resize(std::max(content_.size() * 2, size_ + std::max(wanted, of_unknown_size)));
    }

    std::string content_; // what has been read, then room for more
    std::size_t size_ = 0;
    std::size_t expected_ = 0; // 0: nobody knows
};

} // namespace

read_file_awaiter::read_file_awaiter(const std::filesystem::path& path)
    : whole_file(std::make_shared<read_file_job>(path)) {}

std::string read_file_awaiter::await_resume() {
    take();
    return static_cast<read_file_job&>(job()).take_content();
}

} // namespace simul::detail
