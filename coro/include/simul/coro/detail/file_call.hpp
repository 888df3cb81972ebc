#pragma once

#include <simul/coro/detail/open_file.hpp>
#include <simul/coro/detail/promise.hpp>
#include <simul/coro/fs/file_status.hpp>
#include <simul/loop/detail/request.hpp>

#include <coroutine>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

namespace simul::detail {

class stat_job;

/// An operation on an open file that moves no data.
class SIMUL_API file_call : public operation, private request_listener {
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
    enum class action : std::uint8_t { sync, truncate, stat, close };

    file_call(std::shared_ptr<open_file> file, action what, std::int64_t size = 0) noexcept;
    /// Copies one that has not begun, for gather() and its like.
    file_call(const file_call& other) noexcept;
    file_call& operator=(const file_call&) = delete;
    ~file_call();

    void take() const;
    [[nodiscard]] fs::file_status status() const;

private:
    static constexpr std::int64_t was_cancelled = std::numeric_limits<std::int64_t>::min();
    static constexpr std::int64_t is_in_use = was_cancelled + 1;

    [[nodiscard]] const char* name() const noexcept;
    bool start(waiter& line, std::coroutine_handle<> at) noexcept;
    int start_request(loop_core& loop);
    void start_close(loop_core& loop) noexcept;
    void release() noexcept;
    void request_done(std::int64_t result) noexcept override;

    std::shared_ptr<open_file> file_;
    std::shared_ptr<stat_job> job_;
    std::int64_t size_;
    std::int64_t result_ = 0;
    request request_;
    action what_;
    bool claimed_ = false;
};

class [[nodiscard("sync() does nothing until it is awaited")]] file_sync final : public file_call {
public:
    explicit file_sync(std::shared_ptr<open_file> file) noexcept
        : file_call(std::move(file), action::sync) {}
    void await_resume() const { take(); }
};

class [[nodiscard("truncate() does nothing until it is awaited")]] file_truncate final
    : public file_call {
public:
    file_truncate(std::shared_ptr<open_file> file, std::int64_t size) noexcept
        : file_call(std::move(file), action::truncate, size) {}
    void await_resume() const { take(); }
};

class [[nodiscard("stat() does nothing until it is awaited")]] file_stat final : public file_call {
public:
    explicit file_stat(std::shared_ptr<open_file> file) noexcept
        : file_call(std::move(file), action::stat) {}
    fs::file_status await_resume() const { return status(); }
};

class [[nodiscard("size() does nothing until it is awaited")]] file_size final : public file_call {
public:
    explicit file_size(std::shared_ptr<open_file> file) noexcept
        : file_call(std::move(file), action::stat) {}
    std::uint64_t await_resume() const { return status().size; }
};

class [[nodiscard("close() does nothing until it is awaited")]] file_close final
    : public file_call {
public:
    explicit file_close(std::shared_ptr<open_file> file) noexcept
        : file_call(std::move(file), action::close) {}
    void await_resume() const { take(); }
};

} // namespace simul::detail
