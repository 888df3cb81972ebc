// Streams a file with simul::csv::rows and visits every field: counts the rows, the fields and the
// bytes of the unquoted fields, or with --raw of the fields as they stand. The baseline is
// baseline/uv_csv.c.
#include "measure.hpp"

#include <simul/simul.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string_view>

namespace {

struct row_count {
    std::uint64_t rows = 0;
    std::uint64_t fields = 0;
    std::uint64_t field_bytes = 0;
};

simul::task<row_count> count_raw(std::filesystem::path path) {
    row_count result;
    auto rows = simul::csv::rows(path);
    while (auto row = co_await rows.next()) {
        ++result.rows;
        result.fields += row->size();
        for (std::size_t i = 0; i < row->size(); ++i) result.field_bytes += row->raw(i).size();
    }
    co_return result;
}

simul::task<row_count> count(std::filesystem::path path) {
    row_count result;
    auto rows = simul::csv::rows(path);
    while (auto row = co_await rows.next()) {
        ++result.rows;
        for (std::string_view field : row->fields()) {
            ++result.fields;
            result.field_bytes += field.size();
        }
    }
    co_return result;
}

} // namespace

int main(int argc, char** argv) {
    const bool raw = argc == 3 && std::string_view(argv[1]) == "--raw";
    if (argc != 2 && !raw) {
        std::fprintf(stderr, "usage: %s [--raw] FILE\n", argv[0]);
        return 2;
    }
    try {
        const std::filesystem::path path = argv[argc - 1];
        const std::uint64_t bytes = std::filesystem::file_size(path);
        const measure::start_time start;
        const row_count found = simul::run(raw ? count_raw(path) : count(path));
        std::printf("rows=%llu fields=%llu field_bytes=%llu ",
                    static_cast<unsigned long long>(found.rows),
                    static_cast<unsigned long long>(found.fields),
                    static_cast<unsigned long long>(found.field_bytes));
        measure::print_rate(bytes, start);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 2;
    }
}
