#pragma once

#include <simul/gen/csv/field_format.hpp>
#include <simul/loop/config.hpp>

#include <charconv>
#include <chrono>
#include <concepts>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace simul::detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
concept csv_number =
    (std::integral<T> || std::floating_point<T>) && !std::same_as<T, bool> &&
    !std::same_as<T, char> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
    !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <class T>
concept csv_date =
    std::same_as<T, std::chrono::year_month_day> || std::same_as<T, std::chrono::sys_days>;

// What is told from a text without further ado.
template <class T>
concept csv_scalar = csv_number<T> || csv_date<T> || std::same_as<T, bool> || std::same_as<T, char>;

template <class T>
concept csv_named_values = requires { std::begin(csv::field_format<T>::values); };
template <class T>
concept csv_reads_itself = requires(std::string_view text) {
    { csv::field_format<T>::read(text) } -> std::same_as<std::optional<T>>;
};
template <class T>
concept csv_writes_itself =
    requires(std::string& out, const T& value) { csv::field_format<T>::write(out, value); };

template <class T>
concept csv_readable = csv_scalar<T> || csv_named_values<T> || csv_reads_itself<T>;

// The library of the standard may have no std::from_chars for these. A date is YYYY-MM-DD.
SIMUL_API bool csv_convert(std::string_view text, float& value) noexcept;
SIMUL_API bool csv_convert(std::string_view text, double& value) noexcept;
SIMUL_API bool csv_convert(std::string_view text, long double& value) noexcept;
SIMUL_API bool csv_convert(std::string_view text, std::chrono::year_month_day& value) noexcept;
SIMUL_API bool csv_convert(std::string_view text, std::chrono::sys_days& value) noexcept;

// False if `text` as a whole does not say a T.
template <csv_scalar T>
    requires std::integral<T>
bool csv_convert(std::string_view text, T& value) noexcept {
    if constexpr (std::same_as<T, bool>) {
        value = text == "true" || text == "True" || text == "TRUE" || text == "1";
        return value || text == "false" || text == "False" || text == "FALSE" || text == "0";
    } else if constexpr (std::same_as<T, char>) {
        if (text.size() != 1) return false;
        value = text.front();
        return true;
    } else {
        const char* end = text.data() + text.size();
        const std::from_chars_result result = std::from_chars(text.data(), end, value);
        return result.ec == std::errc() && result.ptr == end;
    }
}

template <csv_readable T>
std::optional<T> csv_read(std::string_view text) {
    if constexpr (csv_scalar<T>) {
        T value{};
        return csv_convert(text, value) ? std::optional<T>(value) : std::nullopt;
    } else if constexpr (csv_named_values<T>) {
        for (const auto& [name, value] : csv::field_format<T>::values) {
            if (text == name) return T(value);
        }
        return std::nullopt;
    } else {
        return csv::field_format<T>::read(text);
    }
}

// What a text should have been that is no T: "an integer".
template <csv_readable T>
std::string csv_wanted() {
    if constexpr (requires { csv::field_format<T>::what; }) {
        return csv::field_format<T>::what;
    } else if constexpr (csv_named_values<T>) {
        std::string all;
        for (const auto& [name, value] : csv::field_format<T>::values) {
            (all += all.empty() ? "one of " : ", ") += name;
        }
        return all;
    } else if constexpr (!csv_scalar<T>) {
        return "what it should be";
    } else if constexpr (std::same_as<T, bool>) {
        return "true or false";
    } else if constexpr (std::same_as<T, char>) {
        return "one character";
    } else if constexpr (csv_date<T>) {
        return "a date as in 2001-12-31";
    } else if constexpr (std::floating_point<T>) {
        return "a number";
    } else if constexpr (std::unsigned_integral<T>) {
        return sizeof(T) == 1   ? "an integer from 0 to 255"
               : sizeof(T) == 2 ? "an integer from 0 to 65535"
               : sizeof(T) == 4 ? "an integer from 0 to 4294967295"
                                : "an integer of 64 bits without a sign";
    } else {
        return sizeof(T) == 1   ? "an integer from -128 to 127"
               : sizeof(T) == 2 ? "an integer from -32768 to 32767"
               : sizeof(T) == 4 ? "an integer of 32 bits"
                                : "an integer of 64 bits";
    }
}

// The other way, each appended: what csv_convert takes for the same value. A date has four digits
// for its year; others throw std::invalid_argument.
SIMUL_API void csv_print(std::string& out, float value);
SIMUL_API void csv_print(std::string& out, double value);
SIMUL_API void csv_print(std::string& out, long double value);
SIMUL_API void csv_print(std::string& out, std::chrono::year_month_day value);
SIMUL_API void csv_print(std::string& out, std::chrono::sys_days value);

template <csv_scalar T>
    requires std::integral<T>
void csv_print(std::string& out, T value) {
    if constexpr (std::same_as<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::same_as<T, char>) {
        out += value;
    } else {
        char digits[24];
        out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
}

template <class T>
concept csv_text = std::convertible_to<const T&, std::string_view>;

template <class T>
concept csv_printable = csv_text<T> || csv_scalar<T> || csv_named_values<T> || csv_writes_itself<T>;

template <class T>
inline constexpr bool csv_is_field = csv_printable<T>;
template <class T>
inline constexpr bool csv_is_field<std::optional<T>> = csv_printable<T>;

// What a writer makes a field of.
template <class T>
concept csv_field = csv_is_field<T>;

template <csv_printable T>
    requires(!csv_text<T> && !csv_scalar<T>)
void csv_print(std::string& out, const T& value) {
    if constexpr (csv_writes_itself<T>) {
        csv::field_format<T>::write(out, value);
    } else {
        for (const auto& [name, named] : csv::field_format<T>::values) {
            if (named == value) {
                out += name;
                return;
            }
        }
        throw std::invalid_argument("csv: a value that field_format has no name for");
    }
}

} // namespace simul::detail
