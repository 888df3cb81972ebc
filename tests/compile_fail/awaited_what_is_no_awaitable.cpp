// expect: this type cannot be awaited: co_await takes a simul::task
#include <simul/coro/task.hpp>

simul::task<> awaits() { co_await 5; }

int main() {}
