// expect: no matching function for call to
#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>

simul::task<> sleeps() { co_await simul::sleep(1); }

int main() {}
