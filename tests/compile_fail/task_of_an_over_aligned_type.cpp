// expect: compilers do not align coroutine frames for this type
#include <simul/coro/task.hpp>

struct alignas(64) vector512 {
    double lanes[8];
};

simul::task<vector512> computes() { co_return vector512{}; }

int main() {}
