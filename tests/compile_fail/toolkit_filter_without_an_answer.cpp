// expect: this function has to return whether the element is meant
#include <simul/gen/toolkit.hpp>

#include <vector>

void look(int) {}

auto filtered(std::vector<int>& numbers) { return simul::collect(numbers | simul::filter(look)); }

int main() {}
