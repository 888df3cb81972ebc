// expect: simul::async_generator<T>: T must be an object or reference type
#include <simul/gen/async_generator.hpp>

simul::async_generator<void> nothing();

int main() { auto none = nothing(); }
