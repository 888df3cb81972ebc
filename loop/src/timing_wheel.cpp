#include <simul/loop/detail/timing_wheel.hpp>

#include <simul/loop/clock.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace simul::detail {
namespace {

timed_operation& operation_of(timer_links* node) { return *static_cast<timed_operation*>(node); }

// Merges two sorted, null-terminated lists; of equal deadlines those of `a` come first.
timer_links* merge(timer_links* a, timer_links* b) {
    timer_links head;
    timer_links* tail = &head;
    while (a != nullptr && b != nullptr) {
        timer_links*& first = operation_of(b).deadline < operation_of(a).deadline ? b : a;
        tail = tail->next = first;
        first = first->next;
    }
    tail->next = a != nullptr ? a : b;
    return head.next;
}

// A stable bottom-up merge sort: runs_[i] holds 2^i nodes or none.
timer_links* sort(timer_links* list) {
    std::array<timer_links*, 64> runs{};
    while (list != nullptr) {
        timer_links* run = std::exchange(list, list->next);
        run->next = nullptr;
        std::size_t i = 0;
        for (; runs[i] != nullptr; ++i) run = merge(std::exchange(runs[i], nullptr), run);
        runs[i] = run;
    }
    timer_links* all = nullptr;
    for (timer_links* run : runs) {
        if (run != nullptr) all = merge(run, all);
    }
    return all;
}

bool is_sorted(const timer_links* list) {
    auto deadline = std::numeric_limits<std::int64_t>::min();
    for (; list != nullptr; list = list->next) {
        const std::int64_t next = static_cast<const timed_operation*>(list)->deadline;
        if (next < deadline) return false;
        deadline = next;
    }
    return true;
}

} // namespace

timing_wheel::timing_wheel(std::int64_t now) noexcept : current_(tick_of(now)) {
    due_.previous = due_.next = &due_;
    last_.previous = last_.next = &last_;
    arrived_.previous = arrived_.next = &arrived_;
    undated_.previous = undated_.next = &undated_;
    for (timer_links& slot : slots_) slot.previous = slot.next = &slot;
}

timing_wheel::position timing_wheel::earliest_slot() const noexcept {
    // Lower levels are nearer in time, and within a level no slot lies before the current one.
    for (unsigned level = 0; level < level_count; ++level) {
        if (occupied_[level] == 0) continue;
        const auto index = static_cast<std::size_t>(std::countr_zero(occupied_[level]));
        const unsigned shift = level * level_bits;
        const unsigned above = shift + level_bits;
        const std::uint64_t window = above < 64 ? current_ >> above << above : 0;
        return {level, index, window | std::uint64_t{index} << shift};
    }
    return {level_count, 0, std::numeric_limits<std::uint64_t>::max()};
}

std::int64_t timing_wheel::next_wake() const noexcept {
    auto earliest = std::numeric_limits<std::int64_t>::max();
    if (due_.next != &due_) earliest = static_cast<const timed_operation*>(due_.next)->deadline;
    if (arrived_.next != &arrived_) earliest = std::min(earliest, first_arrived_);
    if (due_.next != &due_ || arrived_.next != &arrived_) return earliest;
    const position slot = earliest_slot();
    const timer_links& list = slots_[slot.level * slots_per_level + slot.index];
    // A short slot gives the exact deadline and saves a wake-up; a long one gives its beginning.
    int looked_at = 0;
    for (const timer_links* node = list.next; node != &list; node = node->next) {
        if (++looked_at > 32) return static_cast<std::int64_t>(slot.first_tick << tick_bits);
        earliest = std::min(earliest, static_cast<const timed_operation*>(node)->deadline);
    }
    return earliest;
}

void timing_wheel::insert_due(timed_operation& node) noexcept {
    const bool none_arrived = arrived_.next == &arrived_;
    if (none_arrived &&
        (due_.next == &due_ || operation_of(due_.previous).deadline <= node.deadline)) {
        append(due_, node);
        return;
    }
    // Looking for its place now would make many of these cost the square of their number.
    first_arrived_ = none_arrived ? node.deadline : std::min(first_arrived_, node.deadline);
    append(arrived_, node);
}

void timing_wheel::date(std::int64_t now) noexcept {
    while (has_undated()) {
        timed_operation& first = operation_of(undated_.next);
        erase(first);
        const clock::time_point from{clock::duration(now)};
        first.deadline = later(from, clock::duration(-first.deadline)).time_since_epoch().count();
        insert(first);
    }
}

void timing_wheel::merge_arrived() noexcept {
    const auto take = [](timer_links& list) -> timer_links* {
        if (list.next == &list) return nullptr;
        timer_links* const first = list.next;
        list.previous->next = nullptr;
        list.previous = list.next = &list;
        return first;
    };
    // Of equal deadlines, those that are in due_ came first.
    timer_links* const sorted = sort(take(arrived_));
    for (timer_links* node = merge(take(due_), sorted); node != nullptr;) {
        append(due_, *std::exchange(node, node->next));
    }
}

void timing_wheel::advance(std::uint64_t tick) noexcept {
    for (position slot = earliest_slot(); slot.first_tick <= tick && slot.level < level_count;
         slot = earliest_slot()) {
        timer_links& list = slots_[slot.level * slots_per_level + slot.index];
        timer_links* node = list.next;
        list.previous->next = nullptr;
        list.previous = list.next = &list;
        occupied_[slot.level] &= ~(std::uint64_t{1} << slot.index);
        current_ = slot.first_tick;
        if (slot.level == 0 && !is_sorted(node)) node = sort(node);
        while (node != nullptr) {
            timed_operation& moved = operation_of(std::exchange(node, node->next));
            append(slot.level == 0 ? due_ : slot_for(tick_of(moved.deadline)), moved);
        }
    }
    current_ = std::max(current_, tick);
}

bool timing_wheel::expire(std::int64_t now) noexcept {
    if (size_ == 0) {
        current_ = std::max(current_, tick_of(now));
        return false;
    }
    advance(tick_of(now));
    if (arrived_.next != &arrived_ && first_arrived_ <= now) merge_arrived();
    bool any = false;
    while (due_.next != &due_) {
        timed_operation& first = operation_of(due_.next);
        if (first.deadline > now) break;
        erase(first);
        first.expired();
        any = true;
    }
    return any;
}

void timing_wheel::expire_last_ones() noexcept {
    while (has_last()) {
        timed_operation& first = operation_of(last_.next);
        erase(first);
        first.expired();
    }
}

} // namespace simul::detail
