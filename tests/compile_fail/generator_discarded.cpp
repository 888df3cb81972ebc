// expect: a generator does nothing until its elements are asked for
#include <simul/gen/generator.hpp>

simul::generator<int> numbers() { co_yield 1; }

int main() { numbers(); }
