#pragma once

#include <atomic>
#include <cstdint>

namespace simul::detail {

// Handles and requests are rare enough for process-wide atomics; frames have per-thread counts.
extern constinit std::atomic<std::int64_t> frames_of_ended_threads;
extern constinit std::atomic<std::int64_t> live_handles;
extern constinit std::atomic<std::int64_t> live_requests;

std::int64_t frames_of_this_thread() noexcept;

} // namespace simul::detail
