// expect: this function cannot be called with an element of the sequence
#include <simul/gen/toolkit.hpp>

#include <string>
#include <vector>

std::size_t length(const std::string& word) { return word.size(); }

auto lengths(std::vector<int>& numbers) { return numbers | simul::transform(length); }

int main() {}
