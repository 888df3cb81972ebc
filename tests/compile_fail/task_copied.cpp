// expect: (deleted function|implicitly-deleted copy constructor)
#include <simul/coro/task.hpp>

simul::task<int> answer() { co_return 42; }

int main() {
    const simul::task<int> one = answer();
    const simul::task<int> two = one;
}
