// expect: simul::elements_of in a generator takes a generator or an input range
#include <simul/gen/generator.hpp>

simul::generator<int> numbers() { co_yield simul::elements_of(5); }

int main() { return *numbers().next(); }
