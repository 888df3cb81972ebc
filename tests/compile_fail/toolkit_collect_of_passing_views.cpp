// expect: these would be views of elements that are gone by the next one
#include <simul/simul.hpp>

#include <string_view>
#include <vector>

simul::async_generator<std::string_view> words();

void use() { (void)simul::collect<std::vector<std::string_view>>(words()); }

int main() { use(); }
