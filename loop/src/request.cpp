#include <simul/loop/detail/request.hpp>

#include <simul/loop/detail/log_text.hpp>
#include <simul/loop/error.hpp>
#include <simul/loop/log.hpp>

#include "accounting.hpp"
#include "reactor.hpp"

#include <cerrno>
#include <cstdlib>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace simul::detail {
namespace {

request_block& block_of(uv_fs_t* fs) { return *static_cast<request_block*>(fs->data); }

void fs_done(uv_fs_t* fs) {
    const auto result = static_cast<std::int64_t>(fs->result);
    uv_fs_req_cleanup(fs);
    block_of(fs).end(result);
}

uv_buf_t buffer_of(std::byte* data, std::size_t size) {
    // libuv counts in 32 bits; a larger buffer is filled by several requests.
    constexpr std::size_t most = std::size_t{1} << 30;
    return uv_buf_init(reinterpret_cast<char*>(data),
                       static_cast<unsigned>(size < most ? size : most));
}

} // namespace

// The block goes back to the pool before the listener hears of it: the listener may start the next
// request, or the loop may close.
void request_block::end(std::int64_t result) noexcept {
    loop_core& loop = *core;
    reactor& uv = loop.uv();
    const bool opened = job == nullptr && fs.fs_type == UV_FS_OPEN;
    --loop.requests_in_flight_;
    live_requests.fetch_sub(1, std::memory_order_relaxed);
    request* const to = std::exchange(owner, nullptr);
    request_listener* const hears = std::exchange(listener, nullptr);
    const char* const what = std::exchange(background, nullptr);
    keep.reset();
    job.reset();
    borrows = false;
    uv.release_block(this);

    if (to != nullptr) {
        to->block_ = nullptr;
        loop.io_ends();
        hears->request_done(result);
    } else if (opened && result >= 0) {
        request::close_in_background(loop, static_cast<int>(result), "an abandoned open");
    } else if (what != nullptr && result < 0) {
        log_text(log_level::error, "simul: the close of a file failed", [=](std::string& text) {
            text.append("simul: close of ").append(what).append(": ");
            text += std::generic_category().message(static_cast<int>(-result));
        });
    }
}

request::~request() {
    if (block_ == nullptr) return;
    if (can_abandon()) {
        abandon();
        return;
    }
    // The caller's memory is about to go while a worker writes to it. Only the forced destruction
    // of a suspended coroutine comes here; it has to wait.
    cancel();
    block_->listener = nullptr;
    loop_core& loop = *block_->core;
    if (loop.uv().hosted() && loop.is_running()) {
        log(log_level::error, "simul: a coroutine was destroyed inside the host's uv_run while a "
                              "worker used its buffer");
        std::abort();
    }
    request_block* const block = block_;
    struct quiet final : request_listener {
        bool ended = false;
        void request_done(std::int64_t) noexcept override { ended = true; }
    } listener;
    block->listener = &listener;
    while (!listener.ended) loop.uv().wait();
}

template <class Call>
int request::start(loop_core& loop, request_listener& listener, Call&& call) {
    request_block* const block = loop.uv().acquire_block();
    block->fs.data = block;
    if (const int status = call(loop.uv().loop(), block); status < 0) {
        loop.uv().release_block(block);
        return status;
    }
    block->core = &loop;
    block->listener = &listener;
    block->owner = this;
    block_ = block;
    ++loop.requests_in_flight_;
    loop.io_begins();
    live_requests.fetch_add(1, std::memory_order_relaxed);
    return 0;
}

int request::open(loop_core& loop, request_listener& listener, const char* path, int flags,
                  int mode) {
    return start(loop, listener, [&](uv_loop_t* uv, request_block* block) {
        return uv_fs_open(uv, &block->fs, path, flags, mode, fs_done);
    });
}

int request::close(loop_core& loop, request_listener& listener, int fd) {
    return start(loop, listener, [&](uv_loop_t* uv, request_block* block) {
        return uv_fs_close(uv, &block->fs, fd, fs_done);
    });
}

int request::read(loop_core& loop, request_listener& listener, int fd, std::span<std::byte> into,
                  std::int64_t offset, std::shared_ptr<void> keep) {
    return start(loop, listener, [&](uv_loop_t* uv, request_block* block) {
        const uv_buf_t buffer = buffer_of(into.data(), into.size());
        const int status = uv_fs_read(uv, &block->fs, fd, &buffer, 1, offset, fs_done);
        if (status == 0) block->lend(std::move(keep));
        return status;
    });
}

int request::write(loop_core& loop, request_listener& listener, int fd,
                   std::span<const std::byte> from, std::int64_t offset,
                   std::shared_ptr<void> keep) {
    return start(loop, listener, [&](uv_loop_t* uv, request_block* block) {
        // uv_buf_t has one pointer type for both directions; a write only reads through it.
        const uv_buf_t buffer = buffer_of(const_cast<std::byte*>(from.data()), from.size());
        const int status = uv_fs_write(uv, &block->fs, fd, &buffer, 1, offset, fs_done);
        if (status == 0) block->lend(std::move(keep));
        return status;
    });
}

int request::sync(loop_core& loop, request_listener& listener, int fd, std::shared_ptr<void> keep) {
    return start(loop, listener, [&](uv_loop_t* uv, request_block* block) {
        const int status = uv_fs_fsync(uv, &block->fs, fd, fs_done);
        if (status == 0) block->keep = std::move(keep);
        return status;
    });
}

int request::truncate(loop_core& loop, request_listener& listener, int fd, std::int64_t size,
                      std::shared_ptr<void> keep) {
    return start(loop, listener, [&](uv_loop_t* uv, request_block* block) {
        const int status = uv_fs_ftruncate(uv, &block->fs, fd, size, fs_done);
        if (status == 0) block->keep = std::move(keep);
        return status;
    });
}

int request::run(loop_core& loop, request_listener& listener, std::shared_ptr<pool_job> job) {
    return start(loop, listener, [&](uv_loop_t* uv, request_block* block) {
        block->work.data = block;
        const auto work = [](uv_work_t* w) { static_cast<request_block*>(w->data)->job->run(); };
        const auto done = [](uv_work_t* w, int result) {
            static_cast<request_block*>(w->data)->end(result);
        };
        block->job = std::move(job);
        const int status = uv_queue_work(uv, &block->work, work, done);
        if (status < 0) block->job.reset();
        return status;
    });
}

void request::close_in_background(loop_core& loop, int fd, const char* what) noexcept {
    request nobody;
    struct silent final : request_listener {
        void request_done(std::int64_t) noexcept override {}
    } listener;
    int status = 0;
    try {
        status = nobody.close(loop, listener, fd);
    } catch (const std::bad_alloc&) {
        status = -ENOMEM;
    }
    if (status < 0) {
        ::close(fd);
        return;
    }
    nobody.block_->background = what;
    nobody.abandon();
}

bool request::cancel() noexcept {
    if (block_ == nullptr) return false;
    // A close that never happened would leave the descriptor open.
    if (block_->job == nullptr && block_->fs.fs_type == UV_FS_CLOSE) return false;
    // uv_fs_t and uv_work_t begin with the fields of uv_req_t.
    return uv_cancel(reinterpret_cast<uv_req_t*>(&block_->fs)) == 0;
}

bool request::can_abandon() const noexcept { return block_ == nullptr || !block_->borrows; }

void request::abandon() noexcept {
    if (block_ == nullptr) return;
    cancel();
    block_->core->io_ends();
    block_->listener = nullptr;
    block_->owner = nullptr;
    block_ = nullptr;
}

} // namespace simul::detail
