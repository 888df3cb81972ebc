// expect: these elements cannot be copied and belong to a container or generator
#include <simul/gen/toolkit.hpp>

#include <memory>
#include <vector>

auto stolen(std::vector<std::unique_ptr<int>>& owners) { return simul::collect(owners); }

int main() {}
