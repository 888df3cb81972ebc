// The engine seen by whoever brings the bytes: buffers, batches and the choice of a kernel.

#include "csv_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace {

using simul::detail::csv_engine;
using simul::detail::isa;
using namespace simul_test;

std::string sample_table() {
    std::string text = "id,name,note\n";
    for (int i = 0; i < 2000; ++i) {
        text += std::to_string(i) + ",\"name, " + std::to_string(i * 7) + "\"," +
                (i % 5 == 0 ? "\"say \"\"x\"\"\ntwice\"" : "plain text") + (i % 3 ? "\n" : "\r\n");
    }
    return text;
}

TEST(csv_engine, every_kernel_and_every_chunk_size_give_the_same_rows) {
    const std::string text = sample_table();
    const csv_result expected = read_csv(text, {.header = true}, 0, isa::exact);
    ASSERT_EQ(expected.rows.size(), 2000U);
    for (const isa kernel : all_csv_kernels()) {
        SCOPED_TRACE(simul::detail::isa_name(kernel));
        for (const std::size_t chunk : {0U, 1U, 63U, 64U, 1000U, 4096U, 65535U, 262144U}) {
            EXPECT_TRUE(read_csv(text, {.header = true}, chunk, kernel) == expected) << chunk;
        }
        EXPECT_TRUE(feed_csv(text, {.header = true}, 1000, 16, kernel) == expected);
        EXPECT_TRUE(feed_csv(text, {.header = true}, 4096, 4096, kernel) == expected);
    }
}

// Most pieces of the text have no quote at all, and quotes come at every place of a block.
TEST(csv_engine, quotes_that_are_rare_are_seen_wherever_they_stand) {
    for (std::size_t shift = 1; shift <= 64; shift += 3) {
        std::string text = std::string(shift, 'x') + "\n";
        csv_result expected;
        expected.rows.push_back({{std::string(shift, 'x')}, 1, 0});
        std::uint64_t line = 2;
        for (int i = 0; i < 6000; ++i) {
            const std::string number = std::to_string(i);
            const bool quoted = i % 1501 == 750;
            const std::string plain = i % 1501 == 200 ? "no \"quoted\" field" : "plain";
            expected.rows.push_back({{quoted ? "a,\n\"b\"" : plain, number}, line, text.size()});
            text += (quoted ? "\"a,\n\"\"b\"\"\"" : plain) + ',' + number + '\n';
            line += quoted ? 2 : 1;
        }
        for (const isa kernel : all_csv_kernels()) {
            SCOPED_TRACE(simul::detail::isa_name(kernel));
            EXPECT_TRUE(read_csv(text, {}, 0, kernel) == expected) << shift;
            EXPECT_TRUE(read_csv(text, {}, 5000, kernel) == expected) << shift;
            EXPECT_TRUE(read_csv(text, {}, 65536, kernel) == expected) << shift;
        }
    }
}

TEST(csv_engine, a_long_text_passes_through_the_space_of_one_chunk) {
    constexpr std::size_t chunk = 64U << 10;
    const std::string line = "some,row,of,\"a \"\"long\"\" text\"\n";
    csv_engine engine({}, "t.csv");
    std::uintptr_t lowest = UINTPTR_MAX;
    std::uintptr_t highest = 0;
    std::uint64_t rows = 0;
    std::size_t at = 0; // in `line`
    for (int i = 0; i < 500; ++i) {
        const std::span<char> space = engine.prepare(chunk);
        ASSERT_GE(space.size(), chunk);
        for (char& c : space.first(chunk)) {
            c = line[at];
            at = at + 1 == line.size() ? 0 : at + 1;
        }
        lowest = std::min(lowest, reinterpret_cast<std::uintptr_t>(space.data()));
        highest = std::max(highest, reinterpret_cast<std::uintptr_t>(space.data() + chunk));
        engine.commit(chunk);
        for (auto batch = engine.batch(); !batch.empty(); batch = engine.batch()) {
            rows += batch.size();
            ASSERT_EQ(batch.back()[3], "a \"long\" text");
        }
    }
    EXPECT_LE(highest - lowest, 2 * chunk);
    EXPECT_EQ(rows, 500 * chunk / line.size());
}

TEST(csv_engine, rows_come_as_soon_as_their_line_end_has_been_seen) {
    csv_engine engine({.header = true}, "t.csv");
    const auto send = [&](std::string_view text) {
        std::copy(text.begin(), text.end(), engine.prepare(text.size()).begin());
        engine.commit(text.size());
        return engine.batch().size();
    };
    EXPECT_EQ(send("\xEF"), 0U);
    EXPECT_EQ(send("\xBB\xBFx\r"), 0U);
    ASSERT_EQ(engine.names().size(), 1U);
    EXPECT_EQ(engine.names()[0], "x");
    EXPECT_EQ(engine.batch().size(), 0U);
    EXPECT_EQ(send("\n1\r"), 1U);
    EXPECT_EQ(engine.batch().size(), 0U);
    EXPECT_EQ(send("\n"), 0U);
    EXPECT_EQ(send("2"), 0U);
    EXPECT_FALSE(engine.done());
    engine.finish();
    EXPECT_EQ(engine.batch().size(), 1U);
    EXPECT_EQ(engine.batch().size(), 0U);
    EXPECT_TRUE(engine.done());
}

TEST(csv_engine, a_batch_is_bounded) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "x\n";
    csv_engine engine({}, "t.csv");
    engine.borrow(text);
    std::size_t rows = 0;
    for (auto batch = engine.batch(); !batch.empty(); batch = engine.batch()) {
        EXPECT_LE(batch.size(), 1024U);
        rows += batch.size();
    }
    EXPECT_EQ(rows, 10'000U);
}

TEST(csv_engine, a_kernel_that_the_processor_lacks_is_refused) {
    for (const isa kernel : {isa::sse2, isa::avx2, isa::avx512}) {
        if (simul::detail::isa_available(kernel)) {
            EXPECT_NO_THROW(csv_engine({}, "t.csv", kernel));
        } else {
            EXPECT_THROW(csv_engine({}, "t.csv", kernel), std::invalid_argument);
        }
    }
    EXPECT_TRUE(simul::detail::isa_available(isa::portable));
}

} // namespace
