// expect: which is not constant unless it is a container
#include <simul/gen/toolkit.hpp>

auto pipe(const simul::generator<int>& numbers) { return numbers | simul::take(1); }

int main() {}
