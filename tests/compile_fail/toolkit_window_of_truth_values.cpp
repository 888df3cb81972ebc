// expect: let simul::transform make chars of them
#include <simul/gen/toolkit.hpp>

#include <vector>

int main() {
    const std::vector<bool> answers{true, false};
    auto windows = answers | simul::window(2);
}
