#pragma once

#include <simul/coro/detail/open_file.hpp>
#include <simul/coro/detail/promise.hpp>
#include <simul/loop/detail/readiness.hpp>
#include <simul/loop/detail/request.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>

namespace simul::detail {

/// One read or write of an open file with memory of the caller, which nothing touches after the
/// await has ended: what a worker has begun, it finishes.
class SIMUL_API file_transfer : public operation,
                                private request_listener,
                                private readiness_listener {
public:
    using awaited_once = void;

    [[nodiscard]] static bool await_ready() noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        return start(line_of(awaiting), awaiting);
    }

    void cancel() noexcept override;
    void describe(std::string& out) const override;

protected:
    enum class action : std::uint8_t { read, write, write_all };

    /// The position that belongs to the descriptor.
    static constexpr std::int64_t sequentially = -1;

    file_transfer(std::shared_ptr<open_file> file, action what, std::span<const std::byte> memory,
                  std::int64_t offset) noexcept;
    /// Copies one that has not begun, for gather() and its like.
    file_transfer(const file_transfer& other) noexcept;
    file_transfer& operator=(const file_transfer&) = delete;
    ~file_transfer();

    std::size_t take() const;

private:
    // Endings besides a number of bytes and a negative errno.
    static constexpr std::int64_t was_cancelled = std::numeric_limits<std::int64_t>::min();
    static constexpr std::int64_t overlaps = was_cancelled + 1;

    [[nodiscard]] bool is_sequential() const noexcept { return offset_ < 0; }
    [[nodiscard]] bool writes() const noexcept { return what_ != action::read; }
    [[nodiscard]] const char* name() const noexcept { return writes() ? "write" : "read"; }
    [[nodiscard]] std::span<std::byte> left() const noexcept {
        return {data_ + done_, size_ - done_};
    }

    bool start(waiter& line, std::coroutine_handle<> at) noexcept;
    void proceed() noexcept;
    void in_pool() noexcept;
    void when_ready() noexcept;
    void now() noexcept;
    void transferred(std::int64_t count) noexcept;
    void end(std::int64_t result) noexcept;
    void release() noexcept;
    void request_done(std::int64_t result) noexcept override;
    void ready(int status) noexcept override;

    std::shared_ptr<open_file> file_;
    std::byte* data_; // only read through when it writes to the file
    std::size_t size_;
    std::size_t done_ = 0;
    std::int64_t offset_;
    std::int64_t result_ = 0;
    request request_;
    readiness readiness_;
    action what_;
    bool claimed_ = false;
};

/// Gives the number of bytes read: at least one, or 0 at the end of the file.
class [[nodiscard("a read does nothing until it is awaited")]] file_read final
    : public file_transfer {
public:
    file_read(std::shared_ptr<open_file> file, std::span<std::byte> into,
              std::int64_t offset = sequentially) noexcept
        : file_transfer(std::move(file), action::read, into, offset) {}

    std::size_t await_resume() const { return take(); }
};

/// Gives the number of bytes written, which may be fewer than asked for.
class [[nodiscard("a write does nothing until it is awaited")]] file_write final
    : public file_transfer {
public:
    file_write(std::shared_ptr<open_file> file, std::span<const std::byte> from,
               std::int64_t offset = sequentially) noexcept
        : file_transfer(std::move(file), action::write, from, offset) {}

    std::size_t await_resume() const { return take(); }
};

class [[nodiscard("a write does nothing until it is awaited")]] file_write_all final
    : public file_transfer {
public:
    file_write_all(std::shared_ptr<open_file> file, std::span<const std::byte> from) noexcept
        : file_transfer(std::move(file), action::write_all, from, sequentially) {}

    void await_resume() const { take(); }
};

} // namespace simul::detail
