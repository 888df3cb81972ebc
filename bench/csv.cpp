// Streams a file with simul::csv::rows, or with --parallel with rows_parallel, and visits every
// field: counts the rows, the fields and the bytes of the unquoted fields, or with --raw of the
// fields as they stand. The baseline is baseline/uv_csv.c.
#include "measure.hpp"

#include <simul/simul.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string_view>
#include <utility>

namespace {

struct row_count {
    std::uint64_t rows = 0;
    std::uint64_t fields = 0;
    std::uint64_t field_bytes = 0;
};

using all_rows = simul::async_generator<simul::csv::row>;

simul::task<row_count> count_raw(all_rows rows) {
    row_count result;
    while (auto row = co_await rows.next()) {
        ++result.rows;
        result.fields += row->size();
        for (std::size_t i = 0; i < row->size(); ++i) result.field_bytes += row->raw(i).size();
    }
    co_return result;
}

simul::task<row_count> count(all_rows rows) {
    row_count result;
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
    const std::string_view option = argc == 3 ? argv[1] : "";
    const bool raw = option == "--raw";
    const bool parallel = option == "--parallel";
    if (argc != 2 && !raw && !parallel) {
        std::fprintf(stderr, "usage: %s [--raw | --parallel] FILE\n", argv[0]);
        return 2;
    }
    try {
        const std::filesystem::path path = argv[argc - 1];
        const std::uint64_t bytes = std::filesystem::file_size(path);
        const measure::start_time start;
        all_rows rows = parallel ? simul::csv::rows_parallel(path) : simul::csv::rows(path);
        const row_count found =
            simul::run(raw ? count_raw(std::move(rows)) : count(std::move(rows)));
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
