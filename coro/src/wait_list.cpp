#include <simul/coro/detail/wait_list.hpp>

#include <simul/loop/detail/log_text.hpp>

#include <cstdlib>
#include <stdexcept>

namespace simul::detail {

void waiting_operation::cancel() noexcept {
    leave();
    end(ending::cancelled);
}

void waiting_operation::describe(std::string& out) const {
    out += list_ != nullptr ? list_->what() : "something that has been destroyed";
}

void waiting_operation::move_to(wait_list& list) noexcept {
    leave();
    list.push(*this);
}

void waiting_operation::leave() noexcept {
    if (list_ != nullptr) list_->remove(*this);
}

void wait_list::remove(waiting_operation& gone) noexcept {
    waiting_operation* const before = gone.previous_;
    waiting_operation* const after = gone.next_;
    (before != nullptr ? before->next_ : first_) = after;
    (after != nullptr ? after->previous_ : last_) = before;
    gone.list_ = nullptr;
    --size_;
}

// While the loop of those who wait is running, only its own thread may come here.
void wait_list::check_thread() const noexcept {
    const loop_core& loop = *first_->parked()->loop;
    if (!loop.is_running() || loop_core::current() == &loop) return;
    const std::string what = text_of([this](std::string& text) {
        text.append("tasks that wait for ").append(what_).append(" were woken");
    });
    loop.check_thread(what.c_str());
}

void wait_list::throw_other_loop() const {
    throw std::logic_error(std::string("simul: tasks of another loop wait for this already (") +
                           what_ + "): what tasks share belongs to one loop");
}

void destroyed_in_use(const char* message) noexcept {
    log(log_level::error, message);
    std::abort();
}

} // namespace simul::detail
