// expect gcc: no matching function for call to .+lines\(int\)
// expect clang: no matching function for call to 'lines'
#include <simul/gen/lines.hpp>

int main() { auto lines = simul::lines(42); }
