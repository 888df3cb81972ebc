#pragma once

#include <simul/coro/detail/basic_queue.hpp>
#include <simul/coro/detail/queue_storage.hpp>

#include <cstddef>

namespace simul {

/// A `queue` that gives out the newest item first. Tasks that wait are served in the order in which
/// they came nevertheless.
template <class T>
class lifo_queue : public detail::basic_queue<T, detail::stack_storage<T>> {
    using base = detail::basic_queue<T, detail::stack_storage<T>>;

public:
    /// Without a bound: `put` never waits.
    lifo_queue() : base(base::unbounded) {}
    /// Holds at most `capacity` items.
    ///
    /// \throws std::invalid_argument    when it is 0.
    explicit lifo_queue(std::size_t capacity) : base(detail::checked_capacity(capacity)) {}
};

} // namespace simul
