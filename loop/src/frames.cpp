#include <simul/loop/accounting.hpp>
#include <simul/loop/detail/frames.hpp>

#include "accounting.hpp"

#include <memory>
#include <new>

namespace simul {
namespace detail {

constinit std::atomic<std::int64_t> frames_of_ended_threads{0};
constinit std::atomic<std::int64_t> live_handles{0};
constinit std::atomic<std::int64_t> live_requests{0};

namespace {

constexpr std::size_t size_of(std::size_t bin) { return bin * frame_bin::granule; }

} // namespace

[[gnu::tls_model("initial-exec")]] constinit thread_local frame_cache* frames_here = nullptr;

frame_cache::~frame_cache() {
    for (std::size_t n = 1; n < bins.size(); ++n) bins[n].abandon(size_of(n));
    frames_of_ended_threads.fetch_add(live(), std::memory_order_relaxed);
}

std::int64_t frame_cache::live() const noexcept {
    std::int64_t all = in_heap;
    for (const frame_bin& bin : bins) all += bin.live();
    return all;
}

namespace {

constinit thread_local bool thread_ended = false;

struct cache_owner {
    std::unique_ptr<frame_cache> owned = std::make_unique<frame_cache>();

    cache_owner() { frames_here = owned.get(); }
    cache_owner(const cache_owner&) = delete;
    cache_owner& operator=(const cache_owner&) = delete;
    ~cache_owner() {
        frames_here = nullptr;
        thread_ended = true;
    }
};

frame_cache* make_cache() {
    if (thread_ended) return nullptr;
    static thread_local cache_owner owner;
    return owner.owned.get();
}

} // namespace

std::int64_t frames_of_this_thread() noexcept {
    return frames_here != nullptr ? frames_here->live() : 0;
}

void* allocate_frame_slowly(std::size_t size, plain_frames) {
    frame_cache* const cache = frames_here != nullptr ? frames_here : make_cache();
    const std::size_t n = frame_cache::bin_of(size);
    void* memory = nullptr;
    if (!frame_cache::holds(size)) {
        memory = ::operator new(size);
        if (cache != nullptr) ++cache->in_heap;
    } else if (cache != nullptr) {
        memory = cache->bins[n].pop();
        if (memory == nullptr) memory = cache->bins[n].make(size_of(n));
    } else {
        memory = frame_bin::make_orphan(size_of(n));
    }
    if (cache == nullptr) frames_of_ended_threads.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

void deallocate_frame_slowly(void* frame, std::size_t size, plain_frames) noexcept {
    frame_cache* const cache = frames_here;
    const std::size_t n = frame_cache::bin_of(size);
    if (cache == nullptr) frames_of_ended_threads.fetch_sub(1, std::memory_order_relaxed);
    if (!frame_cache::holds(size)) {
        ::operator delete(frame);
        if (cache != nullptr) --cache->in_heap;
    } else if (cache != nullptr) {
        cache->bins[n].shrink(size_of(n));
    } else {
        frame_bin::push_orphan(frame, size_of(n));
    }
}

} // namespace detail

usage current_usage() noexcept {
    return {
        .frames = detail::frames_of_ended_threads.load(std::memory_order_relaxed) +
                  detail::frames_of_this_thread(),
        .handles = detail::live_handles.load(std::memory_order_relaxed),
        .requests = detail::live_requests.load(std::memory_order_relaxed),
    };
}

} // namespace simul
