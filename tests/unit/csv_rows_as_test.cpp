// Rows as structs.

#include "byte_stream.hpp"
#include "run_virtual.hpp"
#include "temp_dir.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simul::task;
using simul_test::run_real;
using simul_test::run_virtual;
using simul_test::temp_dir;
using simul_test::text_stream;

struct company {
    std::string name;
    std::optional<int> employees;
    double raised = 0;
    std::chrono::sys_days funded{};
    int untouched = 7;

    static constexpr auto csv_columns =
        simul::csv::columns(simul::csv::column("company", &company::name),
                            simul::csv::column("numEmps", &company::employees),
                            simul::csv::column("raisedAmt", &company::raised),
                            simul::csv::column("funded", &company::funded));
};

struct point { // knows nothing of CSV
    int x = 0;
    int y = 0;
};

struct person {
    std::string_view name;
    int age = 0;

    static constexpr auto csv_columns = simul::csv::columns(
        simul::csv::column("name", &person::name), simul::csv::column("age", &person::age));
};

struct old_person : person {};

} // namespace

template <>
inline constexpr auto simul::csv::columns_of<point> =
    simul::csv::columns(simul::csv::column("x", &point::x), simul::csv::column("y", &point::y));

namespace {

static_assert(simul::detail::csv_record<company>);
static_assert(simul::detail::csv_record<point>);
static_assert(simul::detail::csv_record<old_person>);
static_assert(!simul::detail::csv_record<std::string>);

constexpr std::string_view companies = "funded,raisedAmt,numEmps,company,round\n"
                                       "2007-10-01,6850000,450,\"LifeLock, Inc\",b\n"
                                       "2006-05-01,0.5,,MyCityFaces,seed\n";

TEST(csv_rows_as, a_struct_has_its_members_by_the_names_of_their_columns) {
    const temp_dir dir;
    const auto path = dir.file("list.csv", companies);
    run_real([&]() -> task<> {
        auto all = simul::csv::rows_as<company>(path);
        company* one = co_await all.next();
        EXPECT_EQ(one->name, "LifeLock, Inc");
        EXPECT_EQ(one->employees, 450);
        EXPECT_EQ(one->raised, 6850000);
        EXPECT_EQ(one->funded, std::chrono::sys_days(2007y / 10 / 1));
        one->untouched = 0;
        one = co_await all.next();
        EXPECT_EQ(one->name, "MyCityFaces");
        EXPECT_EQ(one->employees, std::nullopt);
        EXPECT_EQ(one->untouched, 7);
        one = co_await all.next();
        EXPECT_EQ(one, nullptr);
    });
}

TEST(csv_rows_as, a_text_in_memory_gives_the_same) {
    std::vector<int> seen;
    for (const point& p : simul::csv::parse_as<point>("y,x,z\n1,2,3\n4,5,6\n")) {
        seen.push_back(p.x * 10 + p.y);
    }
    EXPECT_EQ(seen, (std::vector<int>{21, 54}));
    const std::string text(companies);
    for (const company& c : simul::csv::parse_as<company>(text)) EXPECT_FALSE(c.name.empty());
}

TEST(csv_rows_as, views_last_as_long_as_their_record_for_every_chunk_size) {
    std::string text = "age,name\n";
    for (int i = 0; i < 3000; ++i) {
        text += std::to_string(i) + ",\"the \"\"" + std::to_string(i) + "\"\"\"\n";
    }
    for (const std::size_t chunk : {1U, 7U, 64U, 1000U, 4096U, 1U << 20U}) {
        run_virtual([&]() -> task<> {
            text_stream stream(text);
            auto all = simul::csv::rows_as<old_person>(stream, {.chunk_size = chunk});
            int count = 0;
            while (const old_person* p = co_await all.next()) {
                EXPECT_EQ(p->age, count);
                EXPECT_EQ(p->name, "the \"" + std::to_string(count) + "\"");
                ++count;
            }
            EXPECT_EQ(count, 3000);
        });
    }
}

// What is handed out before the error, and the error.
template <class T>
task<std::string> outcome(simul::async_generator<T> all) {
    std::string seen;
    try {
        while (const T* p = co_await all.next()) seen += std::to_string(p->x) + " ";
    } catch (const simul::csv::error& e) {
        seen += e.what();
    }
    const auto* const after = co_await all.next();
    EXPECT_EQ(after, nullptr);
    co_return seen;
}

TEST(csv_rows_as, an_error_comes_after_the_records_before_it) {
    for (const std::size_t chunk : {1U, 3U, 4096U}) {
        const auto read = [&](const char* text) {
            return run_virtual(
                outcome(simul::csv::rows_as<point>(text_stream(text), {.chunk_size = chunk})));
        };
        EXPECT_EQ(read("x,y\n1,2\n3,4\n5,six\n7,8\n"),
                  "1 3 stream:4:3: column \"y\": \"six\" is not an integer of 32 bits");
        EXPECT_EQ(read("x,y\n1,2\n3\n"),
                  "1 stream:3:1: no column \"y\": the row has 1 field, the column is at [1]");
        EXPECT_EQ(read("x,z\n1,2\n"), "stream:2:1: no column \"y\" in the header");
        EXPECT_EQ(read("x,y\n1,2\n\"3\"3,4\n"), "1 stream:3:4: text after a closing quote");
        EXPECT_EQ(read(""), "");
    }
}

TEST(csv_rows_as, a_header_without_rows_must_have_the_columns_too) {
    const temp_dir dir;
    const std::string problem = ":1:1: no column \"y\" in the header";
    for (const char* const text : {"x,z", "x,z\n", "\n\nx,z\r\n\r\n"}) {
        for (const std::size_t chunk : {1U, 3U, 4096U}) {
            const simul::csv::options how{.chunk_size = chunk};
            EXPECT_EQ(run_virtual(outcome(simul::csv::rows_as<point>(text_stream(text), how))),
                      "stream" + problem);
            const auto file = dir.file("list.csv", text);
            EXPECT_EQ(run_real(outcome(simul::csv::rows_as<point>(file, how))),
                      file.string() + problem);
            const auto empty = dir.file("empty.csv", "");
            const std::vector<std::filesystem::path> all{empty, file, empty};
            EXPECT_EQ(run_real(outcome(simul::csv::rows_as<point>(all, how))),
                      file.string() + problem);
        }
        auto parsed = simul::csv::parse_as<point>(std::string(text));
        EXPECT_THROW((void)parsed.next(), simul::csv::error);
        auto viewed = simul::csv::parse_as<point>(text);
        EXPECT_THROW((void)viewed.next(), simul::csv::error);
    }
    EXPECT_EQ(run_virtual(outcome(simul::csv::rows_as<point>(text_stream("z,y,x\n")))), "");
    auto parsed = simul::csv::parse_as<point>("y,x");
    EXPECT_EQ(parsed.next(), nullptr);
}

TEST(csv_rows_as, any_generator_of_rows_will_do) {
    const auto seen = run_virtual(outcome(simul::csv::rows_as<point>(
        simul::csv::rows(text_stream("x;y\n1;2\n"), {.delimiter = ';', .header = true}))));
    EXPECT_EQ(seen, "1 ");
    const auto bare = run_virtual(
        outcome(simul::csv::rows_as<point>(simul::csv::rows(text_stream("x;y\n1;2\n")))));
    EXPECT_EQ(bare, "stream:1:1: no column \"x\": the text is read without a header");
}

TEST(csv_rows_as, a_single_row_is_converted_too) {
    int sum = 0;
    int broken = 0;
    for (const simul::csv::row& row : simul::csv::parse("x,y\n1,2\n3,?\n4,5\n", {.header = true})) {
        try {
            sum += simul::csv::row_as<point>(row).x;
        } catch (const simul::csv::error&) {
            ++broken;
        }
    }
    EXPECT_EQ(sum, 5);
    EXPECT_EQ(broken, 1);
}

} // namespace
