// Async comprehensions: what Python writes as [n async for n in powers(2) if ...]. The powers come
// one every tenth of a second, on the virtual clock: the output is there at once.
#include <simul/simul.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace std::chrono_literals;

simul::async_generator<long> powers(long base) {
    for (long n = 1;; n *= base) {
        co_await simul::sleep(100ms);
        co_yield n;
    }
}

// Takes longer the larger the number is.
simul::task<long> sum_of_digits(long n) {
    co_await simul::sleep(std::chrono::milliseconds(n));
    long sum = 0;
    for (; n != 0; n /= 10) sum += n % 10;
    co_return sum;
}

void print(const char* what, const std::vector<long>& numbers, simul::clock::time_point began) {
    std::printf("%s:", what);
    for (long n : numbers) std::printf(" %ld", n);
    std::printf(" (%.1f s)\n", std::chrono::duration<double>(simul::clock::now() - began).count());
}

simul::task<int> async_main() {
    // [n async for n in powers(2)], the first eight of them
    auto began = simul::clock::now();
    const std::vector<long> first = co_await (powers(2) | simul::take(8) | simul::collect());
    print("powers of 2", first, began);

    // [n async for n in powers(3) if n % 10 == 1]
    began = simul::clock::now();
    auto ending_in_1 =
        powers(3) | simul::filter([](long n) { return n % 10 == 1; }) | simul::take(3);
    print("powers of 3 that end in 1", co_await simul::collect(std::move(ending_in_1)), began);

    // [await sum_of_digits(n) async for n in powers(2)]: a function that is a coroutine is awaited.
    began = simul::clock::now();
    auto digits = powers(2) | simul::transform(sum_of_digits) | simul::take(10);
    print("sums of digits", co_await simul::collect(std::move(digits)), began);

    // The same with up to four of them at a time, beside the generator.
    began = simul::clock::now();
    auto beside = powers(2) | simul::map_concurrent(4, sum_of_digits) | simul::take(10);
    print("four at a time", co_await simul::collect(std::move(beside)), began);

    co_return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main() { return simul::run(async_main(), {.virtual_time = true}); }
