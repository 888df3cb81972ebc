#pragma once

namespace simul::detail {

/// What stands in a ring derives from this. It has a value while it does.
struct ring_link {
    ring_link* ring_next;
    ring_link* ring_previous;
};

/// A list of objects that it does not own. The ends are joined by a link of its own, so that none
/// is a special case.
template <class T>
class ring {
public:
    ring() noexcept : head_{&head_, &head_} {}
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;

    [[nodiscard]] bool empty() const noexcept { return head_.ring_next == &head_; }
    [[nodiscard]] T& front() const noexcept { return static_cast<T&>(*head_.ring_next); }
    /// Null behind the last one.
    [[nodiscard]] T* after(const T& one) const noexcept {
        ring_link* const next = static_cast<const ring_link&>(one).ring_next;
        return next != &head_ ? static_cast<T*>(next) : nullptr;
    }
    [[nodiscard]] T* first() const noexcept { return empty() ? nullptr : &front(); }

    void push_back(T& one) noexcept {
        ring_link& link = one;
        link.ring_next = &head_;
        link.ring_previous = head_.ring_previous;
        head_.ring_previous->ring_next = &link;
        head_.ring_previous = &link;
    }
    /// From the ring in which it stands.
    static void remove(T& one) noexcept {
        ring_link& link = one;
        link.ring_previous->ring_next = link.ring_next;
        link.ring_next->ring_previous = link.ring_previous;
    }

private:
    ring_link head_;
};

} // namespace simul::detail
