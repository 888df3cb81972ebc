#include <simul/coro/detail/gate.hpp>
#include <simul/gen/detail/completions.hpp>

#include <memory>
#include <string>
#include <utility>

namespace simul::detail {
namespace {

// What the supervising task owns; goes with it, even when that is destroyed by force.
class keeper {
public:
    explicit keeper(std::shared_ptr<completion_set> kept) noexcept : kept_(std::move(kept)) {}
    keeper(keeper&&) noexcept = default;
    keeper& operator=(keeper&&) = delete;
    ~keeper() {
        if (kept_ != nullptr && kept_->running() != 0) kept_->abandon();
    }

    [[nodiscard]] completion_set& set() const noexcept { return *kept_; }

private:
    std::shared_ptr<completion_set> kept_;
};

class all_ended : native_awaiter {
public:
    explicit all_ended(completion_set& set) noexcept : set_(set) {}

    [[nodiscard]] bool await_ready() const noexcept { return set_.running() == 0; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) const noexcept {
        set_.wait_for_all(line_of(awaiting), awaiting);
    }
    static void await_resume() noexcept {}

private:
    completion_set& set_;
};

task<> supervise(keeper kept) { co_await all_ended(kept.set()); }

} // namespace

void completion_set::child_ended(child_line& child) noexcept {
    ended_.push_back(&child);
    --running_;
    if (consumer_ != nullptr && (running_ == 0 || !consumer_->was_cancelled_)) {
        std::exchange(consumer_, nullptr)->complete();
    }
    if (running_ == 0 && parked() != nullptr) complete();
}

void completion_set::wait_for_all(waiter& line, std::coroutine_handle<> at) noexcept {
    park(line, at);
    if (line.cancel_requested) line.loop->cancel_children_of(*this);
}

void completion_set::abandon() noexcept {
    unpark();
    destroy_children();
    running_ = 0;
    ended_.clear();
    taken_ = 0;
    if (next_completion* const consumer = std::exchange(consumer_, nullptr)) {
        consumer->was_cancelled_ = true;
        consumer->complete();
    }
}

void completion_set::describe(std::string& out) const {
    out.append("as_completed of ").append(std::to_string(running_));
    out.append(running_ == 1 ? " running task" : " running tasks");
}

void next_completion::cancel() noexcept {
    was_cancelled_ = true;
    all_.cancel();
}

void next_completion::describe(std::string& out) const {
    out.append("the next of ").append(std::to_string(from_.running()));
    out.append(from_.running() == 1 ? " running task" : " running tasks");
}

supervision::supervision(std::shared_ptr<completion_set> over)
    : over_(std::move(over)), all_(spawn(supervise(keeper(over_)), "as_completed")) {}

supervision::~supervision() {
    if (over_->running() != 0) leave_behind(join_access::state(all_));
}

} // namespace simul::detail
