#include <simul/loop/accounting.hpp>
#include <simul/loop/detail/frames.hpp>

#include "accounting.hpp"
#include "frame_bin.hpp"

#include <array>
#include <memory>
#include <new>

namespace simul {
namespace detail {

constinit std::atomic<std::int64_t> frames_of_ended_threads{0};
constinit std::atomic<std::int64_t> live_handles{0};
constinit std::atomic<std::int64_t> live_requests{0};

namespace {

constexpr std::size_t bin_count = frame_bin::largest / frame_bin::granule + 1;

constexpr std::size_t bin_of(std::size_t size) {
    return (size + frame_bin::granule - 1) / frame_bin::granule;
}
constexpr std::size_t size_of(std::size_t bin) { return bin * frame_bin::granule; }

struct frame_cache {
    std::array<frame_bin, bin_count> bins{};
    std::int64_t in_heap = 0;

    frame_cache() = default;
    frame_cache(const frame_cache&) = delete;
    frame_cache& operator=(const frame_cache&) = delete;
    ~frame_cache() {
        for (std::size_t n = 1; n < bin_count; ++n) bins[n].abandon(size_of(n));
        frames_of_ended_threads.fetch_add(live(), std::memory_order_relaxed);
    }

    [[nodiscard]] std::int64_t live() const noexcept {
        std::int64_t all = in_heap;
        for (const frame_bin& bin : bins) all += bin.live();
        return all;
    }
};

// A bare pointer keeps the fast path at one load; the owner behind it runs at the thread's end.
// Frames that come and go later still (in the destructors of static objects) find no cache.
[[gnu::tls_model("initial-exec")]] constinit thread_local frame_cache* cache = nullptr;

constinit thread_local bool thread_ended = false;

struct cache_owner {
    std::unique_ptr<frame_cache> owned = std::make_unique<frame_cache>();

    cache_owner() { cache = owned.get(); }
    cache_owner(const cache_owner&) = delete;
    cache_owner& operator=(const cache_owner&) = delete;
    ~cache_owner() {
        cache = nullptr;
        thread_ended = true;
    }
};

frame_cache* make_cache() {
    if (thread_ended) return nullptr;
    static thread_local cache_owner owner;
    return owner.owned.get();
}

constexpr bool is_binned([[maybe_unused]] std::size_t size) {
#if SIMUL_PLAIN_FRAMES
    return false;
#else
    return size <= frame_bin::largest;
#endif
}

[[gnu::noinline]] void* allocate_slowly(std::size_t size) {
    frame_cache* const c = cache != nullptr ? cache : make_cache();
    const std::size_t n = bin_of(size);
    void* memory = nullptr;
    if (!is_binned(size)) {
        memory = ::operator new(size);
        if (c != nullptr) ++c->in_heap;
    } else if (c != nullptr) {
        memory = c->bins[n].pop();
        if (memory == nullptr) memory = c->bins[n].make(size_of(n));
    } else {
        memory = frame_bin::make_orphan(size_of(n));
    }
    if (c == nullptr) frames_of_ended_threads.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

[[gnu::noinline]] void deallocate_slowly(void* frame, std::size_t size) noexcept {
    frame_cache* const c = cache;
    if (c == nullptr) frames_of_ended_threads.fetch_sub(1, std::memory_order_relaxed);
    if (!is_binned(size)) {
        ::operator delete(frame);
        if (c != nullptr) --c->in_heap;
    } else if (c != nullptr) {
        c->bins[bin_of(size)].shrink(size_of(bin_of(size)));
    } else {
        frame_bin::push_orphan(frame, size_of(bin_of(size)));
    }
}

} // namespace

std::int64_t frames_of_this_thread() noexcept { return cache != nullptr ? cache->live() : 0; }

void* allocate_frame(std::size_t size) {
    if (frame_cache* const c = cache; c != nullptr && is_binned(size)) [[likely]] {
        if (void* const frame = c->bins[bin_of(size)].pop()) [[likely]]
            return frame;
    }
    return allocate_slowly(size);
}

void deallocate_frame(void* frame, std::size_t size) noexcept {
    if (frame_cache* const c = cache; c != nullptr && is_binned(size)) [[likely]] {
        if (c->bins[bin_of(size)].push(frame)) [[likely]]
            return;
    }
    deallocate_slowly(frame, size);
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
