// expect: (deleted function|use of deleted)
#include <simul/gen/toolkit.hpp>

auto adaptor() { return simul::take_until(simul::event()); }

int main() {}
