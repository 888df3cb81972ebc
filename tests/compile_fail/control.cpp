// expect-success
// The headers and flags are sound: what fails next to this file fails for its own reason.
#include <simul/simul.hpp>

#include <cstdio>

simul::task<> tick() { co_await simul::yield(); }

simul::generator<int> numbers() { co_yield 1; }

int main() {
    simul::run(tick());
    for (int n : numbers()) std::printf("%d\n", n);
}
