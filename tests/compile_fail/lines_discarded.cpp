// expect gcc: ignoring return value of .+lines\(.+ declared with attribute
// expect clang: ignoring return value of function declared with 'nodiscard'|an async_generator does nothing until
#include <simul/gen/lines.hpp>

int main() { simul::lines("file"); }
