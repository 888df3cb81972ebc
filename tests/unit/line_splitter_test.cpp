#include <simul/coro/detail/chunk_buffer.hpp>
#include <simul/gen/detail/isa.hpp>
#include <simul/gen/detail/line_splitter.hpp>
#include <simul/gen/line_error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using simul::detail::chunk_buffer;
using simul::detail::isa;
using simul::detail::line_splitter;
using namespace std::string_literals;

struct split_result {
    std::vector<std::string> lines;
    std::string error;
    std::uint64_t line = 0;
    std::uint64_t offset = 0;
    bool operator==(const split_result&) const = default;
};

void PrintTo(const split_result& result, std::ostream* out) {
    for (const std::string& line : result.lines) *out << testing::PrintToString(line) << "\n";
    *out << result.error << " at " << result.line << ", " << result.offset;
}

struct splitting {
    std::size_t chunk = 4096;
    std::size_t max_line = 16 << 20;
    std::size_t piece = std::numeric_limits<std::size_t>::max(); // at most so much at a time
    bool lone_cr = false;
    isa instructions = isa::best;
    std::size_t batch = line_splitter::most_per_batch;
};

// As the splitter's comment tells.
split_result split(std::string_view text, const splitting& how) {
    split_result result;
    line_splitter splitter({.max_line = how.max_line, .lone_cr = how.lone_cr}, "text",
                           how.instructions);
    chunk_buffer buffer(how.chunk);
    int idle = 0;
    try {
        while (idle < 3) {
            const auto found = splitter.batch(how.batch);
            EXPECT_LE(found.size(), how.batch);
            for (const std::string_view line : found) result.lines.emplace_back(line);
            if (!found.empty()) continue;
            if (splitter.done()) return result;
            const auto space = buffer.prepare(splitter.rest());
            EXPECT_EQ(space.size(), how.chunk);
            const std::size_t n = std::min({space.size(), text.size(), how.piece});
            if (n == 0) ++idle;
            // What stood there before, or stands behind the text, is nobody's line end.
            std::memset(space.data(), '\n', space.size());
            std::memcpy(space.data(), text.data(), n);
            splitter.take(buffer.commit(n));
            text.remove_prefix(n);
        }
        ADD_FAILURE() << "it never ends";
    } catch (const simul::line_error& e) {
        result.error = e.what();
        result.line = e.line();
        result.offset = e.offset();
    }
    return result;
}

// What must come out, written as plainly as can be.
split_result expected(std::string_view text, std::size_t max_line = 16 << 20,
                      bool lone_cr = false) {
    split_result result;
    std::uint64_t offset = 0;
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
        offset = 3;
    }
    while (!text.empty()) {
        const std::size_t end = lone_cr ? text.find_first_of("\r\n") : text.find('\n');
        std::string_view line = text.substr(0, end);
        std::size_t taken = end == std::string_view::npos ? text.size() : end + 1;
        if (lone_cr && text.substr(line.size()).starts_with("\r\n")) ++taken;
        if (!lone_cr && end != std::string_view::npos && line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.size() > max_line) {
            result.line = result.lines.size() + 1;
            result.offset = offset;
            result.error = "text:" + std::to_string(result.line) + ": a line is longer than " +
                           std::to_string(max_line) + " bytes";
            return result;
        }
        result.lines.emplace_back(line);
        text.remove_prefix(taken);
        offset += taken;
    }
    return result;
}

std::vector<isa> all_instructions() {
    std::vector<isa> all;
    for (const isa each : {isa::exact, isa::portable, isa::sse2, isa::avx2, isa::avx512}) {
        if (simul::detail::isa_available(each)) all.push_back(each);
    }
    return all;
}

std::vector<std::size_t> chunk_sizes() {
    std::vector<std::size_t> sizes;
    for (std::size_t n = 1; n <= 64; ++n) sizes.push_back(n);
    for (const std::size_t n : {4095U, 4096U, 4097U, 65536U}) sizes.push_back(n);
    return sizes;
}

std::vector<std::string> awkward_texts() {
    return {
        "",
        "\n",
        "\r",
        "\r\n",
        "\n\n\n",
        "\r\n\r\n",
        "\r\r\n\n\r",
        "a",
        "a\n",
        "a\nb",
        "a\r\nb\r\n",
        "a\rb\n",
        "a\r",
        "last line\nwithout end",
        "last line\nwith CR\r",
        "\xEF\xBB\xBF",
        "\xEF\xBB\xBF\n",
        "\xEF\xBB\xBFtext\nmore",
        "\xEF\xBB\xBF\xEF\xBB\xBFtwo marks\n",
        "\xEF\xBB",
        "\xEF\xBB\n",
        "\xEF",
        "\xEF\xBB\xBEnot a mark\n",
        "text\n\xEF\xBB\xBFmark later\n",
        "with\0NUL\0bytes\n\0\n\0"s,
        "gr\xC3\xBC\xC3\x9F dich\n\xE2\x82\xAC\n",
        "\x80\xFF\xFE no UTF-8\n",
        std::string(200, 'x') + "\n" + std::string(63, 'y') + "\r\n" + std::string(64, 'z'),
        std::string(5000, 'x') + "\r\n" + std::string(4094, 'y') + "\r\n" + std::string(4096, 'z') +
            "\n",
        std::string(2000, '\n'),
    };
}

TEST(line_splitter, gives_the_same_lines_for_every_chunk_size_and_all_instructions) {
    for (const std::string& text : awkward_texts()) {
        for (const bool lone_cr : {false, true}) {
            const split_result all = expected(text, 16 << 20, lone_cr);
            for (const std::size_t chunk : chunk_sizes()) {
                for (const isa each : all_instructions()) {
                    if (chunk < 60 && chunk % 10 != 1 && each != isa::exact) continue;
                    const splitting how{.chunk = chunk, .lone_cr = lone_cr, .instructions = each};
                    ASSERT_EQ(split(text, how), all)
                        << testing::PrintToString(text) << " by " << chunk << ", "
                        << simul::detail::isa_name(each) << (lone_cr ? ", lone CR" : "");
                }
            }
        }
    }
}

TEST(line_splitter, gives_the_same_lines_for_short_reads) {
    for (const std::string& text : awkward_texts()) {
        for (const bool lone_cr : {false, true}) {
            const split_result all = expected(text, 16 << 20, lone_cr);
            for (std::size_t piece = 1; piece < 40; piece += 2) {
                ASSERT_EQ(split(text, {.chunk = 64, .piece = piece, .lone_cr = lone_cr}), all)
                    << testing::PrintToString(text) << " by " << piece;
            }
        }
    }
}

TEST(line_splitter, gives_the_same_lines_in_batches_of_any_size) {
    std::string text;
    for (std::size_t i = 0; i < 3000; ++i) text += std::string(i % 70, 'x') + (i % 3 ? "\n" : "\r");
    for (const bool lone_cr : {false, true}) {
        const split_result all = expected(text, 16 << 20, lone_cr);
        for (const std::size_t batch : {1U, 2U, 3U, 100U, 511U, 512U}) {
            for (const std::size_t chunk : {100U, 32768U, 1U << 20U}) {
                ASSERT_EQ(split(text, {.chunk = chunk, .lone_cr = lone_cr, .batch = batch}), all)
                    << batch << " by " << chunk;
            }
        }
    }
}

TEST(line_splitter, gives_the_same_error_for_every_chunk_size) {
    for (const std::string& text : awkward_texts()) {
        for (const std::size_t max_line :
             {0U, 1U, 2U, 3U, 63U, 64U, 65U, 199U, 200U, 201U, 4096U, 5000U}) {
            for (const bool lone_cr : {false, true}) {
                const split_result all = expected(text, max_line, lone_cr);
                for (const std::size_t chunk : chunk_sizes()) {
                    if (lone_cr && chunk % 8 != 1) continue;
                    ASSERT_EQ(
                        split(text, {.chunk = chunk, .max_line = max_line, .lone_cr = lone_cr}),
                        all)
                        << testing::PrintToString(text) << " by " << chunk << ", at most "
                        << max_line;
                }
            }
        }
    }
}

TEST(line_splitter, is_right_about_random_texts) {
    std::mt19937 random(42);
    const std::string letters = "ab\n\n\r\0\xEF\xBB\xBF"s;
    for (int round = 0; round < 3000; ++round) {
        std::string text(random() % 60, ' ');
        for (char& c : text) c = letters[random() % letters.size()];
        if (random() % 4 == 0) text.insert(0, "\xEF\xBB\xBF");
        const std::size_t max_line = random() % 10;
        const bool lone_cr = random() % 2 == 0;
        const splitting how{.chunk = 1 + random() % 20,
                            .max_line = max_line,
                            .lone_cr = lone_cr,
                            .batch = 1 + random() % 4};
        ASSERT_EQ(split(text, how), expected(text, max_line, lone_cr))
            << testing::PrintToString(text) << " by " << how.chunk << ", at most " << max_line;
    }
}

TEST(line_splitter, a_line_may_be_exactly_as_long_as_the_bound) {
    for (const char* const end : {"", "\n", "\r\n"}) {
        const std::string text = "first\n12345678" + std::string(end);
        for (const std::size_t chunk : chunk_sizes()) {
            const split_result fits = split(text, {.chunk = chunk, .max_line = 8});
            EXPECT_EQ(fits.error, "");
            ASSERT_EQ(fits.lines, (std::vector<std::string>{"first", "12345678"}));
            const split_result over = split(text, {.chunk = chunk, .max_line = 7});
            EXPECT_EQ(over.error, "text:2: a line is longer than 7 bytes");
            EXPECT_EQ(over.line, 2u);
            EXPECT_EQ(over.offset, 6u);
            ASSERT_EQ(over.lines, std::vector<std::string>{"first"});
        }
    }
}

TEST(line_splitter, a_last_line_that_is_too_long_by_a_lone_cr_is_too_long) {
    EXPECT_EQ(split("abc\r", {.max_line = 3}).error, "text:1: a line is longer than 3 bytes");
    EXPECT_EQ(split("abc\r", {.chunk = 1, .max_line = 3}).error,
              "text:1: a line is longer than 3 bytes");
    EXPECT_EQ(split("abc\r", {.chunk = 1, .max_line = 4}).lines, std::vector<std::string>{"abc\r"});
}

TEST(line_splitter, an_endless_line_ends_at_the_bound) {
    line_splitter splitter({.max_line = 1 << 20}, "endless");
    chunk_buffer buffer(4096);
    std::size_t committed = 0;
    try {
        while (committed < 4 << 20) {
            ASSERT_TRUE(splitter.batch().empty());
            const auto space = buffer.prepare(splitter.rest());
            std::memset(space.data(), 'x', space.size());
            splitter.take(buffer.commit(space.size()));
            committed += space.size();
        }
        FAIL() << "no error";
    } catch (const simul::line_error& e) {
        EXPECT_STREQ(e.what(), "endless:1: a line is longer than 1048576 bytes");
        EXPECT_LE(committed, (1U << 20U) + 8192);
    }
}

TEST(line_splitter, the_lines_of_a_batch_stay_until_the_next) {
    line_splitter splitter({}, "text");
    chunk_buffer buffer(8);
    const std::string_view text = "one\ntwo\nthree\nfour\n";
    std::size_t at = 0;
    std::vector<std::string> all;
    while (!splitter.done()) {
        const auto found = splitter.batch();
        const std::vector<std::string> copied(found.begin(), found.end());
        EXPECT_TRUE(std::equal(found.begin(), found.end(), copied.begin()));
        all.insert(all.end(), copied.begin(), copied.end());
        if (!found.empty()) continue;
        const auto space = buffer.prepare(splitter.rest());
        const std::size_t n = std::min(space.size(), text.size() - at);
        std::memcpy(space.data(), text.data() + at, n);
        at += n;
        splitter.take(buffer.commit(n));
    }
    EXPECT_EQ(all, (std::vector<std::string>{"one", "two", "three", "four"}));
}

TEST(line_splitter, an_impossible_chunk_size_is_refused) {
    EXPECT_THROW(line_splitter({.chunk_size = 0}, "text"), std::invalid_argument);
}

} // namespace
