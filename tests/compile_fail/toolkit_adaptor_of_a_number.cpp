// expect: what stands to the left of an adaptor or sink has to be a range
#include <simul/gen/toolkit.hpp>

auto pipe() { return 5 | simul::take(1); }

int main() { (void)pipe(); }
