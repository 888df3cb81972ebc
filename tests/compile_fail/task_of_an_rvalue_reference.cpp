// expect: write simul::task<T> instead of simul::task<T&&>
#include <simul/coro/task.hpp>

int number = 0;

simul::task<int&&> answer() { co_return static_cast<int&&>(number); }

int main() {}
