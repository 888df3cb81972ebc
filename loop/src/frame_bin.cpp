#include <simul/loop/detail/frame_bin.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <mutex>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace simul::detail {
namespace {

constexpr std::size_t slab_size = std::size_t{1} << 16;
constexpr std::size_t slab_header = 64;
constexpr std::size_t kept_slabs = 16; // by each bin, with all their frames free
constexpr std::uint32_t is_going = std::numeric_limits<std::uint32_t>::max();

// Begins at a multiple of its size, so that each frame knows its slab.
struct slab {
    std::atomic<std::uint32_t> frames{0}; // how many it was cut into; 0 while that goes on
    std::uint32_t found = 0;              // of these, in the bin that is being looked through
    slab* next = nullptr;

    std::byte* begin() noexcept { return reinterpret_cast<std::byte*>(this) + slab_header; }
    std::byte* end() noexcept { return reinterpret_cast<std::byte*>(this) + slab_size; }
};
static_assert(sizeof(slab) <= slab_header);

slab& slab_of(void* frame) noexcept {
    const auto offset = reinterpret_cast<std::uintptr_t>(frame) % slab_size;
    return *reinterpret_cast<slab*>(static_cast<std::byte*>(frame) - offset);
}

// What threads share. The lock also keeps two of them from counting the frames of one slab at the
// same time.
struct depot {
    std::mutex mutex;
    std::byte* unused = nullptr; // what is left of the newest mapping
    std::byte* unused_end = nullptr;
    std::array<free_frame*, frame_bin::largest / frame_bin::granule + 1> orphans{};
};
constinit depot shared;

// With the lock held.
slab* map_slab() {
    // Several at a time: a mapping is aligned to pages only, and the rest is cut off.
    constexpr std::size_t at_once = slab_size * 16;
    if (shared.unused == shared.unused_end) {
        void* const mapped = ::mmap(nullptr, at_once + slab_size, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) throw std::bad_alloc();
        auto* const begin = static_cast<std::byte*>(mapped);
        const std::size_t before =
            (slab_size - reinterpret_cast<std::uintptr_t>(mapped) % slab_size) % slab_size;
        if (before != 0) ::munmap(begin, before);
        shared.unused = begin + before;
        shared.unused_end = shared.unused + at_once;
        if (before != slab_size) ::munmap(shared.unused_end, slab_size - before);
    }
    return ::new (std::exchange(shared.unused, shared.unused + slab_size)) slab;
}

} // namespace

void* frame_bin::make(std::size_t frame_size) {
    if (uncut_ == uncut_end_) {
        const std::lock_guard lock(shared.mutex);
        adopt(frame_size);
        if (void* const frame = pop()) return frame;
        slab* const fresh = map_slab();
        uncut_ = fresh->begin();
        uncut_end_ = uncut_ + (slab_size - slab_header) / frame_size * frame_size;
    }
    void* const frame = std::exchange(uncut_, uncut_ + frame_size);
    ++made_;
    if (uncut_ == uncut_end_) {
        const auto cut = static_cast<std::uint32_t>((slab_size - slab_header) / frame_size);
        slab_of(frame).frames.store(cut, std::memory_order_relaxed);
    }
    return frame;
}

void frame_bin::adopt(std::size_t frame_size) noexcept {
    for (free_frame* each = std::exchange(shared.orphans[frame_size / granule], nullptr);
         each != nullptr;) {
        push(std::exchange(each, each->next));
        ++made_;
    }
}

void frame_bin::shrink(std::size_t frame_size) noexcept {
    const std::size_t least = kept_slabs * slab_size / frame_size;
    const bool all_are_here = live() == 0;
    if (count_ > least && (all_are_here || count_ >= limit_)) {
        // Half of what was needed at once may be needed again.
        const std::size_t half = all_are_here ? count_ * frame_size / slab_size / 2 : 0;
        const std::lock_guard lock(shared.mutex);
        give_back_slabs(std::max(kept_slabs, half));
        limit_ = 2 * count_;
    }
    limit_ = std::max(limit_, least + 1);
    // When all are here is known from their number, as long as no others are made.
    const auto all = static_cast<std::size_t>(std::max<std::int64_t>(made_, 0));
    look_at_ = all > least ? std::min(limit_, all) : limit_;
}

void frame_bin::give_back_slabs(std::size_t keep) noexcept {
    for (free_frame* each = first_; each != nullptr; each = each->next) ++slab_of(each).found;
    slab* going = nullptr;
    free_frame** tail = &first_;
    for (free_frame* each = first_; each != nullptr; each = each->next) {
        slab& owner = slab_of(each);
        if (owner.found == owner.frames.load(std::memory_order_relaxed)) {
            if (keep > 0) {
                --keep;
            } else {
                owner.found = is_going;
                owner.next = std::exchange(going, &owner);
            }
        }
        if (owner.found == is_going) {
            --count_;
            --made_;
        } else {
            --owner.found; // back to nothing, when all of them have been seen
            *tail = each;
            tail = &each->next;
        }
    }
    *tail = nullptr;
    while (going != nullptr) ::munmap(std::exchange(going, going->next), slab_size);
}

void frame_bin::abandon(std::size_t frame_size) noexcept {
    if (first_ == nullptr && uncut_ == uncut_end_) return;
    const std::lock_guard lock(shared.mutex);
    if (uncut_ != uncut_end_) {
        slab& newest = slab_of(uncut_);
        const auto cut = static_cast<std::size_t>(uncut_ - newest.begin()) / frame_size;
        newest.frames.store(static_cast<std::uint32_t>(cut), std::memory_order_relaxed);
        uncut_ = uncut_end_;
    }
    give_back_slabs(0);
    free_frame*& orphans = shared.orphans[frame_size / granule];
    while (void* const frame = pop()) {
        --made_;
        orphans = ::new (frame) free_frame{orphans};
    }
}

void* frame_bin::make_orphan(std::size_t frame_size) {
    frame_bin passing;
    void* const frame = passing.make(frame_size);
    passing.abandon(frame_size);
    return frame;
}

void frame_bin::push_orphan(void* frame, std::size_t frame_size) noexcept {
    frame_bin passing;
    passing.push(frame);
    passing.abandon(frame_size);
}

} // namespace simul::detail
