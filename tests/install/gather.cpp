// The program that each kind of user in this folder builds: see run.sh.
#include <simul/simul.hpp>

#include <chrono>
#include <cstdio>

using namespace std::chrono_literals;

simul::task<> count() {
    std::puts("One");
    co_await simul::sleep(1s);
    std::puts("Two");
}

simul::task<> async_main() { co_await simul::gather(count(), count(), count()); }

int main() { simul::run(async_main()); }
