#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/detail/readiness.hpp>
#include <simul/loop/detail/request.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

namespace simul::detail {

class job_batch;
class whole_file_job;

/// Reads or writes a whole file in one trip to the pool. A stream comes back from there untouched,
/// and the loop goes on with it piece by piece.
class SIMUL_API whole_file : public operation,
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
    explicit whole_file(std::shared_ptr<whole_file_job> job) noexcept;
    /// Copies one that has not begun, for gather() and its like.
    whole_file(const whole_file& other) noexcept;
    whole_file& operator=(const whole_file&) = delete;
    ~whole_file();

    void take() const;
    [[nodiscard]] whole_file_job& job() const noexcept { return *job_; }

private:
    static constexpr std::int64_t was_cancelled = std::numeric_limits<std::int64_t>::min();

    bool start(waiter& line, std::coroutine_handle<> at) noexcept;
    void in_pool() noexcept;
    void when_ready() noexcept;
    void now() noexcept;
    void end(std::int64_t result) noexcept;
    void request_done(std::int64_t result) noexcept override;
    void ready(int status) noexcept override;

    std::shared_ptr<whole_file_job> job_;
    std::int64_t result_ = 0;
    void leave_batch() noexcept;

    request request_;
    std::shared_ptr<job_batch> batch_; // while the job is in it
    std::size_t place_ = 0;            // there
    readiness readiness_;
};

} // namespace simul::detail
