#pragma once

#include <simul/loop/detail/worker_job.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace simul::detail {

class reactor;

/// The threads of one loop that run what would block it. They are started when there is work for
/// them and stay until the loop closes.
class worker_pool {
public:
    /// `limit` threads at most, 0 for one per core; the reactor is woken when a job has ended.
    worker_pool(reactor& woken, std::size_t limit) noexcept;
    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;
    /// Waits for the jobs that run.
    ~worker_pool() { join(); }

    /// \throws std::system_error    when there is no thread at all to run it.
    void start(worker_job& job);
    /// Takes back a job that no worker has begun.
    bool withdraw(worker_job& job) noexcept;
    /// Waits for a job that has begun and takes it back.
    void reclaim(worker_job& job) noexcept;
    /// Tells the jobs that have run since the last call.
    void end_finished() noexcept;
    /// Counts for threads that are not started yet.
    void limit(std::size_t threads) noexcept;
    void join() noexcept;

private:
    struct job_list {
        worker_job* first = nullptr;
        worker_job* last = nullptr;

        void push(worker_job& job) noexcept;
        worker_job& pop() noexcept;
        bool remove(worker_job& job) noexcept;
    };

    void work() noexcept;
    void add_thread();

    reactor& reactor_;
    std::mutex mutex_; // guards all that follows
    std::condition_variable has_work_;
    std::condition_variable has_finished_;
    job_list queued_;
    job_list finished_;
    std::size_t waiting_jobs_ = 0;
    std::size_t idle_threads_ = 0;
    std::size_t limit_;
    bool stops_ = false;
    std::vector<std::thread> threads_;
};

} // namespace simul::detail
