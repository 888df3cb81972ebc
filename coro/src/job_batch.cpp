#include "job_batch.hpp"

#include "start_request.hpp"

#include <algorithm>
#include <utility>

namespace simul::detail {
namespace {

// As many as libuv's pool has threads, unless it was told otherwise.
constexpr std::size_t most_trips = 4;
// Waking a worker, and the loop at the end, costs some 10 us: a trip is to be worth it.
constexpr std::int64_t least_work = 100'000; // ns
// A trip on which the files are slower than expected is broken off, and the rest shared out anew.
constexpr std::int64_t longest_trip = 1'000'000;

// What the last trips of this thread's loop took for a file, in the mean.
constinit thread_local std::int64_t time_per_job = least_work;

} // namespace

// One request of the pool, for a part of the batch. Owns itself until it has ended.
class job_batch::trip final : public request_listener {
public:
    static int begin(loop_core& loop, const std::shared_ptr<job_batch>& batch, std::size_t first,
                     std::size_t end) {
        auto jobs = std::make_shared<part>();
        for (std::size_t i = first; i != end; ++i) {
            if (batch->entries_[i].listener != nullptr) jobs->add(i, batch->entries_[i].job);
        }
        if (jobs->empty()) return 0;
        auto self = std::make_unique<trip>(loop, batch, first, end, jobs);
        const int status = self->request_.run(loop, *self, std::move(jobs));
        if (status == 0) (void)self.release();
        return status;
    }

    // What a worker has: it may still be at it when the batch has gone.
    class part final : public pool_job {
    public:
        void add(std::size_t place, std::shared_ptr<whole_file_job> job) {
            jobs_.push_back({place, std::move(job)});
        }
        [[nodiscard]] bool empty() const noexcept { return jobs_.empty(); }

        void run() noexcept override {
            const std::int64_t began = steady_now();
            do {
                jobs_[ran_++].job->run();
                took_ = steady_now() - began;
            } while (ran_ != jobs_.size() && took_ < longest_trip);
        }

        [[nodiscard]] std::int64_t time_per_job() const noexcept {
            return took_ / static_cast<std::int64_t>(ran_);
        }
        // The first that has not run, or `end`.
        [[nodiscard]] std::size_t ran_to(std::size_t end) const noexcept {
            return ran_ == jobs_.size() ? end : jobs_[ran_].place;
        }

    private:
        struct one {
            std::size_t place;
            std::shared_ptr<whole_file_job> job;
        };
        std::vector<one> jobs_;
        std::size_t ran_ = 0;
        std::int64_t took_ = 0;
    };

    trip(loop_core& loop, std::shared_ptr<job_batch> batch, std::size_t first, std::size_t end,
         std::shared_ptr<const part> jobs) noexcept
        : loop_(loop), batch_(std::move(batch)), first_(first), end_(end), jobs_(std::move(jobs)) {}

    void request_done(std::int64_t result) noexcept override {
        if (result < 0) {
            tell(*batch_, first_, end_, result);
        } else {
            time_per_job += (jobs_->time_per_job() - time_per_job) / 4;
            const std::size_t rest = jobs_->ran_to(end_);
            tell(*batch_, first_, rest, 0);
            if (rest != end_) batch_->send(loop_, batch_, rest, end_);
        }
        delete this;
    }

    static void tell(job_batch& batch, std::size_t first, std::size_t end,
                     std::int64_t result) noexcept {
        for (std::size_t i = first; i != end; ++i) {
            entry& each = batch.entries_[i];
            each.job.reset();
            if (request_listener* const hears = std::exchange(each.listener, nullptr))
                hears->request_done(result);
        }
    }

private:
    loop_core& loop_;
    std::shared_ptr<job_batch> batch_;
    std::size_t first_;
    std::size_t end_;
    std::shared_ptr<const part> jobs_;
    request request_;
};

struct job_batch::departure final : posted_work {
    departure(loop_core& on, std::shared_ptr<job_batch> what) : loop(on), batch(std::move(what)) {}
    departure(const departure&) = delete;
    departure& operator=(const departure&) = delete;
    ~departure() override { close_batch(); }

    void run() override {
        close_batch();
        batch->send(loop, batch, 0, batch->entries_.size());
    }

    void close_batch() const noexcept {
        if (loop.open_batch == batch.get()) loop.open_batch = nullptr;
    }

    loop_core& loop;
    std::shared_ptr<job_batch> batch;
};

std::shared_ptr<job_batch> job_batch::add(loop_core& loop, request_listener& listener,
                                          std::shared_ptr<whole_file_job> job, std::size_t& place) {
    const bool is_new = loop.open_batch == nullptr;
    std::shared_ptr<job_batch> batch =
        is_new ? std::make_shared<job_batch>() : loop.open_batch->shared_from_this();
    place = batch->entries_.size();
    batch->entries_.push_back({&listener, std::move(job)});
    if (is_new) {
        loop.post(std::make_unique<departure>(loop, batch));
        loop.open_batch = batch.get();
    }
    return batch;
}

void job_batch::send(loop_core& loop, const std::shared_ptr<job_batch>& self, std::size_t first,
                     std::size_t end) noexcept {
    const std::size_t count = end - first;
    const auto work = static_cast<std::int64_t>(count) * time_per_job;
    const std::size_t trips = std::clamp<std::size_t>(static_cast<std::size_t>(work / least_work),
                                                      1, std::min(count, most_trips));
    for (std::size_t i = 0; i != trips; ++i) {
        const std::size_t from = first + count * i / trips;
        const std::size_t to = first + count * (i + 1) / trips;
        const int status = start_request([&] { return trip::begin(loop, self, from, to); });
        if (status < 0) trip::tell(*this, from, to, status);
    }
}

} // namespace simul::detail
