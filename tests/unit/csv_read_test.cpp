// What the CSV reader makes of a text: rows, fields, positions and errors.

#include "csv_text.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using simul::csv::options;
using simul_test::csv_result;
using simul_test::read_csv;
using table = std::vector<std::vector<std::string>>;
using namespace std::string_literals;

table fields(std::string_view text, const options& o = {}) { return read_csv(text, o).fields(); }

TEST(csv_read, an_empty_text_has_no_rows) {
    EXPECT_EQ(fields(""), table());
    EXPECT_EQ(fields("\n\r\n\r"), table());
    EXPECT_EQ(fields("\xEF\xBB\xBF"), table());
}

TEST(csv_read, the_last_line_counts_without_a_newline) {
    EXPECT_EQ(fields("a,b\nc,d"), (table{{"a", "b"}, {"c", "d"}}));
    EXPECT_EQ(fields("a,b\nc,"), (table{{"a", "b"}, {"c", ""}}));
    EXPECT_EQ(fields("\"a\""), (table{{"a"}}));
}

TEST(csv_read, a_lone_cr_an_lf_and_a_crlf_each_end_a_row) {
    EXPECT_EQ(fields("a\rb\nc\r\nd"), (table{{"a"}, {"b"}, {"c"}, {"d"}}));
    EXPECT_EQ(fields("a,\r\n,b\r\n"), (table{{"a", ""}, {"", "b"}}));
    const options keep{.skip_blank = false};
    EXPECT_EQ(fields("a\n\rb", keep), (table{{"a"}, {}, {"b"}}));
    EXPECT_EQ(fields("a\r\r\nb", keep), (table{{"a"}, {}, {"b"}}));
}

TEST(csv_read, quoted_fields_hold_delimiters_newlines_and_doubled_quotes) {
    EXPECT_EQ(fields("\"Brooklyn, New York\",\"x\r\ny\",\"say \"\"no\"\"\"\n"),
              (table{{"Brooklyn, New York", "x\r\ny", "say \"no\""}}));
    EXPECT_EQ(fields("\"\",\"\"\"\",\"\"\"\"\"\"\n"), (table{{"", "\"", "\"\""}}));
}

TEST(csv_read, a_quote_inside_an_unquoted_field_is_an_ordinary_character) {
    EXPECT_EQ(fields("5\" disk,a\"b\"\n \"x\",y\n"),
              (table{{"5\" disk", "a\"b\""}, {" \"x\"", "y"}}));
}

TEST(csv_read, quotes_inside_unquoted_fields_do_not_disturb_the_fields_behind_them) {
    std::string text;
    table expected;
    for (int i = 0; i < 200; ++i) {
        text += "5\" disk,\"a,\"\"" + std::to_string(i) + "\",6\"x7\"\"\n";
        expected.push_back({"5\" disk", "a,\"" + std::to_string(i), "6\"x7\"\""});
    }
    for (const simul::detail::isa kernel : simul_test::all_csv_kernels()) {
        EXPECT_EQ(read_csv(text, {}, 0, kernel).fields(), expected);
    }
}

TEST(csv_read, nul_and_invalid_utf8_pass_through) {
    EXPECT_EQ(fields("a\0b,\xff\xfe\n\0"s), (table{{"a\0b"s, "\xff\xfe"}, {"\0"s}}));
    // Roles that nobody has are not played by NUL.
    const options none{.delimiter = 0, .quote = 0};
    EXPECT_EQ(fields("a\0b,\"c\n"s, none), (table{{"a\0b,\"c"s}}));
}

TEST(csv_read, a_byte_order_mark_is_dropped_and_belongs_to_no_column) {
    EXPECT_EQ(fields("\xEF\xBB\xBF\"a,b\",c\n"), (table{{"a,b", "c"}}));
    EXPECT_EQ(fields("\xEF\xBB"), (table{{"\xEF\xBB"}}));
    EXPECT_EQ(fields("a\n\xEF\xBB\xBFz\n"), (table{{"a"}, {"\xEF\xBB\xBFz"}}));
    EXPECT_EQ(read_csv("\xEF\xBB\xBF\"a\"b").error, "t.csv:1:4: text after a closing quote");
}

TEST(csv_read, a_blank_line_is_no_row_or_a_row_of_no_fields) {
    EXPECT_EQ(fields("\na\n\n\r\n\"\"\n \n"), (table{{"a"}, {""}, {" "}}));
    EXPECT_EQ(fields("\na\n\n", {.skip_blank = false}), (table{{}, {"a"}, {}}));
}

TEST(csv_read, comments_reach_to_the_end_of_their_line_whatever_is_in_them) {
    const options o{.comment = '#'};
    EXPECT_EQ(fields("# \"a, b\n1,#2\n#\n\"#3\"\r#\"\r\n#", o), (table{{"1", "#2"}, {"#3"}}));
    EXPECT_EQ(fields("a,\"\n# no comment\"\n", o), (table{{"a", "\n# no comment"}}));
    const csv_result r = read_csv("#1\n#2\na\n", o);
    ASSERT_EQ(r.rows.size(), 1U);
    EXPECT_EQ(r.rows[0].line, 3U);
}

TEST(csv_read, trim_takes_spaces_and_tabs_around_unquoted_fields) {
    const options o{.trim = true};
    EXPECT_EQ(fields(" a ,\t b c\t,\"  d \", \n", o), (table{{"a", "b c", "  d ", ""}}));
    EXPECT_EQ(fields(" a ,b \n"), (table{{" a ", "b "}}));
    EXPECT_EQ(fields(" a\\ ,\\ b\\\\ \n", {.escape = '\\', .trim = true}), (table{{"a ", " b\\"}}));
}

TEST(csv_read, an_escape_takes_the_meaning_from_what_follows) {
    const options o{.escape = '\\'};
    EXPECT_EQ(fields("a\\,b,\"c\\\"d\",e\\\\,f\\\ng\n\\\"h\n", o),
              (table{{"a,b", "c\"d", "e\\", "f\ng"}, {"\"h"}}));
    EXPECT_EQ(read_csv("\"a\"\"b\"\n", o).error, "t.csv:1:4: text after a closing quote");
}

TEST(csv_read, strict_reading_refuses_what_lenient_reading_repairs) {
    const options lenient{.strict = false};
    EXPECT_EQ(read_csv("x\ny,\"ab\"c,d\n").error, "t.csv:2:7: text after a closing quote");
    EXPECT_EQ(fields("\"ab\"c,d\"\"\n", lenient), (table{{"abc", "d\"\""}}));
    EXPECT_EQ(fields("\"ab\"c\"d\n", lenient), (table{{"abc\"d"}}));

    const csv_result open = read_csv("x\ny,\"ab\ncd");
    EXPECT_EQ(open.error, "t.csv:2:3: the quote that opens here is never closed");
    EXPECT_EQ(open.fields(), (table{{"x"}}));
    EXPECT_EQ(fields("x\ny,\"ab\ncd", lenient), (table{{"x"}, {"y", "ab\ncd"}}));
    EXPECT_EQ(fields("a,\"", lenient), (table{{"a", ""}}));

    EXPECT_EQ(read_csv("a\\", {.escape = '\\'}).error,
              "t.csv:1:2: an escape character with nothing after it");
}

TEST(csv_read, what_came_before_an_error_has_been_delivered_and_the_error_stays) {
    simul::detail::csv_engine engine({}, "list.csv");
    engine.borrow("a,b\nc\n\"d\"x\ne\n");
    const auto rows = engine.batch();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1][0], "c");
    for (int time = 0; time != 2; ++time) {
        try {
            engine.batch();
            FAIL();
        } catch (const simul::csv::error& e) {
            EXPECT_EQ(e.source(), "list.csv");
            EXPECT_EQ(e.line(), 3U);
            EXPECT_EQ(e.column(), 4U);
            EXPECT_EQ(e.offset(), 9U);
            EXPECT_STREQ(e.what(), "list.csv:3:4: text after a closing quote");
        }
    }
}

TEST(csv_read, a_row_past_max_row_is_an_error_at_its_beginning) {
    const options o{.max_row = 5};
    EXPECT_EQ(fields("12345\r\n\"234\"\n", o), (table{{"12345"}, {"234"}}));
    for (const std::size_t chunk : {0U, 1U, 3U, 100U}) {
        const csv_result r = read_csv("a\n\"\n\",b\nc,d\n12,456\n", o, chunk);
        EXPECT_EQ(r.error, "t.csv:5:1: a row longer than max_row, which is 5 bytes");
        EXPECT_EQ(r.fields(), (table{{"a"}, {"\n", "b"}, {"c", "d"}}));
        EXPECT_EQ(read_csv("a\n123456", o, chunk).error,
                  "t.csv:2:1: a row longer than max_row, which is 5 bytes");
    }
}

TEST(csv_read, lines_and_offsets_tell_where_a_row_began) {
    const csv_result r = read_csv("a\r\n\"x\ny\r\nz\"\n\nb\rc", {}, 2);
    ASSERT_EQ(r.rows.size(), 4U);
    EXPECT_EQ(r.rows[0].line, 1U);
    EXPECT_EQ(r.rows[1].line, 2U);
    EXPECT_EQ(r.rows[1].offset, 3U);
    EXPECT_EQ(r.rows[2].line, 6U);
    EXPECT_EQ(r.rows[2].offset, 13U);
    EXPECT_EQ(r.rows[3].line, 7U);
}

TEST(csv_read, any_delimiter_and_quote_will_do) {
    EXPECT_EQ(fields("a;'b;c';d\n", {.delimiter = ';', .quote = '\''}), (table{{"a", "b;c", "d"}}));
    EXPECT_EQ(fields("a\xff\xfe\xff\n\xfe\n", {.delimiter = '\xff', .quote = '\xfe'}),
              (table{{"a", "\xff\n"}}));
}

TEST(csv_read, a_million_columns_and_a_field_of_megabytes_fit) {
    const std::string wide(1'000'000, ',');
    const csv_result columns = read_csv(wide + "\nx\n", {}, 4096);
    ASSERT_EQ(columns.rows.size(), 2U);
    EXPECT_EQ(columns.rows[0].fields.size(), 1'000'001U);
    std::string big = "\"";
    for (int i = 0; i < 300'000; ++i) big += "ab,\n\"\"cd";
    big += "\"";
    const csv_result field = read_csv(big + "\nx\n", {}, 1);
    ASSERT_EQ(field.rows.size(), 2U);
    EXPECT_EQ(field.rows[0].fields[0].size(), 300'000U * 7);
    EXPECT_EQ(field.rows[1].line, 300'002U);
}

TEST(csv_read, options_that_contradict_each_other_are_refused) {
    EXPECT_THROW(fields("", {.delimiter = '"'}), std::invalid_argument);
    EXPECT_THROW(fields("", {.delimiter = '\n'}), std::invalid_argument);
    EXPECT_THROW(fields("", {.quote = '\r'}), std::invalid_argument);
    EXPECT_THROW(fields("", {.escape = ',', .comment = '#'}), std::invalid_argument);
    EXPECT_THROW(fields("", {.escape = ' ', .trim = true}), std::invalid_argument);
    EXPECT_THROW(fields("", {.quote = '\t', .trim = true}), std::invalid_argument);
    EXPECT_THROW(fields("", {.comment = '"'}), std::invalid_argument);
    EXPECT_THROW(fields("", {.max_row = 0}), std::invalid_argument);
    EXPECT_THROW(fields("", {.chunk_size = 0}), std::invalid_argument);
    EXPECT_NO_THROW(fields("", {.delimiter = 0, .quote = 0}));
}

} // namespace
