// expect: a task does nothing until it is awaited
#include <simul/gen/toolkit.hpp>

simul::async_generator<int> numbers() { co_yield 1; }

int main() { simul::sum(numbers()); }
