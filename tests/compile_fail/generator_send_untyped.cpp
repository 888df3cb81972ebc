// expect: is_void_v
#include <simul/gen/generator.hpp>

simul::generator<int> numbers() { co_yield 1; }

int main() {
    auto g = numbers();
    g.next();
    return *g.send(5);
}
