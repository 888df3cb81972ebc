// Fields as values of many types, and values as text that means them.

#include <simul/gen/csv/parse.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

enum class stage { seed, a, b };

template <>
struct simul::csv::field_format<stage> {
    static constexpr std::pair<const char*, stage> values[] = {{"seed", stage::seed},
                                                               {"a", stage::a}};
};

struct money {
    long cents = 0;
    bool operator==(const money&) const = default;
};

template <>
struct simul::csv::field_format<money> {
    static std::optional<money> read(std::string_view text) {
        money value;
        if (!text.starts_with('$') || !simul::detail::csv_convert(text.substr(1), value.cents))
            return std::nullopt;
        return value;
    }
    static void write(std::string& out, const money& value) {
        out += '$';
        simul::detail::csv_print(out, value.cents);
    }
    static constexpr const char* what = "an amount of money";
};

struct token {};

template <>
struct simul::csv::field_format<token> {
    static std::optional<token> read(std::string_view) { return std::nullopt; }
};

namespace {

using namespace std::chrono_literals;
using simul::csv::row;
using std::chrono::sys_days;
using std::chrono::year_month_day;

static_assert(simul::detail::csv_field<std::optional<stage>>);
static_assert(simul::detail::csv_field<const char*>);
static_assert(!simul::detail::csv_field<token>); // it can be read but not written
static_assert(!simul::detail::csv_readable<std::vector<int>>);

template <class T>
std::optional<T> read(std::string_view text) {
    return simul::detail::csv_read<T>(text);
}

template <class T>
std::string printed(const T& value) {
    std::string text;
    simul::detail::csv_print(text, value);
    return text;
}

template <class T>
std::string error_of(const row& r, std::size_t i) {
    try {
        (void)r.get<T>(i);
    } catch (const simul::csv::error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

TEST(csv_convert, dates_are_those_of_iso_8601) {
    EXPECT_EQ(read<year_month_day>("2024-02-29"), 2024y / 2 / 29);
    EXPECT_EQ(read<sys_days>("1970-01-02"), sys_days(std::chrono::days(1)));
    EXPECT_EQ(read<sys_days>("0000-03-01"), sys_days(0y / 3 / 1));
    for (const char* const wrong :
         {"2023-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "2024-01-1", "2024/01/01",
          "24-01-01", "2024-01-01 ", " 2024-01-01", "2024-01-0x", "+024-01-01", "20240101", ""}) {
        EXPECT_EQ(read<year_month_day>(wrong), std::nullopt) << wrong;
        EXPECT_EQ(read<sys_days>(wrong), std::nullopt) << wrong;
    }
}

TEST(csv_convert, every_day_is_read_back) {
    for (sys_days day = 1895y / 12 / 28; day < sys_days(2105y / 3 / 2);
         day += std::chrono::days(1)) {
        ASSERT_EQ(read<sys_days>(printed(day)), day) << printed(day);
    }
    EXPECT_EQ(printed(9999y / 12 / 31), "9999-12-31");
    EXPECT_THROW(printed(sys_days(10000y / 1 / 1)), std::invalid_argument);
    EXPECT_THROW(printed(2023y / 2 / 29), std::invalid_argument);
}

TEST(csv_convert, a_number_that_was_printed_is_the_same_number) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t bits = random();
        const auto wide = std::bit_cast<double>(bits);
        const auto narrow = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
        if (wide == wide) {
            ASSERT_EQ(read<double>(printed(wide)), wide) << printed(wide);
        }
        if (narrow == narrow) {
            ASSERT_EQ(read<float>(printed(narrow)), narrow) << printed(narrow);
        }
        const auto whole = static_cast<std::int64_t>(bits);
        ASSERT_EQ(read<std::int64_t>(printed(whole)), whole);
    }
    EXPECT_EQ(printed(0.1), "0.1");
    EXPECT_EQ(printed(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(printed(0.1L + 0.2L), printed(*read<long double>(printed(0.1L + 0.2L))));
    EXPECT_EQ(read<double>(printed(std::numeric_limits<double>::infinity())),
              std::numeric_limits<double>::infinity());
}

TEST(csv_convert, what_is_no_number_is_none) {
    for (const char* const wrong : {"", " 1", "1 ", "+1", "1,5", "0x10", "1e", "-", "1e999"}) {
        EXPECT_EQ(read<double>(wrong), std::nullopt) << wrong;
        EXPECT_EQ(read<float>(wrong), std::nullopt) << wrong;
        EXPECT_EQ(read<long double>(std::string_view(wrong) == "1e999" ? "x" : wrong), std::nullopt)
            << wrong;
        EXPECT_EQ(read<int>(wrong), std::nullopt) << wrong;
    }
    EXPECT_EQ(read<float>("1e39"), std::nullopt);
    EXPECT_EQ(read<bool>("yes"), std::nullopt);
    EXPECT_EQ(printed(true) + printed(false), "truefalse");
}

TEST(csv_convert, a_type_of_the_programs_own_has_a_format_of_its_own) {
    auto rows = simul::csv::parse("$125,seed,,c\n5,b,\"line\nbreak\",\n");
    const row* r = rows.next();
    EXPECT_EQ(r->get<money>(0), money{125});
    EXPECT_EQ(r->get<stage>(1), stage::seed);
    EXPECT_EQ(r->get<std::optional<stage>>(2), std::nullopt);
    EXPECT_EQ(r->get<std::optional<money>>(0), money{125});
    r = rows.next();
    EXPECT_EQ(error_of<money>(*r, 0), "csv:2:1: field [0]: \"5\" is not an amount of money");
    EXPECT_EQ(error_of<stage>(*r, 1), "csv:2:3: field [1]: \"b\" is not one of seed, a");
    EXPECT_EQ(error_of<token>(*r, 1), "csv:2:3: field [1]: \"b\" is not what it should be");
    EXPECT_EQ(error_of<sys_days>(*r, 2),
              "csv:2:5: field [2]: \"line\\x0abreak\" is not a date as in 2001-12-31");

    EXPECT_EQ(printed(money{7}), "$7");
    EXPECT_EQ(printed(stage::a), "a");
    EXPECT_THROW(printed(stage::b), std::invalid_argument);
}

TEST(csv_convert, a_long_text_is_shortened_in_an_error) {
    auto rows = simul::csv::parse("n\n" + std::string(5000, 'x'), {.header = true});
    const std::string error = error_of<int>(*rows.next(), 0);
    EXPECT_EQ(error, "csv:2:1: column \"n\": \"" + std::string(60, 'x') +
                         "\"... is not an integer of 32 bits");
}

} // namespace
