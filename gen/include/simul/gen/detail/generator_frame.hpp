#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

namespace simul::detail {

// What the consumer brings to the co_yield at which a generator waits. Lives on the consumer's
// stack, so a generator that is never sent anything has no room for it.
struct generator_message {
    generator_message() = default;
    explicit generator_message(std::exception_ptr thrown) noexcept : error(std::move(thrown)) {}
    explicit generator_message(void* sent) noexcept : value(sent) {}

    std::exception_ptr error;
    void* value = nullptr;
};

// The part of a generator's promise that knows neither its element type nor what is sent to it.
//
// Its state is in two pointers, so that a step costs little; see also generator::step().
//   not started            slot = this, leaf = null
//   suspended at a value   slot = the value, leaf = null
//   suspended in a child   slot = null, leaf = the innermost generator
//   asks to run a child    slot = this, leaf = the child (never seen by the consumer)
//   failed                 slot = this, leaf = null, error is alive (likewise)
//   running                slot = null (a message, until the co_yield takes it), leaf = null
//   finished               slot = null, leaf = null, and the coroutine is done
//
// A child belongs to the chain of parents from the moment it is entered until drive() or unnest()
// destroys it: were it owned by an object in its parent's frame, a deep nest would be destroyed
// recursively.
struct generator_frame {
    void* slot = this;
    generator_frame* leaf = nullptr;
    generator_frame* parent = nullptr;
    union {
        std::exception_ptr error; // alive from fail() to take_error(), so never when destroyed
    };

    generator_frame() noexcept {}
    ~generator_frame() {}
    generator_frame(const generator_frame&) = delete;
    generator_frame& operator=(const generator_frame&) = delete;

    // generator_promise adds no data and no alignment, so its handle is found from here too.
    std::coroutine_handle<> handle() noexcept {
        return std::coroutine_handle<generator_frame>::from_promise(*this);
    }

    bool started() const noexcept { return slot != this; }
    bool done() noexcept { return handle().done(); }
    // Just after it was resumed: that there is neither a value nor an end, but work for drive().
    bool asks() const noexcept { return slot == this; }
    bool running() noexcept { return slot == nullptr && leaf == nullptr && !done(); }

    template <class T>
    void show(T& value) noexcept {
        slot = const_cast<void*>(static_cast<const volatile void*>(std::addressof(value)));
    }

    // Takes what has come to a co_yield: throws the error, returns the value (null if there is
    // none).
    void* receive() {
        if (slot == nullptr) [[likely]]
            return nullptr;
        auto* const message = static_cast<generator_message*>(std::exchange(slot, nullptr));
        if (message->error) throw_message(*message);
        return message->value;
    }

    // The same where nothing but an error can come, so that the ordinary path calls nothing.
    void receive_error() {
        if (slot == nullptr) [[likely]]
            return;
        throw_message(*static_cast<generator_message*>(std::exchange(slot, nullptr)));
    }

    [[noreturn, gnu::cold, gnu::noinline]] static void throw_message(generator_message& message) {
        std::rethrow_exception(std::exchange(message.error, nullptr));
    }

    // Enters child, which must not be running, when the coroutine suspends next.
    void enter(generator_frame& child) noexcept {
        child.parent = this;
        leaf = &child;
        slot = this;
    }

    // Called at the end of a coroutine by an exception. It is kept, not passed on from here: clang
    // (19, at least) destroys the objects of such a frame twice if its end is not reached
    // otherwise.
    void fail() noexcept {
        std::construct_at(std::addressof(error), std::current_exception());
        slot = this;
    }

    std::exception_ptr take_error() noexcept {
        slot = nullptr;
        std::exception_ptr taken(std::move(error));
        std::destroy_at(std::addressof(error));
        return taken;
    }

    struct outcome {
        void* value;
        generator_frame* leaf;
    };

    // Resumes the innermost generator with the message until there is a value or the end (null).
    // The only place where a nested generator is resumed: never from its parent, so the stack does
    // not grow with the depth and no tail call is needed.
    outcome drive(generator_message* message);

    // The leaf is stored here although drive() could do it: seeing what comes of it, the compiler
    // finds out that a generator without children never gets here, and can do without the frame.
    [[gnu::always_inline]] void* advance(generator_message* message) {
        const outcome result = drive(message);
        leaf = result.leaf;
        return result.value;
    }

    // Destroys the frames below this one, innermost first, without recursion.
    void unnest() noexcept;

    [[noreturn, gnu::cold, gnu::noinline]] static void throw_running() {
        throw std::logic_error("simul::generator: used from inside its own body");
    }
};

[[gnu::noinline]] inline generator_frame::outcome
generator_frame::drive(generator_message* message) {
    generator_frame* current = this;
    if (leaf != nullptr) {
        current = std::exchange(leaf, nullptr);
        slot = nullptr;
    } else if (asks()) {
        std::rethrow_exception(take_error());
    } else if (slot == nullptr) {
        if (!done()) throw_running();
        return {nullptr, nullptr};
    }
    generator_message failure;
    for (;;) {
        // A child that was nested itself before it was handed over goes on where it was.
        if (current->leaf != nullptr) current = std::exchange(current->leaf, nullptr);
        current->slot = std::exchange(message, nullptr);
        current->handle().resume();
        if (current->asks()) {
            if (current->leaf != nullptr) {
                current->slot = nullptr;
                current = std::exchange(current->leaf, nullptr);
                continue;
            }
            failure.error = current->take_error();
            if (current == this) throw_message(failure);
            message = &failure;
        } else if (current->slot != nullptr) {
            return {current->slot, current == this ? nullptr : current};
        } else if (current == this) {
            return {nullptr, nullptr};
        }
        generator_frame* const up = current->parent;
        current->handle().destroy();
        current = up;
    }
}

[[gnu::noinline]] inline void generator_frame::unnest() noexcept {
    generator_frame* current = std::exchange(leaf, nullptr);
    while (current != this) {
        generator_frame* const up = current->parent;
        current->handle().destroy();
        current = up;
    }
}

} // namespace simul::detail
