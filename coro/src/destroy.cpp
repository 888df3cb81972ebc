#include <simul/coro/detail/promise.hpp>

#include <simul/loop/detail/log_text.hpp>

#include <cstdlib>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace simul::detail {
namespace {

void*& next_put_aside(void* frame) {
    // A coroutine that waits for its destruction has no further use for its link.
    return reinterpret_cast<void*&>(promise_of(std::coroutine_handle<>::from_address(frame)).link);
}

void warn_never_awaited(const promise_base& task) noexcept {
    log_text(log_level::warning, "simul: a task was never awaited", [&](std::string& text) {
        text.append("simul: a task was never awaited: ").append(task.where.function_name());
        text.append(" (").append(task.where.file_name()).append(":");
        text.append(std::to_string(task.where.line())).append(")");
    });
}

// The lines of execution that a line waits for, those that these wait for, and so on: each is
// destroyed before the one that started it, whose objects it may use, and without recursion.
void abandon_lines_below(const waiter& top) noexcept {
    struct collector final : operation::visitor {
        std::vector<waiter*> lines;
        void visit(const waiter& child) override {
            // Whoever waits for nothing started none. Visitors see lines that are about to change.
            if (child.waiting_for() != nullptr) lines.push_back(const_cast<waiter*>(&child));
        }
    } below;
    try {
        top.waiting_for()->visit_children(below);
        for (std::size_t i = 0; i < below.lines.size(); ++i) {
            below.lines[i]->waiting_for()->visit_children(below);
        }
    } catch (const std::bad_alloc&) { // then they go with their owners, as deep as the stack allows
        return;
    }
    for (; !below.lines.empty(); below.lines.pop_back()) below.lines.back()->abandon();
}

} // namespace

[[gnu::tls_model("initial-exec")]] constinit thread_local destruction destroying{};

void put_aside(std::coroutine_handle<> coroutine) noexcept {
    next_put_aside(coroutine.address()) = std::exchange(destroying.put_aside, coroutine.address());
}

void destroy_put_aside() noexcept {
    while (destroying.put_aside != nullptr) {
        void* const next =
            std::exchange(destroying.put_aside, next_put_aside(destroying.put_aside));
        std::coroutine_handle<>::from_address(next).destroy();
    }
}

void destroy_coroutine(std::coroutine_handle<> coroutine) noexcept {
    promise_base& promise = promise_of(coroutine);
    if (promise.line == nullptr) {
        const loop_core* const loop = loop_core::current();
        if (loop != nullptr && loop->debug()) warn_never_awaited(promise);
        destroy_ended(coroutine);
        return;
    }
    if (coroutine.done()) {
        // Gates may hold back a line whose outermost coroutine has ended.
        if (promise.link == nullptr) {
            std::coroutine_handle<> gate = std::exchange(promise.line->resume_point, nullptr);
            while (gate) {
                const call_link* const link = promise_of(gate).link;
                const std::coroutine_handle<> next = link != nullptr ? link->caller : nullptr;
                gate.destroy();
                gate = next;
            }
        }
        destroy_ended(coroutine);
        return;
    }

    // From the innermost coroutine outwards. Each is cut off from its caller first, which would
    // otherwise destroy it a second time. A frame that its caller does not own (a generator's) goes
    // too: it could never be resumed from where it stands.
    waiter& line = *promise.line;
    std::coroutine_handle<> frame = line.resume_point;
    if (!frame) {
        log(log_level::error, "simul: a coroutine was destroyed while it was running");
        std::abort();
    }
    if (line.waiting_for() != nullptr) abandon_lines_below(line);
    for (bool last = false; !last;) {
        last = frame == coroutine;
        call_link* const link = std::exchange(promise_of(frame).link, nullptr);
        const std::coroutine_handle<> caller = link != nullptr ? link->caller : nullptr;
        line.resume_point = caller;
        if (link != nullptr && !std::exchange(link->callee, nullptr) && !last) {
            auto& borrowing = static_cast<borrowing_link&>(*link);
            borrowing.callee_goes(borrowing);
        }
        frame.destroy();
        frame = caller;
    }
}

} // namespace simul::detail
