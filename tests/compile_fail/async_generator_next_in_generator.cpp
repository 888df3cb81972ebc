// expect: a generator cannot co_await: write simul::async_generator<T> instead
#include <simul/gen/async_generator.hpp>
#include <simul/gen/generator.hpp>

simul::async_generator<int> ticks() { co_yield 1; }

simul::generator<int> numbers() {
    auto from = ticks();
    while (auto* tick = co_await from.next()) co_yield *tick;
}

int main() { return *numbers().next(); }
