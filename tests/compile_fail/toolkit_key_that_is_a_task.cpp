// expect: let simul::transform pair each element with its key
#include <simul/coro/task.hpp>
#include <simul/gen/toolkit.hpp>

#include <vector>

simul::task<int> day_of(int n) { co_return n; }

int main() {
    const std::vector<int> numbers{1, 2};
    auto days = numbers | simul::distinct_adjacent(day_of);
}
