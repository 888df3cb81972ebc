// Streams a file with simul::lines: counts the lines and finds the longest. The baselines are
// baseline/*lines*.c.
#include "measure.hpp"

#include <simul/simul.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>

namespace {

struct line_count {
    std::uint64_t lines = 0;
    std::uint64_t longest = 0;
};

simul::task<line_count> count(std::filesystem::path path) {
    line_count result;
    auto lines = simul::lines(path);
    while (auto line = co_await lines.next()) {
        ++result.lines;
        result.longest = std::max<std::uint64_t>(result.longest, line->size());
    }
    co_return result;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    try {
        const std::uint64_t bytes = std::filesystem::file_size(argv[1]);
        const measure::start_time start;
        const line_count found = simul::run(count(argv[1]));
        std::printf("lines=%llu longest=%llu ", static_cast<unsigned long long>(found.lines),
                    static_cast<unsigned long long>(found.longest));
        measure::print_rate(bytes, start);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 2;
    }
}
