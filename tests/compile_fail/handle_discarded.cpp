// expect: write \(void\)simul::spawn
#include <simul/coro/spawn.hpp>

simul::task<> works() { co_return; }

simul::task<> forgets() {
    simul::spawn(works());
    co_return;
}

int main() {}
