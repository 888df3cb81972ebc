// A data pipeline over a file of start-ups: lines, fields, records, a filter, a sum. No more than a
// line of the file is looked at at a time, however many stages there are.
//
//     pipeline FILE.csv
#include <simul/simul.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a split at each comma makes of a line; the parts are views of it.
std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t comma = line.find(',');
        parts.push_back(line.substr(0, comma));
        if (comma == line.npos) return parts;
        line.remove_prefix(comma + 1);
    }
}

long number(std::string_view digits) {
    return std::strtol(std::string(digits).c_str(), nullptr, 10);
}

// The pipeline as it is often shown. It is wrong for a line with a comma inside of quotes.
simul::task<long> raised_by_split_lines(std::filesystem::path path, std::string_view round) {
    auto rows = simul::lines(path) | simul::transform(split);
    std::vector<std::string> columns;
    if (auto header = co_await rows.next())
        columns = simul::collect<std::vector<std::string>>(*header);

    const auto with_names = [&](std::vector<std::string_view>& row) {
        return simul::zip(columns, row) | simul::to_map();
    };
    auto records = rows | simul::transform(with_names); // as dict(zip(columns, row))
    auto funding = records | simul::filter([&](auto& record) { return record["round"] == round; }) |
                   simul::transform([](auto& record) { return number(record["raisedAmt"]); });
    co_return co_await simul::sum(funding);
}

// The same with a reader that knows what quotes are for.
simul::task<long> raised(std::filesystem::path path, std::string_view round) {
    auto funding =
        simul::csv::rows(path, {.header = true}) |
        simul::filter([&](const simul::csv::row& row) { return row["round"] == round; }) |
        simul::transform([](const simul::csv::row& row) { return row.get<long>("raisedAmt"); });
    co_return co_await simul::sum(funding);
}

struct total {
    long sum = 0;
    long count = 0;
};

// Every round with what all companies have raised in it.
simul::task<std::map<std::string, total>> by_round(std::filesystem::path path) {
    auto rows = simul::csv::rows(path, {.header = true});
    std::map<std::string, total> rounds;
    const auto add = [&](const simul::csv::row& row) {
        total& of_round = rounds[row.get<std::string>("round")];
        of_round.sum += row.get<long>("raisedAmt");
        ++of_round.count;
    };
    co_await simul::for_each(rows, add);
    co_return rounds;
}

simul::task<int> async_main(std::filesystem::path path) {
    const long wrong = co_await raised_by_split_lines(path, "a");
    const long right = co_await raised(path, "a");
    std::printf("raised in series A, lines split at commas: %ld\n", wrong);
    std::printf("raised in series A, rows of CSV:           %ld\n", right);
    for (const auto& [round, all] : co_await by_round(path)) {
        std::printf("%-10s %14ld in %4ld rounds, %.0f on average\n", round.c_str(), all.sum,
                    all.count, static_cast<double>(all.sum) / static_cast<double>(all.count));
    }
    co_return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: pipeline FILE.csv\n", stderr);
        return 2;
    }
    try {
        return simul::run(async_main(argv[1]));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "pipeline: %s\n", error.what());
        return 2;
    }
}
