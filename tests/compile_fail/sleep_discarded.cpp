// expect: ignoring return value
#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>

using namespace std::chrono_literals;

simul::task<> forgets() {
    simul::sleep(1s);
    co_return;
}

int main() {}
