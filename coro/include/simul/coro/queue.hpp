#pragma once

#include <simul/coro/detail/basic_queue.hpp>
#include <simul/coro/detail/queue_storage.hpp>

#include <cstddef>

namespace simul {

/// A queue between tasks of one loop, first in, first out, with or without a bound on its size.
///
/// Those who wait are served in the order in which they came, and no item gets lost: one that was
/// handed to a task that is cancelled in the same turn is delivered all the same. An operation
/// allocates nothing once the queue has grown to its size, and one that need not wait does not
/// suspend; a loop of such operations gives way to others only where it awaits something else.
///
/// The items need a move constructor that does not throw. A queue belongs to the loop whose tasks
/// use it; tasks that wait at one that is destroyed wait on until they are cancelled.
///
///     simul::queue<item> q(100);
///     co_await q.put(make_item());                         // in one task
///     while (auto next = co_await q.next()) use(*next);    // in another, until q.close()
template <class T>
class queue : public detail::basic_queue<T, detail::ring_storage<T>> {
    using base = detail::basic_queue<T, detail::ring_storage<T>>;

public:
    /// Without a bound: `put` never waits.
    queue() : base(base::unbounded) {}
    /// Holds at most `capacity` items.
    ///
    /// \throws std::invalid_argument    when it is 0.
    explicit queue(std::size_t capacity) : base(detail::checked_capacity(capacity)) {}
};

} // namespace simul
