// A shared object that uses simul, for a program that does not know of it.
#include <simul/simul.hpp>

#include <stdexcept>

namespace {

simul::task<int> half_of(int n) {
    co_await simul::yield();
    if (n % 2 != 0) throw std::invalid_argument("an odd number");
    co_return n / 2;
}

simul::task<int> halves() {
    auto half = simul::spawn(half_of(42), "half");
    bool failed = false;
    try {
        co_await half_of(7);
    } catch (const std::invalid_argument&) {
        failed = true;
    }
    if (!failed) co_return 0;
    co_return co_await half;
}

} // namespace

extern "C" __attribute__((visibility("default"))) int plugin_main() { return simul::run(halves()); }
