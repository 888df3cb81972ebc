// expect: an async_generator cannot co_yield elements_of\(\.\.\.\): write while \(auto x = co_await inner\.next\(\)\) co_yield \*x;
#include <simul/gen/async_generator.hpp>

simul::async_generator<int> inner() { co_yield 1; }

simul::async_generator<int> outer() { co_yield simul::elements_of(inner()); }

int main() { auto numbers = outer(); }
