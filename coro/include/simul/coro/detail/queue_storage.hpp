#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace simul::detail {

/// First in, first out: a ring that grows and never shrinks.
template <class T>
class ring_storage {
public:
    ring_storage() noexcept = default;
    ring_storage(const ring_storage&) = delete;
    ring_storage& operator=(const ring_storage&) = delete;
    ~ring_storage() {
        for (; begin_ != end_; ++begin_) std::destroy_at(slot(begin_));
        release(slots_, room());
    }

    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }

    void push(T&& item) {
        if (size() == room()) [[unlikely]]
            grow();
        std::construct_at(slot(end_), std::move(item));
        ++end_;
    }
    T pop() noexcept {
        T* const from = slot(begin_);
        ++begin_;
        T item = std::move(*from);
        std::destroy_at(from);
        return item;
    }

private:
    // The indices only grow; unsigned, they may wrap around.
    [[nodiscard]] T* slot(std::size_t index) const noexcept { return slots_ + (index & mask_); }
    [[nodiscard]] std::size_t room() const noexcept { return slots_ != nullptr ? mask_ + 1 : 0; }

    static void release(T* slots, std::size_t room) noexcept {
        if (slots != nullptr) std::allocator<T>().deallocate(slots, room);
    }

    [[gnu::noinline]] void grow() {
        constexpr std::size_t least = 16;
        const std::size_t more = std::max(least, room() * 2);
        T* const to = std::allocator<T>().allocate(more);
        const std::size_t count = size();
        for (std::size_t i = 0; i < count; ++i) {
            T* const from = slot(begin_ + i);
            std::construct_at(to + i, std::move(*from));
            std::destroy_at(from);
        }
        release(std::exchange(slots_, to), room());
        mask_ = more - 1;
        begin_ = 0;
        end_ = count;
    }

    T* slots_ = nullptr;
    std::size_t mask_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// Last in, first out.
template <class T>
class stack_storage {
public:
    [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

    void push(T&& item) { items_.push_back(std::move(item)); }
    T pop() noexcept {
        T item = std::move(items_.back());
        items_.pop_back();
        return item;
    }

private:
    std::vector<T> items_;
};

/// The least first, and of equal ones the one that came first.
template <class T, class Compare>
class heap_storage {
public:
    explicit heap_storage(Compare less = Compare()) : after_{std::move(less)} {}

    [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

    void push(T&& item) {
        items_.push_back(entry{std::move(item), pushed_++});
        std::push_heap(items_.begin(), items_.end(), after_);
    }
    T pop() noexcept {
        std::pop_heap(items_.begin(), items_.end(), after_);
        T item = std::move(items_.back().item);
        items_.pop_back();
        return item;
    }

private:
    struct entry {
        T item;
        std::uint64_t number;
    };
    struct comes_after {
        [[no_unique_address]] Compare less;

        bool operator()(const entry& a, const entry& b) const {
            if (less(b.item, a.item)) return true;
            return a.number > b.number && !less(a.item, b.item);
        }
    };

    std::vector<entry> items_;
    std::uint64_t pushed_ = 0;
    [[no_unique_address]] comes_after after_;
};

} // namespace simul::detail
