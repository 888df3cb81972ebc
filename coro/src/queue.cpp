#include <simul/coro/detail/basic_queue.hpp>
#include <simul/coro/queue_closed.hpp>

#include <stdexcept>

namespace simul {

queue_closed::queue_closed() : std::runtime_error("simul: the queue is closed") {}

queue_closed::~queue_closed() = default;

namespace detail {

std::size_t checked_capacity(std::size_t capacity) {
    if (capacity > 0) return capacity;
    throw std::invalid_argument("simul: a queue with room for no item; "
                                "leave the capacity out for one without a bound");
}

void throw_task_done_too_often() {
    throw std::logic_error("simul: task_done() was called more often than items were put");
}

} // namespace detail
} // namespace simul
