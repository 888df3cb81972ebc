// expect gcc: no matching function|class template argument deduction failed|constraints not satisfied
// expect clang: no viable constructor or deduction guide|constraints not satisfied|no matching constructor
#include <simul/gen/async_generator.hpp>

#include <vector>

simul::async_generator<int> numbers() { co_yield simul::batch(std::vector<int>{1, 2}); }

int main() { auto all = numbers(); }
