// expect: (no matching function for call to|constraints not satisfied)
#include <simul/coro/gather.hpp>

#include <vector>

simul::task<> gathers(std::vector<simul::task<int>> many) { co_await simul::gather(many); }

int main() {}
