// expect: next\(\) can only be awaited in a simul::task or a simul::async_generator
#include <simul/gen/async_generator.hpp>

#include <coroutine>

struct other {
    struct promise_type {
        other get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
};

simul::async_generator<int> numbers() { co_yield 1; }

other consume() {
    auto from = numbers();
    co_await from.next();
}

int main() { consume(); }
