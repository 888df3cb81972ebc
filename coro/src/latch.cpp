#include <simul/coro/latch.hpp>

#include <stdexcept>

namespace simul {

void latch::count_down(std::size_t n) {
    if (n > left_) {
        throw std::logic_error("simul: a latch was counted down by " + std::to_string(n) +
                               " with only " + std::to_string(left_) + " left");
    }
    left_ -= n;
    if (left_ == 0) waiting_.wake_all();
}

namespace detail {

void latch_operation::describe(std::string& out) const {
    waiting_operation::describe(out);
    if (stands_in_list()) out.append(", ").append(std::to_string(latch_->left())).append(" left");
}

} // namespace detail
} // namespace simul
