// Generators, threads and context: see scenarios.hpp.
#include "scenarios.hpp"

#include <simul/simul.hpp>

namespace simul_parity {
namespace {

simul::async_generator<int> numbers() {
    const at_the_end clean_up{"generator cleans up"};
    for (int i = 0; i < 10; ++i) {
        co_await simul::sleep(1ms);
        co_yield i;
    }
}

task<> async_generator_to_its_end() {
    auto generator = numbers();
    while (auto i = co_await generator.next()) {
        if (*i == 9) log(*i);
    }
    log("consumer ends");
}

task<> async_generator_closed_early() {
    auto generator = numbers();
    while (auto i = co_await generator.next()) {
        log(*i);
        if (*i == 2) break;
    }
    co_await generator.close();
    log("closed");
}

task<> consumes_three() {
    {
        auto generator = numbers();
        while (auto i = co_await generator.next()) {
            log(*i);
            if (*i == 2) break;
        }
    }
    log("loop left");
}

task<> async_generator_left_early() {
    co_await consumes_three();
    log("consumer returned");
    co_await simul::sleep(1ms);
}

task<int> breaks_in_a_thread() {
    const auto breaks = []() -> int { throw std::runtime_error("broken"); };
    co_return co_await simul::to_thread(breaks);
}

task<> to_thread_gives_results_and_errors() {
    const int value = co_await simul::to_thread([](int n) { return n * 2; }, 21);
    log(value);
    log(co_await ending_of(breaks_in_a_thread()));
}

simul::context_var<std::string> variable("initial");

task<> inherits(std::string name) {
    log(name + " inherits " + variable.get());
    variable.set(name);
    co_await simul::yield();
    log(name + " has " + variable.get());
}

task<> context_follows_a_task() {
    variable.set("main");
    co_await simul::gather(inherits("a"), inherits("b"));
    log("main has " + variable.get());
    co_await inherits("awaited");
    log("main has " + variable.get());
}

std::string call_with_context() {
    const std::string seen = variable.get();
    variable.set("call");
    return seen + " " + variable.get();
}

task<> context_goes_with_a_call_into_a_thread() {
    variable.set("main");
    log(co_await simul::to_thread(call_with_context));
    log("main has " + variable.get());
}

} // namespace

std::span<const scenario> generators_scenarios() {
    static constexpr scenario all[] = {
        SIMUL_SCENARIO(async_generator_to_its_end),
        SIMUL_SCENARIO(async_generator_closed_early),
        SIMUL_SCENARIO(async_generator_left_early),
        SIMUL_SCENARIO(to_thread_gives_results_and_errors),
        SIMUL_SCENARIO(context_follows_a_task),
        SIMUL_SCENARIO(context_goes_with_a_call_into_a_thread),
    };
    return all;
}

} // namespace simul_parity
