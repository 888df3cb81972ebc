// Reads all files below a directory, several at a time, and appends a line about each to one
// output: how many lines and words it has, and how long its longest line is.
//
//   crawl DIRECTORY OUTPUT [--at-once N]
//
// - However many files there are, only N are open at once.
// - A file that cannot be read is reported and spoils nothing but its own result.
// - The results come in the order in which the files are done, each in a line of its own: a mutex
//   keeps a second task from writing while one is at it.
#include <simul/simul.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

struct arguments {
    std::string directory;
    std::string output;
    std::size_t at_once = 16;
    std::size_t longest_line = 1 << 20;
};

struct counts {
    std::uint64_t lines = 0;
    std::uint64_t words = 0;
    std::uint64_t longest = 0;
};

// Walking a directory blocks, so it is done in a thread.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    for (const auto& each : std::filesystem::recursive_directory_iterator(directory))
        if (each.is_regular_file()) files.push_back(each.path());
    std::ranges::sort(files);
    return files;
}

std::uint64_t words_in(std::string_view line) {
    std::uint64_t words = 0;
    bool inside = false;
    for (const char c : line) {
        const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
        if (!blank && !inside) ++words;
        inside = !blank;
    }
    return words;
}

simul::task<counts> count(const std::filesystem::path& file, std::size_t longest_line) {
    counts result;
    auto lines = simul::lines(file, {.max_line = longest_line});
    while (auto line = co_await lines.next()) {
        ++result.lines;
        result.words += words_in(*line);
        result.longest = std::max<std::uint64_t>(result.longest, line->size());
    }
    co_return result;
}

class crawler {
public:
    explicit crawler(const arguments& args) : args_(args) {}

    // Returns how many files could not be read.
    simul::task<int> run() {
        output_ = co_await simul::fs::open(args_.output,
                                           simul::fs::mode::create | simul::fs::mode::append);
        const auto files = co_await simul::to_thread(files_below, args_.directory);
        co_await simul::for_each_concurrent(
            files, args_.at_once,
            [this](const std::filesystem::path& file) { return visit(file); });
        co_await output_.close();
        co_return failures_;
    }

private:
    simul::task<> visit(const std::filesystem::path& file) {
        counts result;
        try {
            result = co_await count(file, args_.longest_line);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "crawl: %s\n", error.what());
            ++failures_;
            co_return; // the others go on
        }
        co_await write_line(std::to_string(result.lines) + "\t" + std::to_string(result.words) +
                            "\t" + std::to_string(result.longest) + "\t" + file.string() + "\n");
    }

    // An error here ends everything: for_each_concurrent cancels the other files then.
    simul::task<> write_line(std::string line) {
        const auto lock = co_await writing_.lock();
        co_await output_.write_all(line);
    }

    const arguments& args_;
    simul::mutex writing_;
    simul::fs::file output_;
    int failures_ = 0;
};

int main(int argc, char** argv) {
    arguments args;
    CLI::App app{"Counts the lines and words of all files below a directory.", "crawl"};
    app.add_option("DIRECTORY", args.directory, "where the files are")->required();
    app.add_option("OUTPUT", args.output, "the file to which the results are appended")->required();
    app.add_option("--at-once", args.at_once, "how many files are read at once")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    app.add_option("--longest-line", args.longest_line, "a line with more bytes is an error")
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EXIT_SUCCESS : 2;
    }
    try {
        crawler work(args);
        return simul::run(work.run()) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "crawl: %s\n", error.what());
        return 2;
    }
}
