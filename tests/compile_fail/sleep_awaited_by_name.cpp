// expect: this operation is used up when it is awaited: await it where it is made
#include <simul/coro/sleep.hpp>
#include <simul/coro/task.hpp>

simul::task<> ticks() {
    auto tick = simul::sleep(std::chrono::seconds(1));
    co_await tick;
}
