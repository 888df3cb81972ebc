// A sequence without an end: a generator makes each number when it is asked for, and keeps none.
#include <simul/simul.hpp>

#include <cstdio>
#include <cstdlib>
#include <ranges>

simul::generator<long> infinite_sequence() {
    for (long n = 0;; ++n) co_yield n;
}

// A generator takes others as arguments like any value.
simul::generator<long> differences(simul::generator<long> of) {
    auto first = of.next();
    if (first == nullptr) co_return;
    long before = *first; // the element itself is gone when the next one is asked for
    while (auto n = of.next()) {
        const long difference = *n - before;
        before = *n;
        co_yield difference;
    }
}

simul::generator<long> squares() {
    for (const long n : infinite_sequence()) co_yield n* n;
}

int main() {
    // It is a range like any other...
    for (const long n : infinite_sequence() | std::views::take(5)) std::printf("%ld ", n);
    std::puts("");

    // ...that can be left and gone on with.
    auto numbers = infinite_sequence();
    while (auto n = numbers.next()) {
        if (*n == 3) break;
    }
    std::printf("after a break at 3 comes %ld\n", *numbers.next());
    for (const long n : numbers | std::views::filter([](long i) { return i % 7 == 0; })) {
        std::printf("the next multiple of seven is %ld\n", n);
        break;
    }

    for (const long n : differences(squares()) | std::views::take(8)) std::printf("%ld ", n);
    std::puts("are the differences of the squares");
    return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
