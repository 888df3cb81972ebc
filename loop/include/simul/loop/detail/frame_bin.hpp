#pragma once

#include <simul/loop/config.hpp>

#include <cstddef>
#include <cstdint>
#include <new>

namespace simul::detail {

/// A frame that nobody uses.
struct free_frame {
    free_frame* next;
};

/// The free frames of one size that one thread keeps. New ones are cut from slabs of 64 KiB: a
/// frame has no header, and its size is not rounded as a heap would round it. A slab goes back to
/// the system when all its frames have come together in one bin.
///
/// Frames may be freed on another thread than the one that made them, and outlive both.
class SIMUL_API frame_bin {
public:
    static constexpr std::size_t granule = 16;
    static constexpr std::size_t largest = 1024;

    void* pop() noexcept {
        free_frame* const popped = first_;
        if (popped != nullptr) [[likely]] {
            first_ = popped->next;
            --count_;
        }
        return popped;
    }

    /// False when it is time to shrink.
    bool push(void* frame) noexcept {
        first_ = ::new (frame) free_frame{first_};
        return ++count_ != look_at_;
    }

    /// A frame for a bin that is empty.
    /// \throws std::bad_alloc    when the system has no memory.
    void* make(std::size_t frame_size);

    /// Gives back slabs of which every frame is here, but keeps some. The next time comes when
    /// there are twice as many frames here, or when all are, so the cost of one frame does not grow
    /// with their number.
    void shrink(std::size_t frame_size) noexcept;

    /// Leaves everything to other threads, or to the system.
    void abandon(std::size_t frame_size) noexcept;

    /// Frames that were taken here and not returned here: below zero when those of other threads
    /// were returned.
    [[nodiscard]] std::int64_t live() const noexcept {
        return made_ - static_cast<std::int64_t>(count_);
    }

    /// The same for a thread that has no bins any more.
    static void* make_orphan(std::size_t frame_size);
    static void push_orphan(void* frame, std::size_t frame_size) noexcept;

private:
    void adopt(std::size_t frame_size) noexcept;
    void give_back_slabs(std::size_t keep) noexcept;

    free_frame* first_ = nullptr;
    std::size_t count_ = 0;
    std::size_t limit_ = 0;
    std::size_t look_at_ = 1; // so many frames call for a look
    std::int64_t made_ = 0;
    std::byte* uncut_ = nullptr; // what is left of the newest slab
    std::byte* uncut_end_ = nullptr;
};

} // namespace simul::detail
