// expect gcc: unable to find the promise type|coroutine_traits
// expect clang: return type does not name a coroutine|coroutine_traits|'main' cannot be a coroutine
#include <simul/gen/async_generator.hpp>

simul::async_generator<int> numbers() { co_yield 1; }

int first(simul::async_generator<int>& from) { return *co_await from.next(); }

int main() {
    auto from = numbers();
    return first(from);
}
