// expect: a pipe does nothing until its elements are asked for
#include <simul/gen/toolkit.hpp>

#include <vector>

int main() {
    std::vector<int> numbers{1, 2};
    numbers | simul::take(1);
}
