// expect: a task does nothing until it is awaited
#include <simul/coro/task.hpp>

simul::task<> works() { co_return; }

simul::task<> forgets() {
    works();
    co_return;
}

int main() {}
