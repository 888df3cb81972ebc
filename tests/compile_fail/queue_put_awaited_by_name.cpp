// expect: this operation is used up when it is awaited: await it where it is made
#include <simul/coro/queue.hpp>
#include <simul/coro/task.hpp>

simul::task<> puts_twice(simul::queue<int>& q) {
    auto put = q.put(1);
    co_await put;
    co_await put;
}
