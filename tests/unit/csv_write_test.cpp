// Rows as CSV text: quoted only where they must be, and read back as they were.

#include "csv_text.hpp"

#include <simul/gen/detail/csv_write.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using simul::csv::options;
using fields = std::vector<std::string>;

void append_row(std::string& out, const fields& row, const options& o, bool quote_all = false,
                bool crlf = false) {
    const simul::detail::csv_format format(o, quote_all, crlf);
    std::string scratch;
    simul::detail::csv_row_format to(format, out, scratch);
    for (const std::string& field : row) to.add(field);
    to.finish();
}

std::string written(const fields& row, const options& o = {}, bool quote_all = false,
                    bool crlf = false) {
    std::string out;
    append_row(out, row, o, quote_all, crlf);
    return out;
}

template <class... Values>
std::string written_values(const options& o, const Values&... values) {
    const simul::detail::csv_format format(o, false, false);
    std::string out;
    std::string scratch;
    simul::detail::csv_row_format to(format, out, scratch);
    (to.add(values), ...);
    to.finish();
    return out;
}

TEST(csv_write, only_what_must_be_quoted_is_quoted) {
    EXPECT_EQ(written({"a", "b c", "", "#", " d "}), "a,b c,,#, d \n");
    EXPECT_EQ(written({"a,b", "say \"no\"", "x\ny", "\r"}),
              "\"a,b\",\"say \"\"no\"\"\",\"x\ny\",\"\r\"\n");
    EXPECT_EQ(written({"a;b", "c,d"}, {.delimiter = ';'}), "\"a;b\";c,d\n");
    EXPECT_EQ(written({" a", "b\t"}, {.trim = true}), "\" a\",\"b\t\"\n");
    EXPECT_EQ(written({"#a", "#b"}, {.comment = '#'}), "\"#a\",#b\n");
}

TEST(csv_write, a_row_of_one_empty_field_is_no_blank_line) {
    EXPECT_EQ(written({""}), "\"\"\n");
    EXPECT_EQ(written({"", ""}), ",\n");
    EXPECT_EQ(written({}, {.skip_blank = false}), "\n");
    EXPECT_THROW(written({}), std::invalid_argument); // it would not be read back
}

TEST(csv_write, all_fields_are_quoted_and_rows_end_with_crlf_by_option) {
    EXPECT_EQ(written({"a", "", "b\"c"}, {}, true), "\"a\",\"\",\"b\"\"c\"\n");
    EXPECT_EQ(written({"a", "b\n"}, {}, false, true), "a,\"b\n\"\r\n");
    EXPECT_THROW(written({"a"}, {.quote = 0}, true), std::invalid_argument);
}

TEST(csv_write, values_are_quoted_like_text) {
    using namespace std::chrono_literals;
    EXPECT_EQ(written_values({}, 1, 0.5, true, 'x', "text", std::optional<int>(),
                             std::optional<double>(1e300), 2024y / 2 / 29),
              "1,0.5,true,x,text,,1e+300,2024-02-29\n");
    EXPECT_EQ(written_values({.delimiter = '-'}, -1, 'a', ',', '-', 2024y / 2 / 29),
              "\"-1\"-a-,-\"-\"-\"2024-02-29\"\n");
    EXPECT_EQ(written_values({.delimiter = 'e'}, true, 1e300, 2), "\"true\"e\"1e+300\"e2\n");
    EXPECT_EQ(written_values({.comment = '1'}, 12, 12), "\"12\",12\n");
    EXPECT_EQ(written_values({}, std::optional<int>()), "\"\"\n");
}

TEST(csv_write, a_row_that_cannot_be_written_leaves_nothing) {
    std::string out = "before\n";
    const options no_quote{.quote = 0};
    EXPECT_THROW(append_row(out, {"fine", "not,fine"}, no_quote), std::invalid_argument);
    EXPECT_EQ(out, "before\n");
}

TEST(csv_write, an_escape_character_stands_before_what_it_protects) {
    EXPECT_EQ(written({"a\"b\\c"}, {.escape = '\\'}), "\"a\\\"b\\\\c\"\n");
    EXPECT_EQ(written({"a,b", "c\nd"}, {.quote = 0, .escape = '\\'}), "a\\,b,c\\\nd\n");
}

TEST(csv_write, what_the_dialect_cannot_say_is_refused) {
    EXPECT_THROW(written({"a,b"}, {.quote = 0}), std::invalid_argument);
    EXPECT_THROW(written({""}, {.quote = 0, .escape = '\\'}), std::invalid_argument);
    EXPECT_THROW(written({"a", "b"}, {.delimiter = 0}), std::invalid_argument);
}

// Any bytes, those of the dialect more often than others.
std::string random_field(std::mt19937& random, const options& o) {
    const char special[] = {o.delimiter, o.quote, o.escape, o.comment, '\n', '\r', ' ', '\t', '\0'};
    std::string field;
    for (std::size_t n = random() % 6; n != 0; --n) {
        switch (random() % 4) {
        case 0: field += static_cast<char>(random() % 256); break;
        case 1: field += "plain text"; break;
        case 2: field += special[random() % std::size(special)]; break;
        default: field += "\xEF\xBB\xBF";
        }
    }
    return field;
}

TEST(csv_write, whatever_is_written_is_read_back_byte_for_byte) {
    std::mt19937 random(7);
    const auto one_in = [&](unsigned n) { return random() % n == 0; };
    for (int round = 0; round < 4000; ++round) {
        options o;
        const char delimiters[] = {',', ';', '\t', '|', 'x', '1', '\x01', '\xff'};
        o.delimiter = delimiters[random() % std::size(delimiters)];
        o.escape = one_in(2) ? '\0' : '\\';
        o.quote = o.escape != 0 && one_in(3) ? '\0' : one_in(2) ? '"' : '\'';
        o.comment = one_in(2) ? '\0' : '#';
        o.trim = one_in(2);
        o.skip_blank = one_in(2);
        o.strict = one_in(2);
        const bool quote_all = o.quote != 0 && one_in(3);
        const bool crlf = one_in(2);
        std::vector<fields> rows;
        std::string text;
        for (std::size_t r = random() % 5; r != 0; --r) {
            fields row(random() % 4);
            for (std::string& field : row) field = random_field(random, o);
            if ((o.quote == 0 && row == fields{""}) || (o.skip_blank && row.empty())) continue;
            append_row(text, row, o, quote_all, crlf);
            rows.push_back(row);
        }
        const simul_test::csv_result result = simul_test::read_csv(text, o);
        ASSERT_EQ(result.error, "") << testing::PrintToString(text);
        ASSERT_EQ(result.fields(), rows) << testing::PrintToString(text);
    }
}

} // namespace
