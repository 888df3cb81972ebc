#include "worker_pool.hpp"

#include "accounting.hpp"
#include "reactor.hpp"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include <pthread.h>

namespace simul::detail {
namespace {

std::size_t number_of_cores() { return std::max(1U, std::thread::hardware_concurrency()); }

} // namespace

void worker_pool::job_list::push(worker_job& job) noexcept {
    job.next_ = nullptr;
    (first != nullptr ? last->next_ : first) = &job;
    last = &job;
}

worker_job& worker_pool::job_list::pop() noexcept {
    worker_job& popped = *first;
    first = popped.next_;
    return popped;
}

bool worker_pool::job_list::remove(worker_job& job) noexcept {
    worker_job* before = nullptr;
    for (worker_job* at = first; at != nullptr; before = std::exchange(at, at->next_)) {
        if (at != &job) continue;
        (before != nullptr ? before->next_ : first) = job.next_;
        if (last == &job) last = before;
        return true;
    }
    return false;
}

worker_pool::worker_pool(reactor& woken, std::size_t limit) noexcept
    : reactor_(woken), limit_(limit > 0 ? limit : number_of_cores()) {}

void worker_pool::start(worker_job& job) {
    const std::lock_guard lock(mutex_);
    if (waiting_jobs_ >= idle_threads_ && threads_.size() < limit_) {
        try {
            add_thread();
        } catch (const std::system_error& e) {
            if (threads_.empty()) {
                throw std::system_error(e.code(), "simul: starting a thread for to_thread");
            }
        } catch (const std::bad_alloc&) {
            if (threads_.empty()) throw;
        }
    }
    job.state_ = worker_job::state::queued;
    queued_.push(job);
    ++waiting_jobs_;
    live_requests.fetch_add(1, std::memory_order_relaxed);
    has_work_.notify_one();
}

void worker_pool::add_thread() {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), "simul-worker");
}

void worker_pool::work() noexcept {
    std::unique_lock lock(mutex_);
    ++idle_threads_;
    for (;;) {
        has_work_.wait(lock, [this] { return queued_.first != nullptr || stops_; });
        --idle_threads_;
        if (queued_.first == nullptr) return;
        worker_job& job = queued_.pop();
        --waiting_jobs_;
        job.state_ = worker_job::state::running;
        lock.unlock();
        job.run();
        lock.lock();
        job.state_ = worker_job::state::finished;
        finished_.push(job);
        has_finished_.notify_all();
        ++idle_threads_; // for the next job: the loop may start one before this thread waits
        // The loop's thread, once it is awake, asks for the lock at once.
        lock.unlock();
        reactor_.wake();
        lock.lock();
    }
}

bool worker_pool::withdraw(worker_job& job) noexcept {
    const std::lock_guard lock(mutex_);
    if (job.state_ != worker_job::state::queued) return false;
    queued_.remove(job);
    --waiting_jobs_;
    job.state_ = worker_job::state::idle;
    live_requests.fetch_sub(1, std::memory_order_relaxed);
    return true;
}

void worker_pool::reclaim(worker_job& job) noexcept {
    std::unique_lock lock(mutex_);
    has_finished_.wait(lock, [&] { return job.state_ == worker_job::state::finished; });
    finished_.remove(job);
    job.state_ = worker_job::state::idle;
    live_requests.fetch_sub(1, std::memory_order_relaxed);
}

void worker_pool::end_finished() noexcept {
    for (;;) {
        worker_job* job = nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (finished_.first == nullptr) return;
            job = &finished_.pop();
            job->state_ = worker_job::state::idle;
        }
        live_requests.fetch_sub(1, std::memory_order_relaxed);
        job->ended();
    }
}

void worker_pool::limit(std::size_t threads) noexcept {
    const std::lock_guard lock(mutex_);
    limit_ = threads > 0 ? threads : number_of_cores();
}

void worker_pool::join() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stops_ = true;
    }
    has_work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

} // namespace simul::detail
