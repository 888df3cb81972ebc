// Generator expressions: what Python writes as (n * n for n in numbers if ...) is a pipe here. It
// makes nothing before it is asked, and no list in between.
#include <simul/simul.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

simul::generator<long> infinite_sequence() {
    for (long n = 0;; ++n) co_yield n;
}

void print(const char* what, const auto& numbers) {
    std::printf("%s:", what);
    for (const auto& n : numbers) std::printf(" %ld", static_cast<long>(n));
    std::puts("");
}

int main() {
    // (n * n for n in infinite_sequence()): without end, and without memory.
    auto squares = infinite_sequence() | simul::transform([](long n) { return n * n; });

    // Like any generator it is asked for what is wanted, and goes on where it was left.
    print("five squares", squares | simul::take(5) | simul::collect());
    print("three more", squares | simul::take(3) | simul::collect());

    // sum(n for n in range(1, 101) if n % 2)
    const auto is_odd = [](long n) { return n % 2 != 0; };
    const int sum = simul::count(1) | simul::take(100) | simul::filter(is_odd) | simul::sum();
    std::printf("the sum of the odd numbers to 100 is %d\n", sum);

    // A chain of adaptors has a name if it is given one.
    const auto odd_squares = simul::filter(is_odd) |
                             simul::transform([](long n) { return n * n; }) |
                             simul::take_while([](long n) { return n < 200; });
    print("odd squares below 200", infinite_sequence() | odd_squares | simul::collect());

    // any(len(w) > 6 for w in words), and ", ".join(words)
    const std::vector<std::string> words{"neither", "list", "nor", "loop"};
    const bool any = simul::any_of(words, [](const std::string& word) { return word.size() > 6; });
    const std::string joined = words | simul::intersperse(", ") | simul::sum();
    std::printf("%s: %s\n", joined.c_str(), any ? "one is long" : "none is long");

    // dict(zip(words, map(len, words))), over a std::views adaptor for once
    auto lengths =
        words | std::views::transform([](const std::string& word) { return word.size(); });
    for (const auto& [word, length] : simul::to_map(simul::zip(words, lengths))) {
        std::printf("%s has %zu letters\n", word.c_str(), length);
    }
    return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
