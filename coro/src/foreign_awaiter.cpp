#include <simul/coro/detail/foreign_awaiter.hpp>

#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/log.hpp>

#include <cstdlib>
#include <stdexcept>

namespace simul::detail {

void foreign_operation::resume(frame* of) {
    foreign_operation& self = *of->self;
    if (self.parked() == nullptr) return; // a second time
    self.parked()->loop->check_thread("a coroutine was resumed");
    self.complete();
}

void foreign_operation::destroy(frame*) {
    log(log_level::error, "simul: an awaiter destroyed the coroutine that waits for it, which "
                          "belongs to whoever awaits that; it may only resume it");
    std::abort();
}

bool foreign_operation::go_on() noexcept {
    if (parked() == nullptr) return false;
    parked()->resume_point = nullptr;
    unpark();
    return true;
}

void foreign_operation::fail() noexcept {
    if (go_on()) return;
    // Resumed and failed: the exception is the news.
    loop_core& loop = *loop_core::current();
    loop.remove_ready(*loop.running);
    loop.running->resume_point = nullptr;
}

void foreign_operation::describe(std::string& out) const { out += "an awaiter of the program's"; }

void check_suspended(const waiter& line, std::coroutine_handle<> at) {
    if (line.queued || line.waiting_for() != nullptr || line.loop->running_coroutine != at) return;
    throw std::logic_error("simul: an awaiter with a template for its await_suspend has suspended "
                           "a task by itself: let it take a std::coroutine_handle<>");
}

} // namespace simul::detail
