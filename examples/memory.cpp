// What a million squares take in memory: as a list, and as a generator of them. Both get theirs
// from a resource that counts.
#include <simul/simul.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <vector>

class counting_resource final : public std::pmr::memory_resource {
public:
    std::size_t most() const { return most_; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* const memory = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        now_ += bytes;
        most_ = std::max(most_, now_);
        return memory;
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
        now_ -= bytes;
        std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::size_t now_ = 0;
    std::size_t most_ = 0;
};

using allocator = std::pmr::polymorphic_allocator<>;

std::pmr::vector<long> list_of_squares(allocator from, long count) {
    std::pmr::vector<long> squares(from);
    squares.reserve(static_cast<std::size_t>(count));
    for (long n = 0; n < count; ++n) squares.push_back(n * n);
    return squares;
}

// With std::allocator_arg and an allocator as its first arguments, a generator lives in that
// memory.
// Not inlined, else clang finds out that it needs no memory at all.
[[gnu::noinline]] simul::generator<long> squares(std::allocator_arg_t, allocator, long count) {
    for (long n = 0; n < count; ++n) co_yield n* n;
}

int main() {
    constexpr long count = 1'000'000;

    counting_resource for_the_list;
    const auto list = list_of_squares(&for_the_list, count);
    const long sum_of_list = std::accumulate(list.begin(), list.end(), 0L);
    std::printf("a list of %ld squares: %zu bytes\n", count, for_the_list.most());

    counting_resource for_the_generator;
    long sum = 0;
    for (const long square : squares(std::allocator_arg, &for_the_generator, count)) sum += square;
    std::printf("a generator of them: %zu bytes\n", for_the_generator.most());

    std::printf("the sum of either: %ld %ld\n", sum_of_list, sum);
    return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
