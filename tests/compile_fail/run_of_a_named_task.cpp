// expect: a task is used up when it is awaited: write std::move\(the_task\)
#include <simul/coro/run.hpp>

simul::task<int> answer() { co_return 42; }

int main() {
    simul::task<int> work = answer();
    return simul::run(work);
}
