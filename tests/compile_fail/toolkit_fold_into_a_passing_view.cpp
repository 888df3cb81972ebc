// expect: a total that is a view of an element is gone by the next one
#include <simul/simul.hpp>

#include <algorithm>
#include <string_view>

simul::async_generator<std::string_view> words();

void use() {
    (void)simul::fold(words(), std::string_view(),
                      [](std::string_view a, std::string_view b) { return std::max(a, b); });
}

int main() { use(); }
