#pragma once

#include <simul/coro/detail/basic_queue.hpp>
#include <simul/coro/detail/queue_storage.hpp>

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace simul {

/// A `queue` that gives out the least item first, and equal ones in the order in which they came:
/// priority 0 goes before 1, an earlier deadline before a later one, as in Python. That is the
/// reverse of `std::priority_queue`, which with the same `std::less` gives out the greatest.
///
/// `Compare` must not throw. Items are moved about by assignment, too.
///
///     simul::priority_queue<std::pair<int, std::string>> q;
///     co_await q.put({0, "first"});
template <class T, class Compare = std::less<T>>
class priority_queue : public detail::basic_queue<T, detail::heap_storage<T, Compare>> {
    static_assert(std::is_nothrow_move_assignable_v<T>,
                  "the items of a priority_queue are moved about by assignment, which must not "
                  "throw; else queue a std::unique_ptr and compare what it points to");
    using storage = detail::heap_storage<T, Compare>;
    using base = detail::basic_queue<T, storage>;

public:
    /// Without a bound: `put` never waits.
    priority_queue() : priority_queue(Compare()) {}
    explicit priority_queue(Compare less) : base(base::unbounded, storage(std::move(less))) {}
    /// Holds at most `capacity` items.
    ///
    /// \throws std::invalid_argument    when it is 0.
    explicit priority_queue(std::size_t capacity, Compare less = Compare())
        : base(detail::checked_capacity(capacity), storage(std::move(less))) {}
};

} // namespace simul
