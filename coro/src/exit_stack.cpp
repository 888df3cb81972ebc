#include <simul/coro/exit_stack.hpp>

#include <simul/loop/log.hpp>

namespace simul {

void exit_stack::put(std::unique_ptr<detail::exit_entry> entry) noexcept {
    entry->below = std::move(top_);
    top_ = std::move(entry);
    ++size_;
}

std::unique_ptr<detail::exit_entry> exit_stack::take() noexcept {
    std::unique_ptr<detail::exit_entry> taken = std::move(top_);
    top_ = std::move(taken->below);
    --size_;
    return taken;
}

void exit_stack::drop() noexcept {
    log(log_level::error, "simul: an exit_stack was destroyed with tear-downs that have not run: "
                          "await its close(), or use with_exit_stack()");
    while (top_ != nullptr) take();
}

task<> exit_stack::exit(std::exception_ptr error) {
    const bool had_failed = error != nullptr;
    while (!empty()) {
        const std::unique_ptr<detail::exit_entry> entry = take();
        std::exception_ptr failed;
        try {
            co_await entry->run(error);
        } catch (...) {
            failed = std::current_exception();
        }
        if (error == nullptr) {
            error = failed;
        } else {
            detail::settle(true, failed);
        }
    }
    if (error != nullptr && !had_failed) std::rethrow_exception(error);
}

task<> exit_stack::close() {
    std::exception_ptr failed;
    try {
        failed = co_await detail::tear_down_operation(exit(nullptr));
    } catch (...) { // it could not even begin
        failed = std::current_exception();
    }
    detail::settle(false, failed);
}

} // namespace simul
