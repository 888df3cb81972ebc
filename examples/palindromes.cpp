// A generator that is talked to: values and exceptions are sent to where it waits.
#include <simul/simul.hpp>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>

bool is_palindrome(long n) {
    long reversed = 0;
    for (long rest = n; rest != 0; rest /= 10) reversed = reversed * 10 + rest % 10;
    return n == reversed && n > 9;
}

// The second type is that of what a consumer may send: it comes out of co_yield.
simul::generator<long, long> palindromes() {
    for (long n = 0;; ++n) {
        if (!is_palindrome(n)) continue;
        const std::optional<long> jump = co_yield n;
        if (jump) n = *jump;
    }
}

int main() {
    // Each palindrome found sends the search on to the next power of ten. What send() returns is
    // the next palindrome, as next() would have returned it: nothing is passed over.
    auto found = palindromes();
    auto palindrome = found.next();
    for (long power = 100; power <= 1'000'000; power *= 10) {
        std::printf("%ld\n", *palindrome);
        palindrome = found.send(power);
    }
    std::printf("%ld\n", *palindrome);

    // An exception is thrown where the generator waits; nothing catches it there, so it comes back.
    try {
        found.raise(std::runtime_error("that is enough"));
    } catch (const std::runtime_error& error) {
        std::printf("the generator ended: %s\n", error.what());
    }
    std::puts(found.next() == nullptr ? "there is no next one" : "it goes on");

    // To close one is to end it without an exception.
    auto others = palindromes();
    std::printf("%ld, the first of others\n", *others.next());
    others.close();
    std::puts(others.next() == nullptr ? "there is no next one" : "it goes on");
    return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
