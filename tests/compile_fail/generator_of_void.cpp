// expect: simul::generator<T>: T must be an object or reference type
#include <simul/gen/generator.hpp>

int main() {
    simul::generator<void> nothing;
    (void)nothing;
}
