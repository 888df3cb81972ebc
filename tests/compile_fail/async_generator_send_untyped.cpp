// expect gcc: no matching function|constraints not satisfied
// expect clang: no matching member function|constraints not satisfied
#include <simul/gen/async_generator.hpp>

simul::async_generator<int> numbers() { co_yield 1; }

simul::async_generator<int> consume() {
    auto from = numbers();
    co_yield *co_await from.send(1);
}

int main() { auto all = consume(); }
