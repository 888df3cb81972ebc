// expect gcc: use of deleted function
// expect clang: implicitly-deleted copy constructor|copy constructor is implicitly deleted|call to
// deleted|deleted function|deleted constructor
#include <simul/gen/generator.hpp>

simul::generator<int> numbers() { co_yield 1; }

int main() {
    auto first = numbers();
    auto second = first;
    return *second.next();
}
