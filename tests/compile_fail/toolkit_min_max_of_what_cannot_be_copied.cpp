// expect: min_max gives an only element twice
#include <simul/simul.hpp>

#include <memory>
#include <vector>

auto ends(std::vector<std::unique_ptr<int>> all) { return simul::min_max(std::move(all)); }

int main() { (void)ends({}); }
