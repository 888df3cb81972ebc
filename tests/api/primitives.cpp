// What tasks share and wait for, and work from and for other threads, written as a user would: the
// umbrella header and the standard library alone.
#include <simul/simul.hpp>

#include <chrono>
#include <cstdio>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

using namespace std::chrono_literals;

struct item {
    int number = 0;
};

item make_item() { return {.number = 7}; }
void use(const item& i) { std::printf("item %d\n", i.number); }
double crunch(int n) { return n / 2.0; }

simul::task<int> part2(int n, std::string s) {
    co_await simul::sleep(1ms);
    co_return n + static_cast<int>(s.size());
}

simul::task<> primitives() {
    bool ready = false;
    simul::mutex m;
    {
        auto lock = co_await m.lock();
    }
    simul::event e;
    e.set();
    co_await e.wait();
    e.clear();
    simul::semaphore s(10);
    {
        auto permit = co_await s.acquire();
    }
    simul::condition c;
    const auto changes = [&]() -> simul::task<> {
        auto lock = co_await m.lock();
        ready = true;
        c.notify_all();
    };
    auto change = simul::spawn(changes());
    {
        auto lock = co_await m.lock();
        co_await c.wait(lock, [&] { return ready; });
    }
    co_await change;
    simul::barrier b(3);
    const auto meets = [&]() -> simul::task<> { co_await b.arrive_and_wait(); };
    co_await simul::gather(meets(), meets(), meets());
    simul::latch l(1);
    l.count_down();
    co_await l.wait();
    std::puts("passed");

    simul::queue<item> q(100);
    co_await q.put(make_item());
    item i = co_await q.get();
    q.task_done();
    use(i);
    const bool put = q.try_put({.number = 8});
    const std::optional<item> got = q.try_get();
    q.task_done();
    std::printf("%d %d, size %zu\n", put, got->number, q.size());
    co_await q.join();
    co_await q.put({.number = 9});
    q.close();
    while (auto next = co_await q.next()) use(*next);
    try {
        co_await q.put(make_item());
    } catch (const simul::queue_closed& error) {
        std::puts(error.what());
    }

    simul::priority_queue<int> least;
    simul::lifo_queue<int> newest(3);
    for (int n : {2, 1, 3}) {
        co_await least.put(n);
        co_await newest.put(n);
    }
    const int smallest = co_await least.get();
    const int last = co_await newest.get();
    std::printf("%d %d\n", smallest, last);

    double d = co_await simul::to_thread(crunch, 42);
    std::printf("%.1f\n", d);
    const int answer = co_await simul::to_thread(simul::abandon_on_cancel, [] { return 42; });
    std::printf("%d\n", answer);

    static simul::context_var<std::string> request("none");
    request.set("42");
    const auto child = [&]() -> simul::task<> {
        std::string inherited = request.get();
        request.set("43");
        std::printf("%s %s\n", inherited.c_str(), request.get().c_str());
        co_return;
    };
    co_await simul::spawn(child());
    std::printf("%s\n", request.get().c_str());
}

int main() {
    simul::run(primitives());

    simul::loop loop;
    simul::event stop;
    std::thread other([&] {
        std::future<int> f = loop.submit(part2(1, "thread"));
        std::printf("%d\n", f.get());
        loop.post([&] { stop.set(); });
    });
    const auto until_stopped = [&]() -> simul::task<> { co_await stop.wait(); };
    loop.run(until_stopped());
    other.join();
    std::puts("stopped");
}
