// The CSV engine against Python's csv module, and against itself: every kernel and every way of
// cutting the text must give what the byte by byte scan of the whole text gives. SIMUL_CSV_CASES is
// how many texts there are; SIMUL_CSV_SEED makes other ones.

#include "build_kind.hpp"
#include "csv_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using simul::csv::options;
using simul::detail::isa;
using namespace simul_test;

struct test_case {
    options dialect;
    std::string text;
    std::vector<csv_row_copy> rows;
};

unsigned digit_of(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

std::string from_hex(std::string_view hex) {
    std::string bytes(hex.size() / 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(digit_of(hex[2 * i]) * 16 + digit_of(hex[2 * i + 1]));
    }
    return bytes;
}

// What stands before the first `separator`, which is taken from `text` as well.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t at = std::min(text.find(separator), text.size());
    const std::string_view word = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return word;
}

unsigned take_number(std::string_view& text, char separator) {
    const std::string_view word = take_until(text, separator);
    unsigned value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
}

test_case parse_case(std::string_view line) {
    test_case result;
    result.dialect.delimiter = static_cast<char>(take_number(line, ' '));
    result.dialect.quote = static_cast<char>(take_number(line, ' '));
    result.dialect.escape = static_cast<char>(take_number(line, ' '));
    result.dialect.strict = false;
    result.dialect.skip_blank = false;
    result.text = from_hex(take_until(line, ' ').substr(1));
    while (!line.empty()) {
        std::string_view word = take_until(line, ' ');
        csv_row_copy row;
        row.line = take_number(word, ':');
        if (word != "!") {
            for (;;) {
                const bool last = word.find(',') == word.npos;
                row.fields.push_back(from_hex(take_until(word, ',')));
                if (last) break;
            }
        }
        result.rows.push_back(std::move(row));
    }
    return result;
}

// The cases come out of one Python process, one after the other.
class python_cases {
public:
    python_cases(unsigned seed, unsigned count)
        : pipe_(popen(("python3 '" SIMUL_TEST_DIR "/csv_cases.py' " + std::to_string(seed) + " " +
                       std::to_string(count))
                          .c_str(),
                      "r"),
                pclose) {}
    python_cases(const python_cases&) = delete;
    python_cases& operator=(const python_cases&) = delete;
    ~python_cases() { std::free(line_); }

    bool next(test_case& into) {
        const ssize_t size = pipe_ ? getline(&line_, &capacity_, pipe_.get()) : -1;
        if (size <= 0) return false;
        into = parse_case(std::string_view(line_, static_cast<std::size_t>(size) - 1));
        return true;
    }

private:
    std::unique_ptr<FILE, int (*)(FILE*)> pipe_;
    char* line_ = nullptr;
    std::size_t capacity_ = 0;
};

class csv_python : public testing::Test {
protected:
    // From 3.11 on NUL passes through Python's csv module.
    void SetUp() override {
        if (std::system("python3 -c 'import csv, sys; sys.exit(sys.version_info < (3, 11))' "
                        "2>/dev/null") != 0) {
            GTEST_SKIP() << "needs python3, 3.11 or newer";
        }
    }
};

unsigned from_environment(const char* name, unsigned otherwise) {
    const char* wish = std::getenv(name);
    return wish == nullptr ? otherwise : static_cast<unsigned>(std::atoi(wish));
}
unsigned case_count() { return from_environment("SIMUL_CSV_CASES", sanitized ? 2'000 : 10'000); }
unsigned case_seed() { return from_environment("SIMUL_CSV_SEED", 1); }

constexpr std::array<std::size_t, 3> large_chunks{4096, 65535, 262144};

// Everything with everything would take a day: each kernel reads each text as a whole and in chunks
// of a few sizes, which go round so that each kernel meets each size again and again. Sizes from 1
// to 64 are for all texts, the large ones for those that are larger than them.
std::vector<std::size_t> chunk_sizes(unsigned number, std::size_t kernel, std::size_t text_size) {
    std::vector<std::size_t> sizes{1 + (number * 2 + kernel * 13) % 64};
    if (text_size < large_chunks.front()) {
        sizes.push_back(1 + (number * 2 + 1 + kernel * 13) % 64);
    } else {
        for (const std::size_t chunk : large_chunks) {
            if (chunk < text_size) sizes.push_back(chunk);
        }
    }
    return sizes;
}

using meetings = std::map<std::pair<isa, std::size_t>, unsigned>;

// The text with every kernel; half the readers bring their own buffers.
void check_all(const std::string& text, const options& dialect, const csv_result& expected,
               unsigned number, meetings& met) {
    std::size_t kernel = 0;
    for (const isa set : all_csv_kernels()) {
        ASSERT_EQ(read_csv(text, dialect, 0, set), expected)
            << testing::PrintToString(text) << simul::detail::isa_name(set);
        for (const std::size_t chunk : chunk_sizes(number, kernel, text.size())) {
            const std::size_t head_room = number % 3 == 0 ? 16 : 4096;
            const csv_result found = (number + chunk) / 2 % 2 == 0
                                         ? read_csv(text, dialect, chunk, set)
                                         : feed_csv(text, dialect, chunk, head_room, set);
            ASSERT_EQ(found, expected) << testing::PrintToString(text)
                                       << simul::detail::isa_name(set) << " chunk " << chunk;
            ++met[{set, chunk}];
        }
        ++kernel;
    }
}

TEST_F(csv_python, rows_are_those_of_the_csv_module_with_every_kernel_and_chunk_size) {
    python_cases cases(case_seed(), case_count());
    meetings met;
    unsigned number = 0;
    for (test_case c; cases.next(c); ++number) {
        const csv_result expected = read_csv(c.text, c.dialect, 0, isa::exact);
        ASSERT_EQ(expected.error, "");
        ASSERT_EQ(expected.rows.size(), c.rows.size()) << testing::PrintToString(c.text);
        for (std::size_t i = 0; i < c.rows.size(); ++i) {
            ASSERT_EQ(expected.rows[i].fields, c.rows[i].fields)
                << testing::PrintToString(c.text) << " row " << i;
            ASSERT_EQ(expected.rows[i].line, c.rows[i].line)
                << testing::PrintToString(c.text) << " row " << i;
        }
        ASSERT_NO_FATAL_FAILURE(check_all(c.text, c.dialect, expected, number, met));
    }
    EXPECT_EQ(number, case_count());
    if (case_count() < 2'000) return;
    for (const isa set : all_csv_kernels()) {
        for (std::size_t chunk = 1; chunk <= 64; ++chunk) {
            EXPECT_GE((met[{set, chunk}]), case_count() / 64)
                << simul::detail::isa_name(set) << " chunk " << chunk;
        }
        EXPECT_GT((met[{set, 4096U}]), 0U);
        // Texts of that length are rare.
        if (case_count() == 100'000) {
            EXPECT_GT((met[{set, 65535U}]), 10U);
            EXPECT_GT((met[{set, 262144U}]), 1U);
        }
    }
}

TEST_F(csv_python, every_other_option_gives_the_same_with_every_kernel_and_chunk_size) {
    std::mt19937 random(case_seed());
    const auto coin = [&] { return random() % 2 == 0; };
    const unsigned count = std::max(case_count() / 5, 1U);
    python_cases cases(case_seed() + 1, count);
    meetings met;
    unsigned number = 0;
    for (test_case c; cases.next(c); ++number) {
        options dialect = c.dialect;
        dialect.strict = coin();
        dialect.skip_blank = coin();
        dialect.trim = coin();
        dialect.header = coin();
        if (coin()) dialect.comment = '#';
        if (coin()) dialect.max_row = 1 + random() % 100;
        std::string text = coin() ? c.text : "\xEF\xBB\xBF" + c.text;
        // Padding moves the text against the blocks of the kernels.
        if (coin()) text.insert(coin() ? 0 : text.size(), std::string(random() % 70, 'p'));
        const csv_result expected = read_csv(text, dialect, 0, isa::exact);
        ASSERT_NO_FATAL_FAILURE(check_all(text, dialect, expected, number, met));
    }
    EXPECT_EQ(number, count);
}

} // namespace
