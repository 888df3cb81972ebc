// expect: the function of simul::transform has to return something
#include <simul/gen/toolkit.hpp>

#include <vector>

void look(int) {}

auto looked_at(std::vector<int>& numbers) { return numbers | simul::transform(look); }

int main() {}
