// expect: write co_await std::move\(the_task\)
#include <simul/coro/task.hpp>

simul::task<int> answer() { co_return 42; }

simul::task<> awaits() {
    simul::task<int> work = answer();
    co_await work;
}

int main() {}
