// expect: the function of simul::map_concurrent has to return a task
#include <simul/gen/toolkit.hpp>

#include <vector>

int twice(int n) { return 2 * n; }

auto doubled(std::vector<int>& numbers) { return numbers | simul::map_concurrent(2, twice); }

int main() {}
