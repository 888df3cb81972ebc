// What a row gives: fields by position and name, conversions, and errors that say where.

#include <simul/gen/csv/parse.hpp>
#include <simul/gen/detail/csv_engine.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory_resource>
#include <optional>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using simul::csv::parse;
using simul::csv::row;

static_assert(sizeof(row) <= 32);
static_assert(std::forward_iterator<row::iterator>);
static_assert(std::ranges::sized_range<row>);
static_assert(std::ranges::forward_range<decltype(std::declval<row>().fields())>);

template <class Error, class Work>
std::string message(Work work) {
    try {
        work();
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

TEST(csv_row, a_raw_field_is_as_it_stands_in_the_text) {
    auto rows = parse("a,b,c\n\"x, \"\"y\"\"\",  plain ,\"\"\n1\n", {.header = true, .trim = true});
    const row* r = rows.next();
    ASSERT_NE(r, nullptr);
    EXPECT_EQ(r->raw(0), "\"x, \"\"y\"\"\"");
    EXPECT_EQ(r->raw(1), "  plain ");
    EXPECT_EQ(r->raw("c"), "\"\"");
    EXPECT_EQ(r->at(1), "plain");
    EXPECT_EQ(r->raw(0).data(), r->text().data()) << "it is a part of the text";
    EXPECT_THROW((void)r->raw(3), std::out_of_range);
    r = rows.next();
    ASSERT_NE(r, nullptr);
    EXPECT_EQ(r->raw(0), "1");
    EXPECT_THROW((void)r->raw("b"), simul::csv::error);
}

TEST(csv_row, an_empty_row_has_no_fields_to_walk_over) {
    const row nothing;
    EXPECT_EQ(nothing.begin(), nothing.end());
    auto rows = parse("\n", {.skip_blank = false});
    const row* r = rows.next();
    ASSERT_NE(r, nullptr);
    EXPECT_EQ(r->begin(), r->end());
}

TEST(csv_row, fields_are_found_by_position_and_by_name) {
    auto rows = parse("name,city,name\nx,\"Brooklyn, New York\",y\n", {.header = true});
    const row* r = rows.next();
    ASSERT_NE(r, nullptr);
    EXPECT_EQ(r->size(), 3U);
    EXPECT_EQ((*r)[1], "Brooklyn, New York");
    EXPECT_EQ((*r)["city"], "Brooklyn, New York");
    EXPECT_EQ((*r)["name"], "x"); // the first of two equal names
    EXPECT_EQ(r->at(2), "y");
    EXPECT_TRUE(r->contains("city"));
    EXPECT_FALSE(r->contains("town"));
    EXPECT_EQ(std::vector<std::string>(r->begin(), r->end()),
              (std::vector<std::string>{"x", "Brooklyn, New York", "y"}));
    EXPECT_EQ(std::ranges::distance(r->fields()), 3);
    EXPECT_EQ(r->names().size(), 3U);
    EXPECT_EQ(r->text(), "x,\"Brooklyn, New York\",y");
    EXPECT_EQ(r->line(), 2U);
    EXPECT_EQ(rows.next(), nullptr);
}

TEST(csv_row, a_wide_header_finds_every_name) {
    std::string text;
    for (int i = 0; i < 500; ++i) text += (i == 0 ? "c" : ",c") + std::to_string(i);
    text += '\n';
    for (int i = 0; i < 500; ++i) text += (i == 0 ? "" : ",") + std::to_string(i);
    auto rows = parse(text, {.header = true});
    const row* r = rows.next();
    ASSERT_NE(r, nullptr);
    for (int i = 0; i < 500; ++i) EXPECT_EQ(r->get<int>("c" + std::to_string(i)), i);
}

TEST(csv_row, what_is_missing_is_named_with_its_line) {
    auto rows = parse("a,b\n1,2\n\n3\n", {.header = true});
    rows.next();
    const row* r = rows.next();
    ASSERT_NE(r, nullptr);
    EXPECT_FALSE(r->contains("b"));
    EXPECT_EQ(message<simul::csv::error>([&] { (void)(*r)["b"]; }),
              "csv:4:1: no column \"b\": the row has 1 field, the column is at [1]");
    EXPECT_EQ(message<simul::csv::error>([&] { (void)(*r)["c"]; }),
              "csv:4:1: no column \"c\" in the header");
    EXPECT_EQ(message<std::out_of_range>([&] { (void)r->at(1); }),
              "csv:4:1: the row has 1 field, there is none at [1], column \"b\"");
    EXPECT_THROW((void)(*r)[7], std::out_of_range);
    EXPECT_THROW((void)r->get<int>(7), std::out_of_range);

    auto bare = parse("1,2\n");
    EXPECT_EQ(message<simul::csv::error>([&] { (void)(*bare.next())["a"]; }),
              "csv:1:1: no column \"a\": the text is read without a header");
}

TEST(csv_row, fields_become_numbers_and_optionals) {
    auto rows = parse("-12,2.5e3,\"7\",,true,x,255\n");
    const row* r = rows.next();
    ASSERT_NE(r, nullptr);
    EXPECT_EQ(r->get<int>(0), -12);
    EXPECT_EQ(r->get<double>(1), 2500.0);
    EXPECT_EQ(r->get<float>(0), -12.0F);
    EXPECT_EQ(r->get<unsigned long long>(2), 7U);
    EXPECT_EQ(r->get<std::optional<int>>(3), std::nullopt);
    EXPECT_EQ(r->get<std::optional<int>>(2), 7);
    EXPECT_EQ(r->get<std::optional<std::string>>(3), std::nullopt);
    EXPECT_TRUE(r->get<bool>(4));
    EXPECT_EQ(r->get<char>(5), 'x');
    EXPECT_EQ(r->get<std::uint8_t>(6), 255);
    EXPECT_EQ(r->get<std::string>(5), "x");
    EXPECT_EQ(r->get<std::string_view>(3), "");
}

TEST(csv_row, a_bad_field_says_line_column_and_its_text) {
    auto rows =
        parse("id,raisedAmt\n\"a\nb\",\"12\"\"x\"\n4 ,\n999999999999,300\n", {.header = true});
    const row* r = rows.next();
    ASSERT_NE(r, nullptr);
    try {
        (void)r->get<double>("raisedAmt");
        FAIL();
    } catch (const simul::csv::error& e) {
        EXPECT_STREQ(e.what(), "csv:3:4: column \"raisedAmt\": \"12\"x\" is not a number");
        EXPECT_EQ(e.line(), 3U);
        EXPECT_EQ(e.column(), 4U);
        EXPECT_EQ(e.offset(), 19U);
    }
    EXPECT_EQ(message<simul::csv::error>([&] { (void)r->get<int>(0); }),
              "csv:2:1: column \"id\": \"a\\x0ab\" is not an integer of 32 bits");
    r = rows.next();
    EXPECT_THROW((void)r->get<int>(0), simul::csv::error); // all of it must be the number
    EXPECT_THROW((void)r->get<int>(1), simul::csv::error);
    EXPECT_EQ(r->get<std::optional<double>>(1), std::nullopt);
    r = rows.next();
    EXPECT_THROW((void)r->get<int>(0), simul::csv::error);
    EXPECT_EQ(r->get<long>(0), 999999999999);
    EXPECT_THROW((void)r->get<std::uint8_t>(1), simul::csv::error);
    EXPECT_THROW((void)r->get<bool>(1), simul::csv::error);
}

TEST(csv_row, views_of_one_row_stay_when_other_fields_are_asked_for) {
    std::string text;
    for (int i = 0; i < 50; ++i)
        text += (i == 0 ? "" : ",") + ("\"f\"\"" + std::to_string(i)) + "\"";
    auto rows = parse(text);
    const row r = *rows.next();
    const std::vector<std::string_view> all(r.begin(), r.end());
    for (int time = 0; time < 1000; ++time) (void)r[49];
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(all[static_cast<std::size_t>(i)], "f\"" + std::to_string(i));
        EXPECT_EQ(r[static_cast<std::size_t>(i)].data(), all[static_cast<std::size_t>(i)].data());
    }
}

TEST(csv_row, a_temporary_text_is_kept_by_the_generator) {
    const auto make = [] { return "a,b\n" + std::string(100, 'x') + ",\"y\"\"z\""; };
    std::size_t bytes = 0;
    for (const row& r : parse(make())) {
        for (const std::string_view field : r) bytes += field.size();
    }
    EXPECT_EQ(bytes, 2U + 100 + 3);
    const auto constant = [&]() -> const std::string { return make(); };
    auto rows = parse(constant());
    (void)rows.next();
    EXPECT_EQ((*rows.next())[0], std::string(100, 'x'));
    auto others = parse(std::pmr::string(200, 'z'));
    EXPECT_EQ((*others.next())[0], std::string(200, 'z'));
}

TEST(csv_row, parse_checks_its_options_at_once) {
    EXPECT_THROW((void)parse("a", {.delimiter = '\n'}), std::invalid_argument);
}

TEST(csv_row, parse_delivers_what_comes_before_an_error) {
    auto rows = parse("a\n\"b");
    EXPECT_EQ((*rows.next())[0], "a");
    EXPECT_THROW(rows.next(), simul::csv::error);
    EXPECT_EQ(rows.next(), nullptr);
}

TEST(csv_row, quoted_commas_count_in_the_sum_of_the_first_rounds) {
    std::ifstream file(SIMUL_DATA_DIR "/startups.csv");
    std::stringstream text;
    text << file.rdbuf();
    long right = 0;
    long naive = 0;
    const std::string all = text.str();
    for (const row& r : parse(all, {.header = true})) {
        if (r["round"] == "a") right += r.get<long>("raisedAmt");
    }
    for (const row& r : parse(all, {.quote = 0, .header = true})) {
        if (r["round"] == "a") naive += r.get<long>("raisedAmt");
    }
    EXPECT_EQ(right, 4'380'015'000);
    EXPECT_EQ(naive, 4'376'015'000);
}

} // namespace
