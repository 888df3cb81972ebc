// expect: an async_generator does nothing until its next\(\) is awaited
#include <simul/gen/async_generator.hpp>

simul::async_generator<int> numbers() { co_yield 1; }

int main() { numbers(); }
