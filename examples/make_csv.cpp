// Writes CSV test data, the same for the same arguments. The rows come from a generator that never
// ends; the loop that asks for them decides when there are enough.
#include "output.hpp"

#include <simul/simul.hpp>

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

using namespace std::string_view_literals;

constexpr std::array cities{"London"sv,    "Nairobi"sv, "São Paulo"sv, "Kraków"sv,
                            "Reykjavík"sv, "Osaka"sv,   "Lima"sv,      "Wellington"sv};
constexpr std::array cities_with_comma{"Brooklyn, New York"sv, "Paris, Texas"sv,
                                       "Bath, Somerset"sv};
constexpr std::array words{"river"sv,   "cloud"sv,  "maple"sv,  "orbit"sv,  "lantern"sv,
                           "harbour"sv, "quartz"sv, "meadow"sv, "signal"sv, "anchor"sv};
constexpr std::array columns{"id"sv,      "company"sv, "city"sv,  "category"sv, "employees"sv,
                             "founded"sv, "raised"sv,  "round"sv, "remark"sv,   "score"sv};

// splitmix64: a few lines, and the same numbers on every machine.
class random_numbers {
public:
    std::uint64_t below(std::uint64_t bound) {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return (z ^ (z >> 31U)) % bound;
    }

    template <class Range>
    std::string_view one_of(const Range& range) {
        return range[below(range.size())];
    }

private:
    std::uint64_t state_ = 1;
};

class row_maker {
public:
    explicit row_maker(unsigned quoted_percent) : quoted_percent_(quoted_percent) {}

    std::string_view header(std::size_t width) {
        row_.clear();
        for (std::size_t i = 0; i < width; ++i) {
            if (i < columns.size()) {
                text(columns[i]);
            } else {
                number(i + 1);
            }
        }
        return end_row();
    }

    std::string_view row(std::uint64_t id, std::size_t width) {
        row_.clear();
        for (std::size_t column = 0; column < width; ++column) {
            switch (column) {
            case 0: number(id); break;
            case 1: company(); break;
            case 2: city(); break;
            case 3: text(random_.one_of(words)); break;
            case 4: number(1 + random_.below(5000)); break;
            case 5: date(); break;
            case 6: number(1000 * random_.below(50000)); break;
            case 7: text(std::string_view("abcdefgh").substr(random_.below(8), 1)); break;
            case 8: remark(); break;
            default: decimal();
            }
        }
        return end_row();
    }

private:
    bool quoted() { return random_.below(100) < quoted_percent_; }

    void text(std::string_view value) {
        row_ += value;
        row_ += ',';
    }

    void number(std::uint64_t value) {
        std::array<char, 20> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        text({digits.data(), end});
    }

    void two_digits(std::uint64_t value) {
        row_ += static_cast<char>('0' + value / 10);
        row_ += static_cast<char>('0' + value % 10);
    }

    void date() {
        row_ += "20";
        two_digits(random_.below(25));
        row_ += '-';
        two_digits(1 + random_.below(12));
        row_ += '-';
        two_digits(1 + random_.below(28));
        row_ += ',';
    }

    // Every eighth is missing, as in real data.
    void decimal() {
        if (random_.below(8) != 0) {
            number(random_.below(100));
            row_.back() = '.';
            two_digits(random_.below(100));
        }
        row_ += ',';
    }

    void company() {
        if (quoted()) {
            row_ += R"("The ""Original"" )";
            row_ += random_.one_of(words);
            row_ += R"( Company",)";
        } else {
            row_ += random_.one_of(words);
            row_ += ' ';
            text(random_.one_of(words));
        }
    }

    void city() {
        if (quoted()) {
            row_ += '"';
            row_ += random_.one_of(cities_with_comma);
            row_ += "\",";
        } else {
            text(random_.one_of(cities));
        }
    }

    void remark() {
        const bool in_quotes = quoted();
        if (in_quotes) row_ += '"';
        for (std::uint64_t n = 1 + random_.below(12); n != 0; --n) {
            row_ += random_.one_of(words);
            row_ += ' ';
        }
        row_.pop_back();
        if (in_quotes) row_ += ",\nand a second line\"";
        row_ += ',';
    }

    std::string_view end_row() {
        row_.back() = '\n'; // in place of the last comma
        return row_;
    }

    random_numbers random_;
    unsigned quoted_percent_;
    std::string row_;
};

// The header, then rows without end. What it yields is a view of the one row in memory.
simul::generator<std::string_view> csv_text(unsigned quoted_percent, std::size_t width) {
    row_maker maker(quoted_percent);
    co_yield maker.header(width);
    for (std::uint64_t id = 1;; ++id) co_yield maker.row(id, width);
}

int main(int argc, char** argv) {
    CLI::App app{"Writes CSV test data to standard output: a header and ROWS rows.", "make_csv"};
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    unsigned quoted = 10;
    std::size_t width = columns.size();
    auto* rows_option = app.add_option("ROWS", rows, "how many rows")
                            ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 40U));
    auto* bytes_option =
        app.add_option("--bytes", bytes,
                       "write whole rows until there are this many bytes (100MB, 1GiB)")
            ->transform(CLI::AsSizeValue(true))
            ->excludes(rows_option);
    app.add_option("--quoted", quoted, "percentage of the text fields that are in quotes")
        ->check(CLI::Range(0U, 100U))
        ->capture_default_str();
    app.add_option("--columns", width, "how many columns")
        ->check(CLI::Range(std::size_t{1}, std::size_t{10000}))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
        if (rows_option->count() + bytes_option->count() == 0)
            throw CLI::RequiredError("ROWS or --bytes");
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EXIT_SUCCESS : 2;
    }

    try {
        standard_output out;
        std::uint64_t rows_written = 0;
        std::uint64_t bytes_written = 0;
        bool header = true;
        auto lines = csv_text(quoted, width);
        while (header ||
               (bytes_option->count() != 0 ? bytes_written < bytes : rows_written < rows)) {
            const std::string_view line = *lines.next();
            out.write(line);
            bytes_written += line.size();
            rows_written += header ? 0 : 1;
            header = false;
        }
        out.flush();
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "make_csv: %s\n", error.what());
        return 2;
    }
}
