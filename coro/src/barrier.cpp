#include <simul/coro/barrier.hpp>

#include <stdexcept>

namespace simul {

barrier::barrier(std::size_t parties) : parties_(parties) {
    if (parties == 0) throw std::invalid_argument("simul: a barrier for no parties");
}

void barrier::wake_all() noexcept {
    for (std::size_t place = 0; !waiting_.empty(); ++place) {
        auto& next = static_cast<detail::barrier_operation&>(waiting_.pop());
        next.place_ = place;
        next.wake();
    }
}

namespace detail {

void barrier_operation::describe(std::string& out) const {
    waiting_operation::describe(out);
    if (!stands_in_list()) return;
    out.append(", ").append(std::to_string(barrier_->waiting()));
    out.append(" of ").append(std::to_string(barrier_->parties())).append(" have come");
}

} // namespace detail
} // namespace simul
