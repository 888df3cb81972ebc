// expect: write co_await generator.next\(\)
#include <simul/gen/async_generator.hpp>

simul::async_generator<int> numbers() { co_yield 1; }

int main() {
    auto from = numbers();
    from.next();
}
