#pragma once

#include <simul/loop/detail/operation.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace simul::detail {

/// Deadlines in nanoseconds, kept in the nodes themselves: nothing is allocated, starting and
/// cancelling are O(1), and nodes expire in the order of their deadlines, equal ones first-in
/// first-out.
///
/// Time is cut into ticks of 65.5 us. Eight levels of 64 slots cover every 64-bit deadline; a slot
/// of level n spans 64^n ticks and is spread over the levels below when time reaches it. The
/// current tick's nodes stand in `due_`, sorted by deadline; what arrives there out of order waits
/// in `arrived_` and is sorted in when the first of it expires. Nodes that have no deadline yet
/// stand in `undated_`.
class SIMUL_API timing_wheel {
public:
    explicit timing_wheel(std::int64_t now) noexcept;
    timing_wheel(const timing_wheel&) = delete;
    timing_wheel& operator=(const timing_wheel&) = delete;

    void insert(timed_operation& node) noexcept {
        const std::uint64_t tick = tick_of(node.deadline);
        if (tick > current_) [[likely]] {
            append(slot_for(tick), node);
        } else {
            insert_due(node);
        }
        ++size_;
    }

    /// For a node whose deadline is negative: it is to expire so long after the time that `date` is
    /// given next.
    void insert_undated(timed_operation& node) noexcept {
        append(undated_, node);
        ++size_;
    }
    [[nodiscard]] bool has_undated() const noexcept { return undated_.next != &undated_; }
    void date(std::int64_t now) noexcept;

    /// Takes the node out; harmless when it is in no list.
    void erase(timed_operation& node) noexcept {
        if (node.next == nullptr) return;
        node.previous->next = node.next;
        node.next->previous = node.previous;
        if (node.next == node.previous) clear_if_slot(node.next);
        node.next = node.previous = nullptr;
        --size_;
    }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// When to look again: never later than the earliest deadline, mostly equal to it. Call on a
    /// wheel that is not empty and has no last ones and no undated ones.
    [[nodiscard]] std::int64_t next_wake() const noexcept;

    /// Expires, in order, every node whose deadline is not after `now`; true when there was one.
    bool expire(std::int64_t now) noexcept;

    /// For a node that has just expired: it expires once more in `expire_last_ones`, which comes
    /// when those that expired with it have had a turn.
    void expire_last(timed_operation& node) noexcept {
        append(last_, node);
        ++size_;
    }
    [[nodiscard]] bool has_last() const noexcept { return last_.next != &last_; }
    void expire_last_ones() noexcept;

private:
    static constexpr unsigned tick_bits = 16;
    static constexpr unsigned level_bits = 6;
    static constexpr unsigned level_count = 8;
    static constexpr std::size_t slots_per_level = std::size_t{1} << level_bits;

    static std::uint64_t tick_of(std::int64_t deadline) noexcept {
        return deadline <= 0 ? 0 : static_cast<std::uint64_t>(deadline) >> tick_bits;
    }

    timer_links& slot_for(std::uint64_t tick) noexcept {
        const std::uint64_t differing = (tick ^ current_) | 1;
        const auto level = (63U - static_cast<unsigned>(std::countl_zero(differing))) / level_bits;
        const std::size_t index = (tick >> (level * level_bits)) % slots_per_level;
        occupied_[level] |= std::uint64_t{1} << index;
        return slots_[level * slots_per_level + index];
    }

    static void append(timer_links& list, timer_links& node) noexcept {
        node.previous = list.previous;
        node.next = &list;
        list.previous->next = &node;
        list.previous = &node;
    }

    void clear_if_slot(const timer_links* list) noexcept {
        // Unsigned arithmetic maps every address that is no slot's beyond the last slot.
        const auto offset = reinterpret_cast<std::uintptr_t>(list) -
                            reinterpret_cast<std::uintptr_t>(slots_.data());
        if (offset >= sizeof(slots_)) return;
        const std::size_t slot = offset / sizeof(timer_links);
        occupied_[slot / slots_per_level] &= ~(std::uint64_t{1} << (slot % slots_per_level));
    }

    struct position {
        unsigned level;
        std::size_t index;
        std::uint64_t first_tick;
    };
    [[nodiscard]] position earliest_slot() const noexcept;
    void insert_due(timed_operation& node) noexcept;
    void merge_arrived() noexcept;
    void advance(std::uint64_t tick) noexcept;

    std::uint64_t current_; // no node outside of due_ belongs to an earlier tick
    std::size_t size_ = 0;
    timer_links due_;
    timer_links last_; // of the nodes that are due, those that come a turn after all others
    timer_links arrived_;
    timer_links undated_;
    std::int64_t first_arrived_ = 0; // not after any deadline in arrived_
    std::array<std::uint64_t, level_count> occupied_{};
    std::array<timer_links, level_count * slots_per_level> slots_;
};

} // namespace simul::detail
