#pragma once

#include "whole_file_job.hpp"

#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/detail/request.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace simul::detail {

/// Jobs on whole files that were started in one turn. They go to the pool together, several at a
/// time: waking a worker, and the loop when it has ended, costs more than reading a small file. How
/// many share one depends on how long the last ones took.
class job_batch : public std::enable_shared_from_this<job_batch> {
public:
    /// Adds a job to the batch of the loop that runs here, which is sent off between two turns. The
    /// listener hears of the job's end, with 0, or with a negative errno if it never began.
    ///
    /// \throws std::bad_alloc, std::runtime_error    when it was not added.
    static std::shared_ptr<job_batch> add(loop_core& loop, request_listener& listener,
                                          std::shared_ptr<whole_file_job> job, std::size_t& place);

    /// Nobody listens for the job at that place any more; the job must know that it is to stop.
    void forget(std::size_t place) noexcept { entries_[place].listener = nullptr; }

private:
    struct entry {
        request_listener* listener;
        std::shared_ptr<whole_file_job> job;
    };
    class trip;
    struct departure;

    void send(loop_core& loop, const std::shared_ptr<job_batch>& self, std::size_t first,
              std::size_t end) noexcept;

    std::vector<entry> entries_;
};

} // namespace simul::detail
