// expect gcc: no matching function for call to .*yield_value
// expect clang: no matching member function for call to 'yield_value'
#include <simul/gen/generator.hpp>

simul::generator<int> numbers() { co_yield "one"; }

int main() { return *numbers().next(); }
