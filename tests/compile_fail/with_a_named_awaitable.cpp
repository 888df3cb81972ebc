// expect: what opens a resource is used up by it: write std::move\(it\)
#include <simul/coro/fs.hpp>
#include <simul/coro/with.hpp>

simul::task<> uses() {
    auto opening = simul::fs::open("data.bin");
    co_await simul::with(opening, [](simul::fs::file&) -> simul::task<> { co_return; });
}

int main() {}
