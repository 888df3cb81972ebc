#pragma once

#include <simul/loop/config.hpp>

#include <cstdint>

namespace simul::detail {

/// Something to run on a thread of a loop's own pool, see `loop_core::start_job`. The pool only
/// links it; whoever starts it keeps it alive until `ended`, or until it has been withdrawn.
class worker_job {
public:
    worker_job(const worker_job&) = delete;
    worker_job& operator=(const worker_job&) = delete;

    /// On a worker's thread.
    virtual void run() noexcept = 0;
    /// Afterwards, on the loop's thread, between two turns. May delete the job.
    virtual void ended() noexcept = 0;

protected:
    worker_job() noexcept = default;
    ~worker_job() = default;

private:
    friend class worker_pool;

    enum class state : std::uint8_t { idle, queued, running, finished };

    worker_job* next_ = nullptr;
    state state_ = state::idle; // guarded by the pool's mutex
};

} // namespace simul::detail
