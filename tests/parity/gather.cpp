// gather: see scenarios.hpp.
#include "scenarios.hpp"

#include <simul/simul.hpp>

namespace simul_parity {
namespace {

task<> gather_keeps_the_order_of_its_arguments() {
    const auto [a, b, c] =
        co_await simul::gather(sleeper("a", 3ms, 1), sleeper("b", 1ms, 2), sleeper("c", 2ms, 3));
    log(in_brackets({a, b, c}));
}

task<> gather_of_nothing() {
    std::vector<task<int>> none;
    log(in_brackets(co_await simul::gather(std::move(none))));
}

task<int> gathers_with_a_failure() {
    const auto [a, b, c] =
        co_await simul::gather(sleeper("a", 10ms), failing("b", 1ms), sleeper("c", 20ms));
    co_return a + b + c;
}

task<> gather_with_a_failure() {
    log(co_await ending_of(gathers_with_a_failure()));
    co_await simul::sleep(50ms);
    log("much later");
}

task<> gather_with_return_exceptions() {
    const auto [a, b, c] = co_await simul::gather(simul::return_exceptions, sleeper("a", 2ms, 1),
                                                  failing("b", 1ms), sleeper("c", 3ms, 3));
    log(in_words(a) + ", " + in_words(b) + ", " + in_words(c));
}

task<> gathers_two() { co_await simul::gather(sleeper("a", 10ms), sleeper("b", 20ms)); }

task<> gather_that_is_cancelled() {
    const auto gathering = simul::spawn(gathers_two());
    co_await simul::sleep(1ms);
    gathering.cancel();
    log(co_await ending_of(gathering));
}

task<> gathers_with(simul::join_handle<int> child) {
    co_await simul::gather(child, sleeper("other", 1ms));
}

task<> gather_whose_child_is_cancelled() {
    const auto child = simul::spawn(sleeper("child", 10ms));
    const auto gathering = simul::spawn(gathers_with(child));
    co_await simul::sleep(5ms);
    child.cancel();
    log(co_await ending_of(gathering));
}

} // namespace

std::span<const scenario> gather_scenarios() {
    static constexpr scenario all[] = {
        SIMUL_SCENARIO(gather_keeps_the_order_of_its_arguments),
        SIMUL_SCENARIO(gather_of_nothing),
        SIMUL_SCENARIO(gather_with_a_failure),
        SIMUL_SCENARIO(gather_with_return_exceptions),
        SIMUL_SCENARIO(gather_that_is_cancelled),
        SIMUL_SCENARIO(gather_whose_child_is_cancelled),
    };
    return all;
}

} // namespace simul_parity
