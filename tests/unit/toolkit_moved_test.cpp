// Pipes that are moved half way through the elements of an element that belongs to them.
#include <simul/simul.hpp>

#include "run_virtual.hpp"
#include "sources.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using simul::task;
using simul_test::generated;
using simul_test::one_by_one;
using simul_test::run_virtual;
using strings = std::vector<std::string>;
using numbers = std::vector<int>;

strings words_of(int n) {
    const std::string word = "a word that takes memory of its own " + std::to_string(n);
    return {word, word + "b", word + "c"};
}

const strings from_the_second = [] {
    strings all;
    for (int n : {1, 2, 3}) {
        for (std::string& word : words_of(n)) all.push_back(std::move(word));
    }
    all.erase(all.begin());
    return all;
}();

// Takes one element, moves the pipe elsewhere, and reads it to its end there.
template <class Pipe>
void expect_the_rest_elsewhere(Pipe pipe) {
    EXPECT_EQ(std::string(*pipe.next()), words_of(1)[0]);
    const auto elsewhere = std::make_unique<Pipe>(std::move(pipe));
    pipe = Pipe(std::move(*elsewhere));
    EXPECT_EQ(simul::collect<strings>(pipe), from_the_second);
}

simul::generator<std::string> spelled(int n) {
    for (std::string& word : words_of(n)) co_yield word;
}

TEST(a_moved_pipe, goes_on_inside_an_element_that_a_stage_has_made) {
    const numbers three{1, 2, 3};
    expect_the_rest_elsewhere(three | simul::transform(words_of) | simul::flatten());
    expect_the_rest_elsewhere(generated(three) | simul::transform(words_of) | simul::flatten());
    expect_the_rest_elsewhere(three | simul::transform(spelled) | simul::flatten());
    expect_the_rest_elsewhere(three | std::views::transform(words_of) | simul::flatten());
    expect_the_rest_elsewhere(three | simul::transform(words_of) |
                              simul::filter([](const strings& words) { return !words.empty(); }) |
                              simul::flatten());
    expect_the_rest_elsewhere(simul::chain(numbers{1}, std::vector<long>{2, 3}) |
                              simul::transform([](long n) { return words_of(int(n)); }) |
                              simul::flatten());
    expect_the_rest_elsewhere(
        three | simul::transform([](int n) { return std::vector<strings>{words_of(n)}; }) |
        simul::flatten() | simul::flatten());
}

TEST(a_moved_pipe, goes_on_inside_an_element_of_a_container_or_a_generator) {
    const std::vector<strings> all{words_of(1), words_of(2), words_of(3)};
    expect_the_rest_elsewhere(all | simul::flatten());
    expect_the_rest_elsewhere(std::vector<strings>(all) | simul::flatten());
    expect_the_rest_elsewhere(generated(all) | simul::flatten());
}

TEST(a_moved_pipe, goes_on_inside_an_element_when_a_stage_is_added_half_way) {
    run_virtual([]() -> task<> {
        const numbers three{1, 2, 3};
        auto words = one_by_one(three) | simul::transform(words_of) | simul::flatten();
        const std::string first = *co_await words.next();
        EXPECT_EQ(first, words_of(1)[0]);
        auto more = std::move(words) | simul::take(100);
        const strings rest = co_await simul::collect(std::move(more));
        EXPECT_EQ(rest, from_the_second);
    });
    run_virtual([]() -> task<> {
        simul::queue<strings> queue;
        for (int n : {1, 2, 3}) queue.try_put(words_of(n));
        queue.close();
        auto words = queue | simul::flatten();
        const std::string first = *co_await words.next();
        EXPECT_EQ(first, words_of(1)[0]);
        auto more = std::move(words) | simul::take(100);
        const strings rest = co_await simul::collect(std::move(more));
        EXPECT_EQ(rest, from_the_second);
    });
}

} // namespace
