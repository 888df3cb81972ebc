#include <simul/gen/detail/async_frame.hpp>

#include <simul/coro/async_stack.hpp>
#include <simul/coro/detail/gate.hpp>
#include <simul/coro/detail/spawned.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/generator_exit.hpp>
#include <simul/loop/detail/log_text.hpp>
#include <simul/loop/error.hpp>
#include <simul/loop/log.hpp>

#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace simul::detail {
namespace {

async_frame& frame_of(std::coroutine_handle<> generator) noexcept {
    return static_cast<async_frame&>(promise_of(generator));
}

// The line whose task waits for the generator's next element, or null.
waiter* consumer_of(async_frame& frame) noexcept {
    if (frame.link == nullptr) return nullptr;
    if (!is_gate(frame.link->caller)) return frame.line;
    // The element is there, but its consumer is held back.
    static_cast<borrowing_link*>(frame.link)->callee_goes = nullptr;
    frame.link = nullptr;
    return nullptr;
}

void destroy_where_it_stands(std::coroutine_handle<> generator, waiter* consumer) noexcept {
    if (consumer == nullptr) {
        destroy_ended(generator);
        return;
    }
    destroy_coroutine(generator);
    if (!consumer->queued) consumer->loop->make_ready(*consumer);
}

// A generator without its owner.
class orphan {
public:
    orphan(std::coroutine_handle<> generator, waiter* consumer) noexcept
        : generator_(generator), consumer_(consumer), was_waited_for_(consumer != nullptr) {}
    orphan(orphan&& other) noexcept
        : generator_(std::exchange(other.generator_, nullptr)), consumer_(other.consumer_),
          was_waited_for_(other.was_waited_for_) {}
    orphan& operator=(orphan&&) = delete;
    ~orphan() {
        if (generator_) destroy_where_it_stands(generator_, consumer_);
    }

    [[nodiscard]] std::coroutine_handle<> coroutine() const noexcept { return generator_; }
    [[nodiscard]] async_frame& frame() const noexcept { return frame_of(generator_); }
    [[nodiscard]] bool was_waited_for() const noexcept { return was_waited_for_; }
    [[nodiscard]] waiter* take_consumer() noexcept { return std::exchange(consumer_, nullptr); }
    void destroy() noexcept { destroy_ended(std::exchange(generator_, nullptr)); }
    void forget() noexcept { generator_ = nullptr; }

private:
    std::coroutine_handle<> generator_;
    waiter* consumer_;
    bool was_waited_for_;
};

// Runs it to its end or its next co_yield, from where it stands.
class running_on final : public borrowing_link {
public:
    explicit running_on(orphan& generator) noexcept : generator_(generator) {}
    running_on(const running_on&) = delete;
    running_on& operator=(const running_on&) = delete;
    ~running_on() = default;

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        awaiting.promise().where = generator_.frame().where; // it goes by the generator's name
        callee_goes = [](borrowing_link& link) noexcept {
            static_cast<running_on&>(link).generator_.forget();
        };
        if (waiter* const consumer = generator_.take_consumer()) {
            take_over(*consumer, awaiting, *awaiting.promise().line);
        } else {
            enter(*this, awaiting, awaiting.promise(), generator_.coroutine(), generator_.frame());
        }
    }
    static void await_resume() noexcept {}

private:
    // Cuts the generator, and what it waits in, off from the consumer.
    void take_over(waiter& consumer, std::coroutine_handle<> by, waiter& line) noexcept {
        const bool was_ready = consumer.queued;
        std::coroutine_handle<> each = consumer.resume_point;
        while (each != generator_.coroutine()) {
            promise_of(each).line = &line;
            each = promise_of(each).link->caller;
        }
        async_frame& frame = generator_.frame();
        frame.line = &line;
        caller = by;
        line.take_over(consumer);
        consumer.resume_point = std::exchange(frame.link, this)->caller;
        if (!was_ready) consumer.loop->make_ready(consumer);
    }

    orphan& generator_;
};

void log_failure(const async_frame& frame, const char* what, const char* why = "") noexcept {
    log_text(log_level::error, "simul: an async_generator failed in its clean-up",
             [&](std::string& text) {
                 text.append("simul: an async_generator that was left early ");
                 text.append(what).append(why);
                 text.append(" (").append(frame.where.function_name()).append(", ");
                 text.append(frame.where.file_name()).append(":");
                 text.append(std::to_string(frame.where.line())).append(")");
                 const async_stack stack = async_stack_of(frame.error);
                 if (!stack.empty()) text.append("\n").append(stack.to_string());
             });
}

void report(const async_frame& frame) noexcept {
    try {
        std::rethrow_exception(frame.error);
    } catch (const generator_exit&) {
    } catch (const cancelled&) {
    } catch (const std::exception& e) {
        log_failure(frame, "failed in its clean-up: ", e.what());
    } catch (...) {
        log_failure(frame, "failed in its clean-up with something that is no std::exception");
    }
}

task<> end_of(orphan generator) {
    if (generator.was_waited_for()) co_await running_on(generator);
    const std::coroutine_handle<> coroutine = generator.coroutine();
    async_frame& frame = generator.frame();
    if (!coroutine.done()) {
        const std::exception_ptr exit = std::make_exception_ptr(generator_exit());
        frame.error = exit;
        co_await running_on(generator);
        if (!coroutine.done()) {
            log_failure(frame, "went on to yield");
        } else if (frame.error != nullptr && frame.error != exit) {
            report(frame);
        }
    } else if (frame.error != nullptr) {
        report(frame);
    }
    generator.destroy();
}

// The loop on which it can end: the consumer's, if there is one, else that of this thread.
void end_on(loop_core& loop, std::coroutine_handle<> generator, waiter* consumer) {
    const bool is_here = loop_core::current() == &loop;
    task<> work = end_of(orphan(generator, consumer));
    auto& ending = *new spawned<void>(loop, std::move(work));
    ending.be_clean_up();
    ending.enlist();
    const bool runs_here = is_here && loop.has_room_inside_step();
    if (consumer != nullptr) {
        loop.drop_context(ending);
        ending.inherit_context(*consumer);
        loop.run_inside_step(ending);
        if (loop.cancel_at_once(ending)) {
            runs_here ? loop.run_inside_step(ending) : loop.make_ready(ending);
        }
    } else {
        runs_here ? loop.run_inside_step(ending) : loop.make_ready(ending);
    }
    hold_back_for(ending);
    ending.release();
}

} // namespace

void async_frame::throw_waited_for() {
    throw std::logic_error(
        "simul: next() on an async_generator that somebody waits for already, or "
        "that runs");
}

void async_frame::throw_destroyed() {
    throw std::logic_error("simul: the async_generator was destroyed while a task waited for its "
                           "next element");
}

void async_frame::throw_element_taken() {
    throw std::logic_error("simul: another task took the element that this one waited for");
}

void abandon(std::coroutine_handle<> generator) noexcept {
    waiter* const consumer = consumer_of(frame_of(generator));
    if (consumer != nullptr && !consumer->resume_point) {
        log(log_level::error, "simul: an async_generator was destroyed while it was running");
        std::abort();
    }
    loop_core* const loop = consumer != nullptr ? consumer->loop : loop_core::current();
    const bool just_dies = generator.done() || frame_of(generator).has_only_destructors;
    if (loop == nullptr || (consumer == nullptr && just_dies)) {
        destroy_where_it_stands(generator, consumer);
        return;
    }
    try {
        end_on(*loop, generator, consumer);
    } catch (const std::bad_alloc&) { // the orphan has destroyed it
        log(log_level::error, "simul: no memory for the clean-up of an async_generator");
    }
}

} // namespace simul::detail
