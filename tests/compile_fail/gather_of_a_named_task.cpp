// expect: no matching function for call to
#include <simul/coro/gather.hpp>

simul::task<int> answer() { co_return 42; }

simul::task<> gathers() {
    simul::task<int> work = answer();
    co_await simul::gather(work);
}

int main() {}
