// expect clang: this function cannot be a coroutine
// expect gcc: unable to find the promise type for this coroutine
#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>

using namespace std::chrono_literals;

// The return type makes a function a coroutine of simul; int does not.
int not_a_coroutine() { co_await simul::sleep(1s); }

int main() {}
