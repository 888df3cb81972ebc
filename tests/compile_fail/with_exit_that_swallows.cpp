// expect: exit\(\) gives nothing: it cannot swallow the body's exception
#include <simul/coro/with.hpp>

#include <exception>

struct lenient {
    simul::task<bool> exit(std::exception_ptr) { co_return true; }
};

simul::task<> uses() {
    co_await simul::with(lenient(), [](lenient&) -> simul::task<> { co_return; });
}

int main() {}
