// expect: a resource has close\(\), or a coroutine exit\(std::exception_ptr\)
#include <simul/coro/with.hpp>

struct plain {};

simul::task<> uses() {
    co_await simul::with(plain(), [](plain&) -> simul::task<> { co_return; });
}

int main() {}
