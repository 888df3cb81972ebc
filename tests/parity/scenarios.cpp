// Runs every scenario on a loop of its own, and prints what happens: compare.py compares that with
// what scenarios.py prints.
#include "scenarios.hpp"

#include <simul/coro/run.hpp>

#include <cstdio>
#include <stdexcept>

namespace simul_parity {
namespace {

const char* current = "";

} // namespace

void log(const std::string& event) { std::printf("%s: %s\n", current, event.c_str()); }
void log(int value) { log(std::to_string(value)); }

std::string in_brackets(const std::vector<int>& values) {
    std::string text = "[";
    for (const int each : values) text += (text.size() > 1 ? ", " : "") + std::to_string(each);
    return text + "]";
}

task<int> sleeper(std::string name, std::chrono::milliseconds time, int value) {
    log(name + " begins");
    try {
        co_await simul::sleep(time);
    } catch (const simul::cancelled&) {
        log(name + " is cancelled");
        throw;
    }
    log(name + " ends");
    co_return value;
}

task<int> failing(std::string name, std::chrono::milliseconds time) {
    log(name + " begins");
    co_await simul::sleep(time);
    log(name + " fails");
    throw std::runtime_error(name + " failed");
}

static void run_all() {
    for (const auto& scenarios :
         {turns_scenarios(), gather_scenarios(), cancel_scenarios(), timeouts_scenarios(),
          sharing_scenarios(), completion_scenarios(), generators_scenarios()}) {
        for (const auto& [name, run] : scenarios) {
            current = name;
            simul::run(run(), {.virtual_time = true});
        }
    }
}

} // namespace simul_parity

int main() { simul_parity::run_all(); }
