#include <simul/gen/detail/csv_convert.hpp>

#include <array>
#include <cstddef>

#if defined(SIMUL_HAS_FAST_FLOAT)
#include <fast_float/fast_float.h>

#include <cmath>
#endif

namespace simul::detail {
namespace {

using std::chrono::year_month_day;

template <class Float>
bool read_number(std::string_view text, Float& value) noexcept {
    const char* const end = text.data() + text.size();
#if !defined(SIMUL_HAS_FAST_FLOAT)
    const auto result = std::from_chars(text.data(), end, value);
#else
    // It has no long double.
    std::conditional_t<std::same_as<Float, float>, float, double> read = 0;
    auto result = fast_float::from_chars(text.data(), end, read);
    value = read;
    // Some versions take a number that is too large for an infinite one, which begins with a
    // letter.
    if (std::isinf(read) && text.find_first_of("123456789") != text.npos) {
        result.ec = std::errc::result_out_of_range;
    }
#endif
    return result.ec == std::errc() && result.ptr == end;
}

// The shortest text that means this very number.
template <class Float>
void print_number(std::string& out, Float value) {
    std::array<char, 128> digits;
    out.append(digits.data(),
               std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

unsigned two_digits(const char* at) {
    return static_cast<unsigned>(at[0] - '0') * 10 + static_cast<unsigned>(at[1] - '0');
}

void print_two(std::string& out, unsigned number) {
    out += static_cast<char>('0' + number / 10);
    out += static_cast<char>('0' + number % 10);
}

} // namespace

bool csv_convert(std::string_view text, float& value) noexcept { return read_number(text, value); }
bool csv_convert(std::string_view text, double& value) noexcept { return read_number(text, value); }
bool csv_convert(std::string_view text, long double& value) noexcept {
    return read_number(text, value);
}

bool csv_convert(std::string_view text, year_month_day& value) noexcept {
    constexpr std::string_view pattern = "0000-00-00";
    if (text.size() != pattern.size()) return false;
    for (std::size_t i = 0; i != pattern.size(); ++i) {
        if (pattern[i] == '0' ? !is_digit(text[i]) : text[i] != pattern[i]) return false;
    }
    const char* const at = text.data();
    value = std::chrono::year(static_cast<int>(two_digits(at) * 100 + two_digits(at + 2))) /
            std::chrono::month(two_digits(at + 5)) / std::chrono::day(two_digits(at + 8));
    return value.ok();
}

bool csv_convert(std::string_view text, std::chrono::sys_days& value) noexcept {
    year_month_day date;
    if (!csv_convert(text, date)) return false;
    value = date;
    return true;
}

void csv_print(std::string& out, float value) { print_number(out, value); }
void csv_print(std::string& out, double value) { print_number(out, value); }
void csv_print(std::string& out, long double value) { print_number(out, value); }

void csv_print(std::string& out, year_month_day value) {
    const int year = static_cast<int>(value.year());
    if (!value.ok() || year < 0 || year > 9999) {
        throw std::invalid_argument("csv: a date that is none, or not in the years 0 to 9999");
    }
    print_two(out, static_cast<unsigned>(year) / 100);
    print_two(out, static_cast<unsigned>(year) % 100);
    out += '-';
    print_two(out, static_cast<unsigned>(value.month()));
    out += '-';
    print_two(out, static_cast<unsigned>(value.day()));
}

void csv_print(std::string& out, std::chrono::sys_days value) {
    csv_print(out, year_month_day(value));
}

} // namespace simul::detail
