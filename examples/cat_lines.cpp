// Prints the lines of a file, numbered with -n. Reads anything that can be opened: files of any
// size, FIFOs, /proc, /dev/stdin. The file is read in the background in large chunks; only these
// are ever in memory.
#include "output.hpp"

#include <simul/simul.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

simul::task<> cat(std::filesystem::path path, bool numbered) {
    standard_output out;
    std::string prefix;
    std::size_t number = 0;

    auto lines = simul::lines(path);
    while (auto line = co_await lines.next()) { // *line is a view, valid until the next next()
        if (numbered) {
            prefix = std::to_string(++number);
            prefix.insert(0, prefix.size() < 6 ? 6 - prefix.size() : 0, ' ');
            prefix += "  ";
            out.write(prefix);
        }
        out.write(*line);
        out.write("\n");
    }
    out.flush();
}

int main(int argc, char** argv) {
    const bool numbered = argc > 1 && std::string_view(argv[1]) == "-n";
    const int files = argc - 1 - (numbered ? 1 : 0);
    if (files != 1) {
        std::fputs("usage: cat_lines [-n] FILE\n", stderr);
        return 2;
    }
    const std::string_view name = argv[argc - 1];
    try {
        simul::run(cat(name == "-" ? "/dev/stdin" : name, numbered));
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cat_lines: %s\n", error.what());
        return 2;
    }
}
