// expect: gather\(\) does nothing until it is awaited
#include <simul/coro/gather.hpp>

simul::task<> works() { co_return; }

simul::task<> forgets() {
    simul::gather(works(), works());
    co_return;
}

int main() {}
