// The bounds of the CSV reader, with every kernel: rows as long and as wide as they may be, and a
// field that is far longer.

#include "csv_text.hpp"
#include "run_virtual.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace {

using simul::task;
using simul::detail::csv_engine;
using namespace simul_test;

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30U;

// One row, and then a field of a gibibyte, of which there is never more than what a read asks for.
class huge_field {
public:
    task<std::size_t> read(std::span<std::byte> into) {
        static constexpr std::string_view start = "a,b\nc,\"";
        std::size_t n = 0;
        for (; n < into.size() && at_ < start.size(); ++n) {
            into[n] = static_cast<std::byte>(start[static_cast<std::size_t>(at_++)]);
        }
        const auto rest = std::min<std::uint64_t>(into.size() - n, gibibyte + start.size() - at_);
        std::fill_n(into.data() + n, rest, std::byte{'x'});
        at_ += rest;
        co_return n + static_cast<std::size_t>(rest);
    }
    [[nodiscard]] std::uint64_t position() const { return at_; }

private:
    std::uint64_t at_ = 0;
};

TEST(csv_limits, a_field_of_a_gibibyte_is_an_error_as_soon_as_the_row_is_longer_than_max_row) {
    for (const std::size_t max_row : {std::size_t{1} << 20U, simul::csv::options().max_row}) {
        huge_field stream;
        simul::csv::options options;
        options.max_row = max_row;
        std::string error;
        std::size_t rows = 0;
        run_virtual([&]() -> task<> {
            auto all = simul::csv::rows(stream, options);
            try {
                while (auto row = co_await all.next()) rows += row->size() == 2 ? 1 : 0;
            } catch (const simul::csv::error& e) {
                error = e.what();
                EXPECT_EQ(e.line(), 2u);
                EXPECT_EQ(e.column(), 1u);
                EXPECT_EQ(e.offset(), 4u);
            }
        });
        EXPECT_EQ(rows, 1u);
        EXPECT_NE(error.find("max_row"), std::string::npos) << error;
        // What is read ahead is a few chunks, never the field.
        EXPECT_LE(stream.position(), max_row + 16 * options.chunk_size);
    }
}

TEST(csv_limits, a_row_may_be_exactly_as_long_as_max_row_with_every_kernel) {
    constexpr std::size_t longest = std::size_t{4} << 20U;
    const std::string exact = "\"" + std::string(longest - 3, 'y') + "\",\n";
    const std::string longer = "\"" + std::string(longest - 2, 'y') + "\",\n";
    const simul::csv::options options{.max_row = longest};
    for (const simul::detail::isa kernel : all_csv_kernels()) {
        SCOPED_TRACE(simul::detail::isa_name(kernel));
        for (const std::size_t chunk :
             {std::size_t{0}, std::size_t{65535}, std::size_t{1} << 18U}) {
            const csv_result good = read_csv("x\n" + exact + exact + "z\n", options, chunk, kernel);
            EXPECT_EQ(good.error, "");
            ASSERT_EQ(good.rows.size(), 4u);
            EXPECT_EQ(good.rows[2].fields[0].size(), longest - 3);
            EXPECT_EQ(good.rows[3].line, 4u);

            const csv_result bad = read_csv("x\n" + exact + longer + "z\n", options, chunk, kernel);
            EXPECT_EQ(bad.rows.size(), 2u);
            EXPECT_EQ(bad.error, "t.csv:3:1: a row longer than max_row, which is 4194304 bytes");
        }
    }
}

TEST(csv_limits, a_million_columns_are_read_and_found_by_name_with_every_kernel) {
    constexpr std::size_t columns = 1'000'000;
    std::string text;
    for (std::size_t i = 0; i < columns; ++i) {
        text += (i == 0 ? "c" : ",c") + std::to_string(i);
    }
    text += '\n';
    for (std::size_t i = 0; i < columns; ++i) {
        if (i != 0) text += ',';
        text += i % 7 == 0 ? "\"" + std::to_string(i) + ",\"\"\n\"" : std::to_string(i);
    }
    text += "\nshort\n";
    const simul::csv::options options{.header = true};
    for (const simul::detail::isa kernel : all_csv_kernels()) {
        SCOPED_TRACE(simul::detail::isa_name(kernel));
        csv_engine engine(options, "t.csv", kernel);
        std::string_view rest = text;
        std::size_t rows = 0;
        while (!engine.done()) {
            for (const simul::csv::row& row : engine.batch()) {
                if (++rows == 2) {
                    EXPECT_EQ(row.size(), 1u);
                    EXPECT_THROW((void)row["c999999"], simul::csv::error);
                    continue;
                }
                ASSERT_EQ(row.size(), columns);
                EXPECT_EQ(row["c999998"], "999998");
                EXPECT_EQ(row["c999999"].data(), row[columns - 1].data());
                EXPECT_EQ(row["c700000"], "700000,\"\n");
                std::uint64_t bytes = 0;
                for (const std::string_view field : row) bytes += field.size();
                EXPECT_EQ(bytes, 10 + 90 * 2 + 900 * 3 + 9000 * 4 + 90'000 * 5 + 900'000 * 6 +
                                     3 * ((columns + 6) / 7));
            }
            const std::size_t n = std::min<std::size_t>(rest.size(), 65535);
            if (n == 0) {
                engine.finish();
            } else {
                std::copy_n(rest.data(), n, engine.prepare(n).data());
                engine.commit(n);
                rest.remove_prefix(n);
            }
        }
        EXPECT_EQ(rows, 2u);
    }
}

} // namespace
