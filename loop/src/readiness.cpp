#include <simul/loop/detail/readiness.hpp>

#include "accounting.hpp"
#include "reactor.hpp"

#include <cerrno>
#include <memory>
#include <new>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace simul::detail {

struct readiness_block {
    uv_poll_t poll{};
    loop_core* loop = nullptr;
    readiness* owner = nullptr;
    readiness_listener* listener = nullptr;
    int own_fd = -1;

    ~readiness_block() { close_own_fd(); }

    void close_own_fd() noexcept {
        if (own_fd >= 0) ::close(std::exchange(own_fd, -1));
    }
};

int readiness::start(loop_core& loop, readiness_listener& listener, int fd,
                     direction towards) noexcept {
    std::unique_ptr<readiness_block> block(new (std::nothrow) readiness_block);
    if (block == nullptr) return -ENOMEM;
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) return -errno;
    int status = uv_poll_init(loop.uv().loop(), &block->poll, fd);
    if (status == UV_EEXIST) {
        // libuv watches a descriptor once; somebody waits for the other direction already.
        block->own_fd = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (block->own_fd < 0) return -errno;
        status = uv_poll_init(loop.uv().loop(), &block->poll, block->own_fd);
    }
    // libuv makes it non-blocking, and with it what other processes share.
    if ((flags & O_NONBLOCK) == 0) ::fcntl(fd, F_SETFL, flags);
    if (status < 0) return status;

    // From here on libuv knows the block: only its close callback may free it.
    live_handles.fetch_add(1, std::memory_order_relaxed);
    loop.io_begins();
    block->poll.data = block.get();
    block->loop = &loop;
    block->owner = this;
    block->listener = &listener;
    block_ = block.release();
    const auto ready = [](uv_poll_t* poll, int result, int) {
        auto* const self = static_cast<readiness_block*>(poll->data);
        readiness_listener* const hears = self->listener;
        if (hears == nullptr) return;
        if (result == UV_EBADF) {
            // So libuv says, which has stopped watching, that the other side has gone or that
            // something else is wrong; the call that was waited for says what.
            self->owner->stop();
            result = 0;
        }
        hears->ready(result < 0 ? result : 0);
    };
    status = uv_poll_start(&block_->poll,
                           towards == direction::readable ? UV_READABLE : UV_WRITABLE, ready);
    if (status < 0) stop();
    return status;
}

void readiness::stop() noexcept {
    if (block_ == nullptr) return;
    readiness_block* const block = std::exchange(block_, nullptr);
    block->listener = nullptr;
    block->loop->io_ends();
    uv_close(reinterpret_cast<uv_handle_t*>(&block->poll), [](uv_handle_t* closed) {
        live_handles.fetch_sub(1, std::memory_order_relaxed);
        delete static_cast<readiness_block*>(closed->data);
    });
    // libuv has let go of the descriptor, though not yet of the block.
    block->close_own_fd();
}

} // namespace simul::detail
