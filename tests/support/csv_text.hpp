#pragma once

// Reads CSV text for tests: everything at once, or in pieces of any size, with any kernel.

#include <simul/gen/detail/csv_engine.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simul_test {

struct csv_row_copy {
    std::vector<std::string> fields;
    std::uint64_t line = 0;
    std::uint64_t offset = 0;
    bool operator==(const csv_row_copy&) const = default;
};

struct csv_result {
    std::vector<csv_row_copy> rows;
    std::string error; // what() of the error that ended it, or nothing
    bool operator==(const csv_result&) const = default;

    std::vector<std::vector<std::string>> fields() const {
        std::vector<std::vector<std::string>> all;
        for (const csv_row_copy& row : rows) all.push_back(row.fields);
        return all;
    }
};

inline void read_batches(simul::detail::csv_engine& engine, csv_result& result) {
    for (auto batch = engine.batch(); !batch.empty(); batch = engine.batch()) {
        for (const simul::csv::row& row : batch) {
            csv_row_copy copy;
            // All views first: asking for one field must not disturb another.
            const std::vector<std::string_view> views(row.begin(), row.end());
            copy.fields.assign(views.size(), {});
            std::copy(views.begin(), views.end(), copy.fields.begin());
            copy.line = row.line();
            copy.offset = row.offset();
            result.rows.push_back(std::move(copy));
        }
    }
}

// `chunk` of 0: the text is read where it is.
inline csv_result read_csv(std::string_view text, const simul::csv::options& options = {},
                           std::size_t chunk = 0,
                           simul::detail::isa kernel = simul::detail::isa::best) {
    csv_result result;
    simul::detail::csv_engine engine(options, "t.csv", kernel);
    try {
        if (chunk == 0) {
            engine.borrow(text);
            read_batches(engine, result);
            return result;
        }
        for (;;) {
            read_batches(engine, result);
            if (engine.done()) return result;
            const std::size_t n = std::min(chunk, text.size());
            if (n == 0) {
                engine.finish();
            } else {
                std::memcpy(engine.prepare(n).data(), text.data(), n);
                engine.commit(n);
                text.remove_prefix(n);
            }
        }
    } catch (const simul::csv::error& e) {
        result.error = e.what();
    }
    return result;
}

// The same through feed(), with buffers that are overwritten once they are no longer needed.
inline csv_result feed_csv(std::string_view text, const simul::csv::options& options,
                           std::size_t chunk, std::size_t head_room,
                           simul::detail::isa kernel = simul::detail::isa::best) {
    csv_result result;
    simul::detail::csv_engine engine(options, "t.csv", kernel);
    std::vector<char> buffers[2];
    int turn = 0;
    try {
        for (;;) {
            read_batches(engine, result);
            if (engine.done()) return result;
            const std::size_t n = std::min(chunk, text.size());
            if (n == 0) {
                engine.finish();
                continue;
            }
            std::vector<char>& buffer = buffers[turn];
            buffer.assign(head_room + n, '\0');
            std::memcpy(buffer.data() + head_room, text.data(), n);
            engine.feed(std::span<char>(buffer).subspan(head_room), head_room);
            turn = 1 - turn;
            std::fill(buffers[turn].begin(), buffers[turn].end(), '"');
            text.remove_prefix(n);
        }
    } catch (const simul::csv::error& e) {
        result.error = e.what();
    }
    return result;
}

inline std::vector<simul::detail::isa> all_csv_kernels() {
    using simul::detail::isa;
    std::vector<isa> all;
    for (const isa kernel : {isa::exact, isa::portable, isa::sse2, isa::avx2, isa::avx512}) {
        if (simul::detail::isa_available(kernel)) all.push_back(kernel);
    }
    return all;
}

} // namespace simul_test
