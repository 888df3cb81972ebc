#include <simul/coro/condition.hpp>

#include <stdexcept>
#include <utility>

namespace simul {
namespace detail {

condition_operation::~condition_operation() {
    if (mutex_ == nullptr) return;
    if (is_served()) {
        mutex_->release();
    } else if (!wants_lock_) {
        --mutex_->borrowers_;
    }
}

bool condition_operation::start(waiter& by, std::coroutine_handle<> at) {
    if (!*lock_) {
        throw std::logic_error("simul: condition::wait() with a lock that holds no mutex");
    }
    if (!wait_in(condition_->waiting_, by, at)) {
        is_cancelled_ = true;
        return false;
    }
    // From here on this operation answers for the lock, so that a coroutine that is destroyed does
    // not release what it does not hold.
    mutex_ = std::exchange(lock_->mutex_, nullptr);
    ++mutex_->borrowers_;
    mutex_->release();
    return true;
}

void condition_operation::cancel() noexcept {
    if (wants_lock_) return;
    is_cancelled_ = true;
    leave();
    if (mutex_ != nullptr) {
        want_lock();
    } else {
        end(ending::cancelled);
    }
}

void condition_operation::want_lock() noexcept {
    wants_lock_ = true;
    --mutex_->borrowers_;
    if (mutex_->try_acquire()) {
        wake();
    } else {
        move_to(mutex_->waiting_);
    }
}

void condition_operation::forsake() noexcept { --std::exchange(mutex_, nullptr)->borrowers_; }

void condition_operation::finish() {
    wants_lock_ = false;
    if (mutex_ != nullptr) *lock_ = mutex_lock(*std::exchange(mutex_, nullptr));
    (void)take_ending();
    if (std::exchange(is_cancelled_, false)) throw cancelled{};
}

} // namespace detail

condition::~condition() {
    while (!waiting_.empty()) {
        static_cast<detail::condition_operation&>(waiting_.pop()).forsake();
    }
}

void condition::notify(std::size_t count) noexcept {
    for (; count > 0 && !waiting_.empty(); --count) {
        static_cast<detail::condition_operation&>(waiting_.pop()).notify();
    }
}

} // namespace simul
