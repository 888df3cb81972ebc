// CSV in other ways than row by row from a plain file: as structs, by several threads, compressed,
// and written. What bench/csv measures is here, too, as the yardstick.
#include <simul/simul.hpp>

#include <benchmark/benchmark.h>

#if defined(SIMUL_HAS_ZLIB)
#include <zlib.h>
#endif
#if defined(SIMUL_HAS_ZSTD)
#include <zstd.h>
#endif

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t text_size = std::size_t{32} << 20;
constexpr std::string_view header = "id,company,city,category,employees,founded,raised,round\n";

// Ten thousand different rows, over and over; every third company stands in quotes.
std::string make_text() {
    constexpr std::array names{"river", "cloud", "maple", "orbit", "lantern", "harbour", "quartz"};
    std::string rows;
    for (unsigned i = 0; i < 10'000; ++i) {
        const std::string name = names[i % names.size()];
        const std::string number = std::to_string(i * 7919 % 5000);
        rows += std::to_string(1'000'000 + i) + ',';
        rows += i % 3 == 0 ? "\"" + name + ", \"\"Inc\"\"\"," : name + ' ' + names[i % 5] + ',';
        rows += name + "ton,trade,";
        rows += (i % 8 == 0 ? "" : number) + ",2007-10-" + std::to_string(10 + i % 20) + ',';
        rows += number + ".25," + static_cast<char>('a' + i % 4) + '\n';
    }
    std::string text(header);
    while (text.size() < text_size) text += rows;
    return text;
}

void write(const fs::path& path, std::string_view bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

#if defined(SIMUL_HAS_ZLIB)
std::string gzip_of(std::string_view text) {
    z_stream stream{};
    constexpr int with_header = 15 + 16;
    if (deflateInit2(&stream, 6, Z_DEFLATED, with_header, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2 failed");
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate failed");
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}
#endif

// The files, made once and removed at the end.
class files {
public:
    static const files& get() {
        static const files all;
        return all;
    }
    files(const files&) = delete;
    files& operator=(const files&) = delete;
    ~files() {
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
    }

    const std::string text = make_text();
    [[nodiscard]] fs::path plain() const { return directory_ / "plain.csv"; }
    [[nodiscard]] fs::path gzip() const { return directory_ / "packed.gz"; }
    [[nodiscard]] fs::path zstd() const { return directory_ / "packed.zst"; }
    std::string packed; // what is in gzip()

private:
    files() {
        std::string name = (fs::temp_directory_path() / "simul-bench-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        directory_ = name;
        write(plain(), text);
#if defined(SIMUL_HAS_ZLIB)
        packed = gzip_of(text);
        write(gzip(), packed);
#endif
#if defined(SIMUL_HAS_ZSTD)
        std::string frame(ZSTD_compressBound(text.size()), '\0');
        const std::size_t size =
            ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), 3);
        if (ZSTD_isError(size) != 0) throw std::runtime_error("ZSTD_compress failed");
        write(zstd(), std::string_view(frame).substr(0, size));
#endif
    }

    fs::path directory_;
};

// All of them are rates of the uncompressed text.
void set_rate(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(files::get().text.size()));
}

simul::task<std::size_t> bytes_of(simul::async_generator<simul::csv::row> rows) {
    std::size_t bytes = 0;
    while (const simul::csv::row* row = co_await rows.next()) {
        for (const std::string_view field : *row) bytes += field.size();
    }
    co_return bytes;
}

void csv_rows(benchmark::State& state) {
    const fs::path path = files::get().plain();
    for (auto _ : state) benchmark::DoNotOptimize(simul::run(bytes_of(simul::csv::rows(path))));
    set_rate(state);
}
BENCHMARK(csv_rows)->UseRealTime();

void csv_rows_parallel(benchmark::State& state) {
    const fs::path path = files::get().plain();
    for (auto _ : state)
        benchmark::DoNotOptimize(simul::run(bytes_of(simul::csv::rows_parallel(path))));
    set_rate(state);
}
BENCHMARK(csv_rows_parallel)->UseRealTime();

struct company {
    std::string_view name;
    std::optional<int> employees;
    std::chrono::sys_days founded{};
    double raised = 0;

    static constexpr auto csv_columns =
        simul::csv::columns(simul::csv::column("company", &company::name),
                            simul::csv::column("employees", &company::employees),
                            simul::csv::column("founded", &company::founded),
                            simul::csv::column("raised", &company::raised));
};

simul::task<double> raised_by_all(fs::path path) {
    double sum = 0;
    auto all = simul::csv::rows_as<company>(path);
    while (const company* one = co_await all.next()) sum += one->raised;
    co_return sum;
}

void csv_rows_as(benchmark::State& state) {
    const fs::path path = files::get().plain();
    for (auto _ : state) benchmark::DoNotOptimize(simul::run(raised_by_all(path)));
    set_rate(state);
}
BENCHMARK(csv_rows_as)->UseRealTime();

// Takes everything and keeps nothing.
struct nowhere {
    simul::task<> write_all(std::span<const std::byte> bytes) {
        benchmark::DoNotOptimize(bytes.data());
        co_return;
    }
};

simul::task<> write_rows(const std::vector<std::vector<std::string>>& rows, std::size_t times) {
    simul::csv::writer out{nowhere()};
    for (; times != 0; --times) {
        for (const auto& row : rows) co_await out.write(row);
    }
    co_await out.close();
}

void csv_writer(benchmark::State& state) {
    std::vector<std::vector<std::string>> rows;
    std::size_t bytes = 0;
    for (const simul::csv::row& row : simul::csv::parse(std::string_view(files::get().text))) {
        if (rows.size() == 10'000) break;
        rows.emplace_back(row.begin(), row.end());
        bytes += row.text().size() + 1;
    }
    constexpr std::size_t times = 50;
    for (auto _ : state) simul::run(write_rows(rows, times));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(times * bytes));
}
BENCHMARK(csv_writer)->UseRealTime();

#if defined(SIMUL_HAS_ZLIB)
void csv_rows_of_gzip(benchmark::State& state) {
    const fs::path path = files::get().gzip();
    for (auto _ : state) benchmark::DoNotOptimize(simul::run(bytes_of(simul::csv::rows(path))));
    set_rate(state);
}
BENCHMARK(csv_rows_of_gzip)->UseRealTime();

// What the decompression alone takes.
void zlib_alone(benchmark::State& state) {
    const std::string& packed = files::get().packed;
    std::vector<Bytef> out(std::size_t{256} << 10);
    for (auto _ : state) {
        z_stream stream{};
        if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("inflateInit2 failed");
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
        stream.avail_in = static_cast<uInt>(packed.size());
        int status = Z_OK;
        while (status == Z_OK) {
            stream.next_out = out.data();
            stream.avail_out = static_cast<uInt>(out.size());
            status = inflate(&stream, Z_NO_FLUSH);
            benchmark::DoNotOptimize(out.data());
        }
        if (status != Z_STREAM_END || stream.total_out != files::get().text.size())
            state.SkipWithError("inflate failed");
        inflateEnd(&stream);
    }
    set_rate(state);
}
BENCHMARK(zlib_alone)->UseRealTime();
#endif

#if defined(SIMUL_HAS_ZSTD)
void csv_rows_of_zstd(benchmark::State& state) {
    const fs::path path = files::get().zstd();
    for (auto _ : state) benchmark::DoNotOptimize(simul::run(bytes_of(simul::csv::rows(path))));
    set_rate(state);
}
BENCHMARK(csv_rows_of_zstd)->UseRealTime();
#endif

} // namespace

BENCHMARK_MAIN();
