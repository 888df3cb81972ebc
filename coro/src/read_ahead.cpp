#include <simul/coro/detail/read_ahead.hpp>

#include <simul/loop/error.hpp>

#include "descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace simul::detail {

// One request: a worker reads to `buffer`, which nobody else touches meanwhile.
struct read_ahead::slot final : request_listener {
    slot(read_ahead& reader, std::size_t chunk) noexcept : owner(reader), buffer(chunk) {}

    void request_done(std::int64_t n) noexcept override {
        result = n;
        done = true;
        owner.arrived(*this);
    }

    read_ahead& owner;
    chunk_buffer buffer;
    std::size_t size = 0;
    std::int64_t result = 0;
    bool done = false;
    request asked; // goes first, and with it what might call back
};

namespace {

// What a worker needs when the reader has gone.
struct lent {
    lent(std::shared_ptr<void> m, std::shared_ptr<open_file> f) noexcept
        : memory(std::move(m)), file(std::move(f)) {}

    std::shared_ptr<void> memory;
    std::shared_ptr<open_file> file;
};

} // namespace

read_ahead::read_ahead(std::shared_ptr<open_file> file, std::size_t chunk_size)
    : file_(std::move(file)), chunk_size_(chunk_size), position_(position_of(file_->fd)),
      asked_to_(position_), buffer_(chunk_size) {
    expect_sequential_reads(file_->fd);
}

read_ahead::~read_ahead() = default;

bool read_ahead::looks_into_cache() const noexcept {
    return file_->asks_cache && chunk_size_ <= most_from_cache;
}

void read_ahead::proceed() noexcept {
    try {
        if (count_ == 0) {
            if (looks_into_cache() && read_from_cache()) return;
            asked_to_ = position_;
            if (const int status = ask(); status < 0) return waiting_->end(status);
            ask_for_more();
        }
        if (slots_[first_]->done) deliver();
    } catch (const std::bad_alloc&) {
        waiting_->end(-ENOMEM);
    }
}

bool read_ahead::read_from_cache() {
    const std::span<std::byte> space = buffer_.prepare(waiting_->kept_);
    const std::int64_t got = read_cached(file_->fd, space, position_);
    if (got > 0) {
        position_ += got;
        waiting_->kept_ = buffer_.commit(static_cast<std::size_t>(got));
        waiting_->end(got);
        return true;
    }
    waiting_->kept_ = buffer_.commit(0);
    if (got == 0 && file_->size > 0 && position_ >= file_->size) {
        waiting_->end(0);
        return true;
    }
    // Some kernels say 0 for what is not in memory: a worker finds out whether that is the end.
    if (got != 0 && got != -EAGAIN) file_->asks_cache = false;
    return false;
}

// One request for what follows the others.
int read_ahead::ask() {
    std::unique_ptr<slot>& free = slots_[(first_ + count_) % most_requests];
    if (free == nullptr) free = std::make_unique<slot>(*this, chunk_size_);
    const std::span<std::byte> space = free->buffer.prepare({});
    free->size = space.size();
    free->done = false;
    const int status =
        free->asked.read(*waiting_->parked()->loop, *free, file_->fd, space, asked_to_,
                         std::make_shared<lent>(free->buffer.memory(), file_));
    if (status < 0) return status;
    asked_to_ += static_cast<std::int64_t>(space.size());
    ++count_;
    return 0;
}

// Only as far as the file is known to go: what is behind that is met in order, or never.
void read_ahead::ask_for_more() noexcept {
    try {
        while (count_ < most_requests && asked_to_ < file_->size && ask() == 0) {
        }
    } catch (const std::bad_alloc&) { // what has been asked for is enough to go on
    }
}

void read_ahead::arrived(slot& at) noexcept {
    if (waiting_ == nullptr || &at != slots_[first_].get()) return;
    try {
        deliver();
    } catch (const std::bad_alloc&) {
        waiting_->end(-ENOMEM);
    }
}

void read_ahead::deliver() {
    slot& from = *slots_[first_];
    if (from.result <= 0) {
        forget_requests();
        return waiting_->end(from.result);
    }
    const auto n = static_cast<std::size_t>(from.result);
    std::span<char>& text = waiting_->kept_;
    if (!buffer_.is_long() && from.buffer.put_before(text)) {
        text = from.buffer.commit(n);
        std::swap(from.buffer, buffer_);
    } else {
        std::memcpy(buffer_.prepare(text, n).data(), from.buffer.commit(n).data(), n);
        text = buffer_.commit(n);
    }
    position_ += from.result;
    first_ = (first_ + 1) % most_requests;
    --count_;
    if (n < from.size) {
        forget_requests(); // they begin too far behind
    } else if (!looks_into_cache() || (count_ != 0 && !slots_[first_]->done)) {
        ask_for_more();
    }
    waiting_->end(static_cast<std::int64_t>(n));
}

// A slot that is still in flight is left to its worker.
void read_ahead::forget_requests() noexcept {
    for (; count_ != 0; --count_, first_ = (first_ + 1) % most_requests) {
        if (!slots_[first_]->done) slots_[first_].reset();
    }
}

chunk_read::~chunk_read() {
    if (from_.waiting_ == this) from_.waiting_ = nullptr;
}

bool chunk_read::start(waiter& line, std::coroutine_handle<> at) noexcept {
    if (!begin(line, at)) {
        result_ = was_cancelled;
        return false;
    }
    from_.waiting_ = this;
    from_.proceed();
    return true;
}

void chunk_read::end(std::int64_t result) noexcept {
    from_.waiting_ = nullptr;
    result_ = result;
    complete();
}

void chunk_read::cancel() noexcept { end(was_cancelled); }

void chunk_read::describe(std::string& out) const {
    out.append("read ")
        .append(from_.file_->path.string())
        .append(" at ")
        .append(std::to_string(from_.position_));
}

std::span<char> chunk_read::await_resume() const {
    if (result_ >= 0) return kept_;
    if (result_ == was_cancelled) throw cancelled{};
    throw_error(static_cast<int>(result_), "read", from_.file_->path.string());
}

} // namespace simul::detail
