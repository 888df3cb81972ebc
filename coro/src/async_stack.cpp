#include <simul/coro/async_stack.hpp>

#include <simul/coro/detail/promise.hpp>
#include <simul/loop/error.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <typeinfo>

#include <cxxabi.h>

namespace simul {
namespace {

constexpr std::size_t most_frames = 64;
// While an exception is on its way, others are thrown and handled: in clean-ups, and in other
// tasks.
constexpr std::size_t most_exceptions = 8;

// The exception is known by its address alone: keeping it would delay its destruction.
const void* address_of(const std::exception_ptr& error) {
    static_assert(sizeof(std::exception_ptr) == sizeof(void*));
    const void* address = nullptr;
    std::memcpy(&address, &error, sizeof address);
    return address;
}

// Where it can be had. Another exception that gets the address of one that has gone is rarely of
// the same type.
const std::type_info* type_of([[maybe_unused]] const std::exception_ptr& error) {
#if defined(__GLIBCXX__)
    return error.__cxa_exception_type();
#else
    return nullptr;
#endif
}

// Whether the exception that is being handled came here out of an exception_ptr, from another
// coroutine perhaps. One that was thrown here may have the address of one that is long gone, so
// addresses cannot tell. In the Itanium C++ ABI the header of a thrown exception stands right
// before it; std::rethrow_exception makes a second header, in a block of its own.
bool is_rethrown(const void* exception) {
    std::uintptr_t header = 0;
    static_assert(sizeof header == sizeof(void*));
    std::memcpy(&header, abi::__cxa_get_globals(), sizeof header);
    constexpr std::uintptr_t longest_header = 160;
    return reinterpret_cast<std::uintptr_t>(exception) - header > longest_header;
}

} // namespace

/// Follows the last few exceptions through the frames that they leave.
class async_stack_recorder {
public:
    void left(const detail::promise_base& frame, const std::exception_ptr& error) noexcept {
        const void* const address = address_of(error);
        trace& on = trace_for(address);
        const bool goes_on = address == on.error && is_rethrown(address) &&
                             (on.expected == &frame || on.expected == nullptr);
        if (!goes_on) {
            on.error = address;
            on.type = type_of(error);
            on.count = 0;
        }
        if (on.count < most_frames) on.frames[on.count] = frame.where;
        ++on.count;
        on.touched = ++now_;
        // From the outermost frame of a line the exception goes on wherever that line is awaited.
        const detail::call_link* link = frame.link;
        while (link != nullptr && detail::is_gate(link->caller)) {
            link = detail::promise_of(link->caller).link;
        }
        on.expected = link != nullptr ? &detail::promise_of(link->caller) : nullptr;
    }

    [[nodiscard]] async_stack stack_of(const std::exception_ptr& error) const {
        async_stack stack;
        if (error == nullptr) return stack;
        const void* const address = address_of(error);
        // What is handled where it was thrown has left no coroutine.
        if (error == std::current_exception() && !is_rethrown(address)) return stack;
        for (const trace& each : traces_) {
            if (each.error != address || each.type != type_of(error)) continue;
            const std::size_t kept = std::min(each.count, most_frames);
            stack.frames_.assign(each.frames.begin(), each.frames.begin() + kept);
            stack.omitted_ = each.count - kept;
        }
        return stack;
    }

private:
    struct trace {
        const void* error = nullptr;
        const std::type_info* type = nullptr;
        const detail::promise_base* expected = nullptr;
        std::uint64_t touched = 0;
        std::size_t count = 0;
        std::array<std::source_location, most_frames> frames{};
    };

    // The one of that exception, else the one that was left alone for the longest time.
    trace& trace_for(const void* error) noexcept {
        trace* oldest = traces_.data();
        for (trace& each : traces_) {
            if (each.error == error) return each;
            if (each.touched < oldest->touched) oldest = &each;
        }
        return *oldest;
    }

    std::array<trace, most_exceptions> traces_{};
    std::uint64_t now_ = 0;
};

namespace {

// Not the recorder itself: a library that is loaded by dlopen has little room for thread_locals.
constinit thread_local async_stack_recorder* recorder = nullptr;
constinit thread_local bool thread_ended = false;

struct recorder_owner {
    std::unique_ptr<async_stack_recorder> owned{new (std::nothrow) async_stack_recorder};

    recorder_owner() noexcept { recorder = owned.get(); }
    recorder_owner(const recorder_owner&) = delete;
    recorder_owner& operator=(const recorder_owner&) = delete;
    ~recorder_owner() {
        recorder = nullptr;
        thread_ended = true;
    }
};

// Null without memory. The destructors of static objects come after those of a thread's objects:
// theirs is left to the end of the process.
async_stack_recorder* make_recorder() noexcept {
    if (thread_ended) {
        recorder = new (std::nothrow) async_stack_recorder;
    } else {
        static thread_local const recorder_owner owner;
    }
    return recorder;
}

} // namespace

namespace detail {

std::exception_ptr take_exception(promise_base& from) noexcept {
    std::exception_ptr error = std::current_exception();
    const std::type_info* const type = abi::__cxa_current_exception_type();
    const bool by_cancel = type != nullptr && *type == typeid(cancelled);
    if (from.link == nullptr) {
        from.line->ended_by_cancel = by_cancel;
        from.line->ended_by_failure = !by_cancel;
    }
    // Cancels are frequent and nobody asks where they came from.
    if (!by_cancel) {
        async_stack_recorder* const here = recorder != nullptr ? recorder : make_recorder();
        if (here != nullptr) here->left(from, error);
    }
    return error;
}

} // namespace detail

std::string async_stack::to_string() const {
    std::string text;
    for (const std::source_location& frame : frames_) {
        text.append("  at ").append(frame.function_name());
        text.append(" (").append(frame.file_name()).append(":");
        text.append(std::to_string(frame.line())).append(")\n");
    }
    if (omitted_ > 0) text.append("  and ").append(std::to_string(omitted_)).append(" more\n");
    return text;
}

async_stack async_stack_of(const std::exception_ptr& error) {
    return recorder != nullptr ? recorder->stack_of(error) : async_stack();
}

} // namespace simul
