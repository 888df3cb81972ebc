// expect: a csv::row is a view of the reader's memory and cannot be kept
#include <simul/simul.hpp>

auto all() { return simul::collect(simul::csv::rows("table.csv")); }

int main() { (void)all(); }
