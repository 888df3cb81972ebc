// Three tasks that each wait for a second, at the same time: all of them are done in one second.
//
// The Python original:                          async def count():
//                                                   print("One")
//                                                   await asyncio.sleep(1)
//                                                   print("Two")
//                                               async def main():
//                                                   await asyncio.gather(count(), count(), count())
#include <simul/simul.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace std::chrono_literals;

// A task is lazy: calling count() runs nothing. It begins when it is awaited, here by gather.
simul::task<> count() {
    std::puts("One");
    co_await simul::sleep(1s); // only this task sleeps; the thread goes on with the others
    std::puts("Two");
}

simul::task<> async_main() { co_await simul::gather(count(), count(), count()); }

int main() {
    const auto start = std::chrono::steady_clock::now();
    simul::run(async_main());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::printf("gather.cpp executed in %.2f seconds.\n", elapsed.count());
    if (std::fclose(stdout) == 0) return EXIT_SUCCESS;
    std::perror("gather: standard output"); // a full disk is no success
    return EXIT_FAILURE;
}
