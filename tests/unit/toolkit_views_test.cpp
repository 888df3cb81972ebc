// Views, such as std::string_view, that are made of what is gone by the next element: whatever
// keeps them keeps strings. And elements of containers that have been given away.
#include "run_virtual.hpp"
#include "sources.hpp"

#include <simul/simul.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using simul::async_generator;
using simul::generator;
using simul::task;
using simul_test::list_of;
using simul_test::run_virtual;
using namespace std::chrono_literals;
using std::string_view;
using strings = std::vector<std::string>;
using views = std::vector<string_view>;

const char* const lines[] = {"anna:a first one:12345678901234567890", "bert:a second one:2",
                             "cleo:a third one:33"};
const strings names{"anna", "bert", "cleo"};
const strings parts{"anna", "a first one", "12345678901234567890", "bert", "a second one",
                    "2",    "cleo",        "a third one",          "33"};

// Lines as a reader has them: views of one buffer, which the next line overwrites.
async_generator<string_view> read_lines() {
    std::string buffer;
    buffer.reserve(100);
    for (const char* line : lines) {
        buffer = line;
        co_yield string_view(buffer);
        std::fill(buffer.begin(), buffer.end(), '#');
        co_await simul::sleep(1ms);
    }
}

// The same as strings, in one buffer.
generator<std::string> read_strings() {
    std::string buffer;
    buffer.reserve(100);
    for (const char* line : lines) {
        buffer = line;
        co_yield buffer;
        std::fill(buffer.begin(), buffer.end(), '#');
    }
}

strings all_lines() { return strings(std::begin(lines), std::end(lines)); }

string_view name_of(string_view line) { return line.substr(0, line.find(':')); }

views split(string_view line) {
    views found;
    for (;;) {
        const std::size_t colon = line.find(':');
        found.push_back(line.substr(0, colon));
        if (colon == string_view::npos) return found;
        line.remove_prefix(colon + 1);
    }
}

std::pair<string_view, std::size_t> name_and_length(string_view line) {
    return {name_of(line), line.size()};
}
std::optional<string_view> name_but_of_bert(string_view line) {
    if (line.starts_with("bert")) return std::nullopt;
    return name_of(line);
}

constexpr auto as_views = [](const auto& line) { return name_of(line); };

// What a sink makes of lines, and of strings of a container that is given away.
template <class Sink, class Expected>
void expect_of_all(Sink sink, const Expected& expected) {
    static_assert(std::same_as<decltype(sink(all_lines())), Expected>);
    static_assert(std::same_as<decltype(sink(read_lines())), task<Expected>>);
    EXPECT_EQ(run_virtual(sink(read_lines())), expected) << "of lines";
    EXPECT_EQ(sink(all_lines()), expected) << "of a container that is given away";
}

TEST(views_of_passing_elements, are_collected_as_strings) {
    expect_of_all(simul::transform(as_views) | simul::collect(), names);
    expect_of_all(simul::transform(as_views) | simul::collect<std::list>(),
                  std::list<std::string>(names.begin(), names.end()));
    expect_of_all(simul::transform(as_views) | simul::filter([](string_view) { return true; }) |
                      simul::transform([](string_view name) { return name.substr(1); }) |
                      simul::collect<std::set>(),
                  std::set<std::string>{"nna", "ert", "leo"});
}

TEST(views_of_passing_elements, are_collected_as_strings_from_a_generator) {
    const strings got = simul::collect(read_strings() | simul::transform(as_views));
    EXPECT_EQ(got, names);
    const strings some = simul::collect(read_strings() | simul::filter_map(name_but_of_bert));
    EXPECT_EQ(some, (strings{"anna", "cleo"}));
    const strings all = simul::collect(read_strings() | simul::transform(split) | simul::flatten());
    EXPECT_EQ(all, parts);
}

TEST(views_of_passing_elements, are_strings_for_other_sinks) {
    expect_of_all(simul::transform(as_views) | simul::first(), std::optional<std::string>("anna"));
    expect_of_all(simul::transform(as_views) | simul::last(), std::optional<std::string>("cleo"));
    expect_of_all(simul::transform(as_views) | simul::min_max(),
                  std::optional(std::pair<std::string, std::string>("anna", "cleo")));
    expect_of_all(simul::transform(name_and_length) | simul::min_max(),
                  std::optional(std::pair(std::pair<std::string, std::size_t>("anna", 37),
                                          std::pair<std::string, std::size_t>("cleo", 19))));
}

TEST(views_of_passing_elements, are_strings_in_pairs_tuples_and_optionals) {
    using pair = std::pair<std::string, std::size_t>;
    expect_of_all(simul::transform(name_and_length) | simul::collect(),
                  std::vector<pair>{{"anna", 37}, {"bert", 19}, {"cleo", 19}});
    expect_of_all(simul::transform(name_and_length) | simul::last(),
                  std::optional(pair("cleo", 19)));
    expect_of_all(simul::transform(name_and_length) | simul::to_map(),
                  std::map<std::string, std::size_t>{{"anna", 37}, {"bert", 19}, {"cleo", 19}});

    using tuple = std::tuple<std::string, int, std::string>;
    const auto in_tuple = [](string_view line) {
        return std::tuple(name_of(line), 1, line.substr(line.size() - 1));
    };
    expect_of_all(simul::transform(in_tuple) | simul::collect(),
                  std::vector<tuple>{{"anna", 1, "0"}, {"bert", 1, "2"}, {"cleo", 1, "3"}});

    expect_of_all(simul::transform(name_but_of_bert) | simul::collect(),
                  std::vector<std::optional<std::string>>{"anna", std::nullopt, "cleo"});
    expect_of_all(simul::transform(name_but_of_bert) | simul::last(),
                  std::make_optional(std::optional<std::string>("cleo")));
}

TEST(views_of_passing_elements, are_strings_in_containers) {
    expect_of_all(simul::transform(split) | simul::collect(),
                  std::vector<strings>{{"anna", "a first one", "12345678901234567890"},
                                       {"bert", "a second one", "2"},
                                       {"cleo", "a third one", "33"}});
    const auto begin_and_end = [](string_view line) {
        return std::array{line.substr(0, 4), line.substr(line.size() - 1)};
    };
    expect_of_all(simul::transform(begin_and_end) | simul::last(),
                  std::optional(std::array<std::string, 2>{"cleo", "3"}));
    const auto record = [](string_view line) {
        return std::map<string_view, std::pair<int, views>>{{name_of(line), {1, split(line)}}};
    };
    expect_of_all(simul::transform(record) | simul::first(),
                  std::optional(std::map<std::string, std::pair<int, strings>>{
                      {"anna", {1, {"anna", "a first one", "12345678901234567890"}}}}));
    const auto letters = [](const auto& line) { return std::span(line).first(4); };
    expect_of_all(simul::transform(letters) | simul::last(),
                  std::optional(list_of('c', 'l', 'e', 'o')));
}

TEST(views_of_passing_elements, are_strings_in_chunks_windows_and_groups) {
    expect_of_all(simul::transform(as_views) | simul::chunk(2) | simul::collect(),
                  std::vector<strings>{{"anna", "bert"}, {"cleo"}});
    expect_of_all(simul::transform(name_and_length) | simul::chunk(5) | simul::last(),
                  std::optional(std::vector<std::pair<std::string, std::size_t>>{
                      {"anna", 37}, {"bert", 19}, {"cleo", 19}}));
    expect_of_all(simul::transform(as_views) | simul::window(2) | simul::collect(),
                  std::vector<strings>{{"anna", "bert"}, {"bert", "cleo"}});
    const auto begin = [](std::span<const std::string> window) { return window.first(1); };
    expect_of_all(simul::transform(as_views) | simul::window(2) | simul::transform(begin) |
                      simul::collect(),
                  std::vector<strings>{{"anna"}, {"bert"}});
    expect_of_all(
        simul::transform(as_views) | simul::pairwise() | simul::collect(),
        std::vector<std::pair<std::string, std::string>>{{"anna", "bert"}, {"bert", "cleo"}});
}

TEST(views_of_passing_elements, are_strings_as_keys_of_groups) {
    using key = std::pair<std::string, bool>;
    const auto word_and_length = [](string_view line) {
        const string_view word = line.substr(7, 5);
        return std::pair(word == "first" ? word : string_view("other"), line.size() > 20);
    };
    expect_of_all(
        simul::group_by(word_and_length) | simul::transform([](const auto& group) {
            return std::pair(group.first, group.second.size());
        }) | simul::collect(),
        std::vector<std::pair<key, std::size_t>>{{{"first", true}, 1}, {{"other", false}, 2}});
    expect_of_all(simul::distinct_adjacent(word_and_length) | simul::transform(as_views) |
                      simul::collect(),
                  strings{"anna", "bert"});
}

TEST(views_of_passing_elements, are_strings_behind_filter_map_and_flatten) {
    expect_of_all(simul::filter_map(name_but_of_bert) | simul::collect(), strings{"anna", "cleo"});
    expect_of_all(simul::filter_map(name_but_of_bert) | simul::transform(name_of) |
                      simul::collect(),
                  strings{"anna", "cleo"});
    expect_of_all(simul::transform(split) | simul::flatten() | simul::collect(), parts);
    expect_of_all(simul::transform(split) | simul::flatten() | simul::filter_map(name_but_of_bert) |
                      simul::transform([](string_view part) { return part.substr(0, 4); }) |
                      simul::chunk(3) | simul::first(),
                  std::optional(strings{"anna", "a fi", "1234"}));
    const auto generated = [](string_view line) { return simul_test::generated(split(line)); };
    expect_of_all(simul::transform(generated) | simul::flatten() | simul::collect(), parts);
    const auto numbered = [](string_view line) {
        return simul::zip(simul::count(), split(line)) |
               simul::filter([](std::size_t i, string_view) { return i == 1; });
    };
    expect_of_all(simul::transform(numbered) | simul::flatten() | simul::collect(),
                  std::vector<std::pair<std::size_t, std::string>>{
                      {1, "a first one"}, {1, "a second one"}, {1, "a third one"}});
}

TEST(views_of_passing_elements, are_strings_beside_others) {
    expect_of_all(simul::transform(as_views) | simul::enumerate(1) | simul::last(),
                  std::optional(std::pair<std::size_t, std::string>(3, "cleo")));
    const auto zipped = [](auto source) {
        return simul::zip(std::move(source) | simul::transform(as_views), simul::count(1)) |
               simul::to_map();
    };
    expect_of_all(zipped, std::map<std::string, int>{{"anna", 1}, {"bert", 2}, {"cleo", 3}});
    expect_of_all(simul::pairwise() | simul::transform([](string_view one, string_view other) {
                      return std::max(name_of(one), name_of(other));
                  }) | simul::collect(),
                  strings{"bert", "cleo"});
}

// What reads ahead, or runs several tasks, makes a synchronous source asynchronous, too.
template <class Pipe, class Expected>
void expect_async(Pipe stages, const Expected& expected) {
    const auto read = [&](auto source) {
        auto result = simul::collect(std::move(source) | stages);
        static_assert(std::same_as<decltype(result), task<Expected>>);
        EXPECT_EQ(run_virtual(std::move(result)), expected);
    };
    read(read_lines());
    read(all_lines());
}

TEST(views_of_passing_elements, are_strings_where_elements_are_read_ahead) {
    expect_async(simul::transform(as_views) | simul::buffer(2), names);
    expect_async(
        simul::transform(name_and_length) | simul::buffer(2),
        std::vector<std::pair<std::string, std::size_t>>{{"anna", 37}, {"bert", 19}, {"cleo", 19}});
    expect_async(simul::buffer(2) | simul::transform(as_views), names);
    expect_async(simul::transform(as_views) | simul::chunk_timeout(3, 1s),
                 std::vector<strings>{names});
    expect_async(simul::transform(as_views) | simul::throttle(5ms), names);
    expect_async(simul::transform(as_views) | simul::debounce(1h), strings{"cleo"});
}

task<string_view> name_later(string_view line) {
    co_await simul::sleep(2ms);
    co_return name_of(line);
}
task<std::optional<string_view>> name_but_of_bert_later(string_view line) {
    co_await simul::sleep(2ms);
    co_return name_but_of_bert(line);
}
task<std::pair<string_view, views>> record_later(string_view line) {
    co_await simul::sleep(2ms);
    co_return std::pair(name_of(line), split(line));
}

TEST(views_of_passing_elements, are_strings_when_a_coroutine_has_made_them) {
    expect_async(simul::transform(name_later), names);
    expect_async(simul::filter_map(name_but_of_bert_later), strings{"anna", "cleo"});
    expect_async(simul::map_concurrent(2, name_later), names);
    expect_async(simul::map_concurrent_unordered(1, name_later), names);
    expect_async(simul::map_concurrent(3, record_later) |
                     simul::transform([](const auto& record) { return record.second.at(1); }),
                 strings{"a first one", "a second one", "a third one"});
}

TEST(views_of_rows, are_collected_as_strings) {
    const std::string text = "name,n\n\"an\"\"na\",1\nbert,2\n\"cl\"\"eo\",3\n";
    const strings expected{"an\"na", "bert", "cl\"eo"};
    const auto rows = [&] { return simul::csv::parse(text, {.header = true}); };
    const auto name = [](const simul::csv::row& row) { return row["name"]; };
    const auto name_and_n = [](const simul::csv::row& row) {
        return std::pair(row["name"], row.get<int>("n"));
    };
    EXPECT_EQ(simul::collect(rows() | simul::transform(name)), expected);
    EXPECT_EQ(simul::to_map(rows() | simul::transform(name_and_n)),
              (std::map<std::string, int>{{"an\"na", 1}, {"bert", 2}, {"cl\"eo", 3}}));
    EXPECT_EQ(simul::collect(rows() | simul::flatten()),
              (strings{"an\"na", "1", "bert", "2", "cl\"eo", "3"}));
    EXPECT_EQ(simul::collect(rows() | simul::transform(&simul::csv::row::fields) |
                             simul::flatten() | simul::take(3)),
              (strings{"an\"na", "1", "bert"}));
}

TEST(views_of_lasting_elements, stay_views) {
    const strings texts = all_lines();
    const auto in_texts = [&](string_view view) {
        return std::ranges::any_of(texts, [&](const std::string& text) {
            return std::less_equal<>()(text.data(), view.data()) &&
                   std::less_equal<>()(view.data() + view.size(), text.data() + text.size());
        });
    };
    const auto expect_views = [&](const views& got, const strings& expected) {
        EXPECT_EQ(strings(got.begin(), got.end()), expected);
        EXPECT_TRUE(std::ranges::all_of(got, in_texts));
    };
    expect_views(simul::collect(texts | simul::transform(as_views)), names);
    expect_views(simul::collect(texts | simul::filter_map(name_but_of_bert)), {"anna", "cleo"});
    expect_views(simul::collect(texts | simul::transform(split) | simul::flatten()), parts);
    expect_views(simul::collect(texts | simul::enumerate() |
                                simul::transform([](std::size_t, const std::string& line) {
                                    return name_of(line);
                                })),
                 names);
    expect_views(simul::chunk(texts | simul::transform(as_views), 3) | simul::flatten() |
                     simul::collect(),
                 names);
    // Views of a generator are as good as it has them.
    expect_views(
        simul::collect(simul_test::generated(split(texts[0])) |
                       simul::transform([](string_view part) { return part.substr(0, 4); })),
        {"anna", "a fi", "1234"});
}

TEST(chain, of_strings_and_views_has_views_of_the_elements_themselves) {
    const strings long_ones{std::string(40, 'a'), std::string(50, 'b')};
    const std::string text(30, 'c');
    const views others{text};
    views seen;
    for (string_view view : simul::chain(long_ones, others)) seen.push_back(view);
    ASSERT_EQ(seen, (views{long_ones[0], long_ones[1], text}));
    EXPECT_EQ(seen[0].data(), long_ones[0].data());
    EXPECT_EQ(seen[2].data(), text.data());
    const views collected = simul::collect(simul::chain(others, long_ones));
    EXPECT_EQ(collected, (views{text, long_ones[0], long_ones[1]}));
}

TEST(chain, keeps_strings_where_one_of_its_sequences_passes) {
    const strings expected{"x", lines[0], lines[1], lines[2]};
    const views others = list_of(string_view("x"));
    const auto check_first = [&](auto pipe) {
        static_assert(std::same_as<decltype(simul::collect(std::move(pipe))), strings>);
        EXPECT_EQ(simul::collect(std::move(pipe)), expected);
    };
    check_first(simul::chain(others, read_strings()));
    check_first(simul::chain(others, all_lines()));
    EXPECT_EQ(run_virtual(simul::collect(simul::chain(others, read_lines()))), expected);
    EXPECT_EQ(run_virtual(simul::collect(simul::chain(others, others, read_lines()) |
                                         simul::drop(1) | simul::chunk(4) | simul::flatten())),
              expected);
    const strings texts{"x"};
    EXPECT_EQ(run_virtual(simul::collect(simul::chain(texts, read_lines()))), expected);
    const std::vector<const char*> literals{"x"};
    EXPECT_EQ(run_virtual(simul::collect(simul::chain(literals, read_lines()))), expected);
    using pair = std::pair<string_view, int>;
    const std::vector<pair> pairs{{"x", 1}};
    const std::vector<int> ones{1, 1, 1};
    EXPECT_EQ(simul::collect(simul::chain(pairs, simul::zip(read_strings(), ones)) |
                             simul::transform([](const auto& entry) { return entry.first; })),
              expected);
}

TEST(intersperse, puts_the_string_that_it_was_given_between_views) {
    const std::string separator(40, '-');
    const views words{"one", "two", "three"};
    const strings expected{"one", separator, "two", separator, "three"};
    strings seen;
    for (string_view word : words | simul::intersperse(separator)) seen.emplace_back(word);
    EXPECT_EQ(seen, expected);

    // A short one lies in the object itself, which moves with the pipe.
    auto begun = words | simul::intersperse(std::string("+"));
    EXPECT_EQ(*begun.next(), "one");
    const auto rest = std::make_unique<decltype(begun)>(std::move(begun));
    EXPECT_EQ(*rest->next(), "+");

    const strings collected = simul::collect(words | simul::intersperse(separator));
    EXPECT_EQ(collected, expected);
    const views with_views = simul::collect(words | simul::intersperse(string_view(separator)));
    EXPECT_EQ(with_views, views(expected.begin(), expected.end()));
    EXPECT_EQ(run_virtual(simul::collect(read_lines() | simul::transform(as_views) |
                                         simul::intersperse(std::string("and")) | simul::window(5) |
                                         simul::flatten())),
              (strings{"anna", "and", "bert", "and", "cleo"}));
    using pair = std::pair<string_view, int>;
    const std::vector<pair> pairs{{"one", 1}, {"two", 2}};
    EXPECT_EQ(simul::collect(pairs | simul::intersperse(std::pair(separator, 0)))[1].first,
              separator);
}

std::vector<std::unique_ptr<int>> pointers(int count) {
    std::vector<std::unique_ptr<int>> made;
    for (int n = 1; n <= count; ++n) made.push_back(std::make_unique<int>(n));
    return made;
}
int value_of(const std::unique_ptr<int>& pointer) { return *pointer; }
task<int> taken_later(std::unique_ptr<int> pointer) {
    co_await simul::sleep(1ms);
    co_return *pointer;
}

template <class Pointers>
std::vector<int> values_of(Pointers&& kept) {
    return simul::collect(kept | simul::transform(value_of));
}

TEST(elements_of_a_container_that_is_given_away, are_moved) {
    const std::vector<int> expected{1, 2, 3};
    EXPECT_EQ(values_of(simul::collect(pointers(3))), expected);
    EXPECT_EQ(values_of(simul::collect<std::list>(pointers(3))), expected);
    EXPECT_EQ(values_of(simul::collect(pointers(3) | simul::chunk(2) | simul::flatten())),
              expected);
    EXPECT_EQ(values_of(simul::collect(
                  pointers(3) | simul::filter([](const auto& pointer) { return *pointer < 4; }) |
                  simul::transform([](std::unique_ptr<int> pointer) { return pointer; }))),
              expected);
    EXPECT_EQ(*simul::last(pointers(3)).value(), 3);
    EXPECT_EQ(*simul::to_map(simul::zip(all_lines(), pointers(3))).at(lines[1]), 2);
    EXPECT_EQ(values_of(simul::collect(simul::chain(pointers(2), pointers(1)))),
              (std::vector<int>{1, 2, 1}));

    EXPECT_EQ(values_of(run_virtual(simul::collect(pointers(3) | simul::buffer(2)))), expected);
    EXPECT_EQ(run_virtual(simul::collect(pointers(3) | simul::map_concurrent(2, taken_later))),
              expected);
    EXPECT_EQ(run_virtual(simul::collect(pointers(3) | simul::transform(taken_later))), expected);

    strings texts(2, std::string(40, 'x'));
    const char* const first = texts[0].data();
    const strings kept = simul::collect(std::move(texts));
    EXPECT_EQ(kept[0].data(), first);
}

TEST(elements_of_a_container_that_is_given_away, stay_for_the_next_round_of_a_cycle) {
    const strings words{"one", "two"};
    EXPECT_EQ(simul::collect(strings(words) | simul::cycle() | simul::take(5)),
              (strings{"one", "two", "one", "two", "one"}));
    EXPECT_EQ(simul::collect(std::vector<strings>(1, words) | simul::cycle() | simul::flatten() |
                             simul::take(3)),
              (strings{"one", "two", "one"}));
}

TEST(elements_of_a_container_that_is_given_away, are_copied_when_they_are_constant) {
    EXPECT_EQ(simul::collect(std::set<std::string>{"b", "a"}), (strings{"a", "b"}));
    EXPECT_EQ(simul::to_map(std::map<std::string, int>{{"a", 1}}).at("a"), 1);
}

// One that can be neither copied nor moved.
class fixed {
public:
    explicit fixed(int n) : value(n) {}
    fixed(const fixed&) = delete;
    fixed& operator=(const fixed&) = delete;
    ~fixed() = default;

    const int value;
};

TEST(elements_of_a_container_that_is_given_away, need_not_be_movable_for_concurrent_tasks) {
    std::list<fixed> all;
    for (int n = 1; n < 4; ++n) all.emplace_back(n);
    const auto later = [](const fixed& one) -> task<int> {
        co_await simul::sleep(1ms);
        co_return one.value;
    };
    EXPECT_EQ(run_virtual(simul::collect(std::move(all) | simul::map_concurrent(2, later))),
              (std::vector<int>{1, 2, 3}));
}

} // namespace
