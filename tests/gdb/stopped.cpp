// A program in the middle of everything that tasks can wait for. On the virtual clock, which stands
// still because it reads a pipe that nobody writes to, it prints its tree of tasks; then a debugger
// is to stop it in stop_here().

#include <simul/simul.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace std::chrono_literals;
using simul::task;

extern "C" [[gnu::noinline]] void stop_here() { asm volatile("" ::: "memory"); }

simul::loop* the_loop = nullptr;

namespace {

task<> sleeps(simul::clock::duration d) { co_await simul::sleep(d); }
task<int> number(int n) {
    co_await sleeps(std::chrono::hours(n));
    co_return n;
}
task<> deep(int levels) {
    if (levels == 0) co_await simul::sleep(1h);
    if (levels > 0) co_await deep(levels - 1);
}

simul::async_generator<int> slow_numbers() {
    co_await simul::sleep(2h);
    co_yield 1;
}
task<> consumes() {
    auto numbers = slow_numbers();
    while (auto n = co_await numbers.next()) (void)n;
}

struct slow_door {
    static task<> close() { co_await simul::sleep(3h); }
};

task<> async_main(const char* pipe_name) {
    std::array<std::byte, 16> buffer{};
    const auto both_ways = simul::fs::mode::read | simul::fs::mode::write;
    simul::fs::file pipe = co_await simul::fs::open(pipe_name, both_ways);
    const auto reads = [&]() -> task<> { (void)co_await pipe.read(buffer); };
    (void)simul::spawn(reads(), "reads a pipe");

    simul::mutex m;
    auto lock = co_await m.lock();
    simul::barrier barrier(3);
    simul::latch latch(2);
    simul::queue<std::string> queue;
    simul::semaphore permits(0);
    simul::event never;
    const auto locks = [&]() -> task<> { (void)co_await m.lock(); };
    const auto arrives = [&]() -> task<> { (void)co_await barrier.arrive_and_wait(); };
    const auto counts = [&]() -> task<> { co_await latch.wait(); };
    const auto gets = [&]() -> task<> { (void)co_await queue.get(); };
    const auto acquires = [&]() -> task<> { (void)co_await permits.acquire(); };
    const auto gathers = [&]() -> task<> {
        (void)co_await simul::gather(number(1), locks(), simul::gather(arrives(), counts()));
    };
    const auto gathers_many = []() -> task<> {
        std::vector<task<int>> many;
        for (int i = 1; i < 5; ++i) many.push_back(number(i));
        (void)co_await simul::gather(std::move(many));
    };
    const auto races = [&]() -> task<> { (void)co_await simul::race(number(5), gets()); };
    const auto limits = [&]() -> task<> { co_await simul::timeout(90min, acquires()); };
    const auto groups = [&]() -> task<> {
        co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
            group.spawn(sleeps(5h));
            group.spawn([]() -> task<> { co_await sleeps(10h); }, "one of a group");
            co_await group.start([](simul::task_started&) -> task<> { co_await sleeps(6h); },
                                 "one that does not announce itself");
        });
    };
    const auto with = []() -> task<> {
        co_await simul::with(slow_door(), [](slow_door&) -> task<> { co_return; });
    };
    const auto completes = []() -> task<> {
        std::vector<task<int>> many;
        many.push_back(number(7));
        many.push_back(number(8));
        auto done = simul::as_completed(std::move(many));
        (void)co_await done.next();
    };
    const auto shields = [&]() -> task<> { co_await simul::shield(simul::sleep(4h)); };

    auto gathering = simul::spawn(gathers(), "gathers");
    (void)simul::spawn(gathers_many());
    (void)simul::spawn(races(), "races");
    (void)simul::spawn(limits(), "limits");
    (void)simul::spawn(groups(), "groups");
    (void)simul::spawn(with(), "tears down");
    (void)simul::spawn(completes(), "completes");
    (void)simul::spawn(consumes(), "consumes");
    (void)simul::spawn(deep(30), "deep");
    auto shielding = simul::spawn(shields(), "shields");
    const auto joins = [&]() -> task<> { co_await gathering; };
    (void)simul::spawn(joins(), "joins");
    const std::vector handles{simul::spawn(sleeps(9h), "one"), simul::spawn(sleeps(9h))};
    const auto waits = [&]() -> task<> { (void)co_await simul::wait(handles); };
    (void)simul::spawn(waits(), "waits");

    for (int i = 0; i < 10; ++i) co_await simul::yield();
    shielding.cancel();
    // Between two turns, when every task waits.
    const auto stops = [] {
        std::fputs(simul::format_tasks().c_str(), stdout);
        std::fflush(stdout);
        stop_here();
    };
    the_loop = &simul::loop::current();
    (void)co_await simul::to_thread([&stops] { the_loop->post(stops); });
    co_await never.wait();
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2 || ::mkfifo(argv[1], 0600) != 0) return 2;
    simul::run(async_main(argv[1]), {.virtual_time = true});
}
