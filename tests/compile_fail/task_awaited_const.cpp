// expect: it must not be const
#include <simul/coro/task.hpp>

#include <utility>

simul::task<int> answer() { co_return 42; }

simul::task<> awaits() {
    const simul::task<int> work = answer();
    co_await std::move(work);
}

int main() {}
