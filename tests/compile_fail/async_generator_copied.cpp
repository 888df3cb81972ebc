// expect gcc: use of deleted function
// expect clang: deleted constructor|implicitly-deleted copy constructor|call to deleted
#include <simul/gen/async_generator.hpp>

simul::async_generator<int> numbers() { co_yield 1; }

int main() {
    auto first = numbers();
    auto second = first;
}
