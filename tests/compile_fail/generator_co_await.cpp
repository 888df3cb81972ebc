// expect: a generator cannot co_await: write simul::async_generator<T> instead
#include <simul/gen/generator.hpp>

#include <coroutine>

simul::generator<int> numbers() {
    co_await std::suspend_never();
    co_yield 1;
}

int main() { return *numbers().next(); }
