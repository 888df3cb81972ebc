#include "scenarios.hpp"

#include "temp_dir.hpp"

#include <simul/simul.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <future>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace simul_test {
namespace {

using namespace std::chrono_literals;
using simul::task;

constexpr simul::run_options jumping{.virtual_time = true};

// A text that fits into no string without an allocation.
constexpr const char* long_text = "a text that is too long to be kept in a string object itself";

class wrong_result : public std::logic_error {
public:
    using std::logic_error::logic_error;
};
void require(bool holds, const char* what) {
    if (!holds) throw wrong_result(what);
}

// Where the scenarios' files are; made once, with their content.
const std::filesystem::path& directory() {
    static const temp_dir made;
    return made.path();
}
std::string rows_of_text(int rows) {
    std::string text = "name,amount\n";
    for (int i = 0; i < rows; ++i) {
        text += "\"row, number " + std::to_string(i) + "\"," + std::to_string(i) + "\n";
    }
    return text;
}

task<int> number(int n) {
    co_await simul::sleep(1ms);
    co_return n;
}
task<std::string> text(std::string of) {
    co_await simul::yield();
    co_return of;
}
task<> fails_after(std::chrono::milliseconds delay) {
    co_await simul::sleep(delay);
    throw std::domain_error("meant to fail");
}

void runs() {
    const std::string result = simul::run(text(long_text), jumping);
    require(result == long_text, "run");
}

void spawns() {
    simul::run(
        []() -> task<> {
            auto named = simul::spawn(number(1), long_text);
            const std::string captured = long_text;
            auto lambda = simul::spawn([captured]() -> task<std::string> {
                co_await simul::yield();
                co_return captured;
            });
            (void)simul::spawn(fails_after(1ms), "never awaited");
            const int one = co_await named;
            const std::string back = co_await std::move(lambda);
            require(one == 1 && back == captured, "spawn");
            co_await simul::sleep(5ms);
        }(),
        jumping);
}

void gathers() {
    simul::run(
        []() -> task<> {
            auto [a, b] = co_await simul::gather(number(1), text(long_text));
            require(a == 1 && b == long_text, "gather");
            std::vector<task<int>> many;
            for (int i = 0; i < 10; ++i) many.push_back(number(i));
            const std::vector<int> all = co_await simul::gather(std::move(many));
            require(all.size() == 10 && all[9] == 9, "gather of a vector");
            auto [ok, failed] =
                co_await simul::gather(simul::return_exceptions, number(1), fails_after(1ms));
            require(ok.has_value() && !failed.has_value(), "outcomes");
            bool caught = false;
            try {
                co_await simul::gather(fails_after(1ms), fails_after(1ms), number(1));
            } catch (const std::domain_error&) {
                caught = true;
            }
            require(caught, "a failing gather");
        }(),
        jumping);
}

void races() {
    simul::run(
        []() -> task<> {
            auto won = co_await simul::race(number(1), simul::sleep(1h));
            require(won.index() == 0, "race");
            std::vector<task<int>> many;
            for (int i = 0; i < 4; ++i) many.push_back(number(i));
            auto first = co_await simul::race(std::move(many));
            require(first.value < 4, "race of a vector");
        }(),
        jumping);
}

void times_out() {
    simul::run(
        []() -> task<> {
            bool late = false;
            try {
                co_await simul::timeout(1ms, simul::sleep(1h));
            } catch (const simul::timeout_error&) {
                late = true;
            }
            const std::optional<int> in_time = co_await simul::move_on_after(1s, number(3));
            const int shielded = co_await simul::shield(number(4));
            require(late && in_time == 3 && shielded == 4, "timeout");
        }(),
        jumping);
}

void groups() {
    simul::run(
        []() -> task<> {
            int sum = 0;
            co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
                group.spawn(number(1), long_text);
                group.spawn([&sum, kept = std::string(long_text)]() -> task<> {
                    co_await simul::sleep(1ms);
                    sum += static_cast<int>(kept.size());
                });
                const auto starts = [](simul::task_started& ready) -> task<> {
                    co_await simul::yield();
                    ready.set();
                    co_await simul::sleep(1ms);
                };
                co_await group.start(starts, long_text);
            });
            require(sum > 0, "task group");
            bool caught = false;
            try {
                co_await simul::with_task_group([](simul::task_group& group) -> task<> {
                    group.spawn(fails_after(1ms));
                    group.spawn(fails_after(1ms));
                    co_await simul::sleep(1h);
                });
            } catch (const std::domain_error&) {
                caught = true;
            }
            require(caught, "a failing task group");
        }(),
        jumping);
}

task<> produces(simul::queue<std::string>& to, int count) {
    for (int i = 0; i < count; ++i) co_await to.put(std::string(long_text));
    to.close();
}

void shares() {
    simul::run(
        []() -> task<> {
            simul::queue<std::string> q(2);
            int got = 0;
            co_await simul::with_task_group([&](simul::task_group& group) -> task<> {
                group.spawn(produces(q, 5)); // when it fails, nobody waits for it in vain
                while (auto item = co_await q.next()) ++got;
            });
            require(got == 5, "queue");

            simul::priority_queue<int> sorted;
            for (const int n : {3, 1, 2}) co_await sorted.put(n);
            const int least = co_await sorted.get();
            require(least == 1, "priority queue");

            simul::mutex m;
            simul::condition changed;
            simul::event begun;
            bool ready = false;
            const auto waits = [&]() -> task<> {
                auto lock = co_await m.lock();
                begun.set();
                co_await changed.wait(lock, [&] { return ready; });
            };
            auto waiting = simul::spawn(waits);
            co_await begun.wait();
            {
                auto lock = co_await m.lock();
                ready = true;
                changed.notify_all();
            }
            co_await waiting;
        }(),
        jumping);
}

void waits() {
    simul::run(
        []() -> task<> {
            std::vector<simul::join_handle<int>> handles;
            for (int i = 0; i < 3; ++i) handles.push_back(simul::spawn(number(i)));
            auto [finished, pending] =
                co_await simul::wait(handles, simul::wait_until::all_completed);
            require(finished.size() == 3 && pending.empty(), "wait");

            std::vector<task<int>> many;
            for (int i = 0; i < 5; ++i) many.push_back(number(i));
            auto done = simul::as_completed(std::move(many));
            int sum = 0;
            while (auto item = co_await done.next()) sum += item->result.value();
            require(sum == 10, "as_completed");

            std::vector<int> numbers{1, 2, 3, 4};
            int visited = 0;
            co_await simul::for_each_concurrent(numbers, 2, [&](int n) -> task<> {
                co_await simul::sleep(1ms);
                visited += n;
            });
            require(visited == 10, "for_each_concurrent");
        }(),
        jumping);
}

simul::async_generator<std::string> words(int count) {
    for (int i = 0; i < count; ++i) {
        co_await simul::sleep(1ms);
        co_yield std::string(long_text) + std::to_string(i);
    }
}
simul::generator<std::string> plain_words(int count) {
    if (count > 1) co_yield simul::elements_of(plain_words(count - 1));
    co_yield std::string(long_text) + std::to_string(count);
}

void generates() {
    std::size_t size = 0;
    for (const std::string& word : plain_words(4)) size += word.size();
    simul::run(
        [](std::size_t& total) -> task<> {
            auto stream = words(4);
            while (auto word = co_await stream.next()) total += word->size();
            auto dropped = words(4);
            (void)co_await dropped.next();
        }(size),
        jumping);
    require(size > 8 * std::string_view(long_text).size(), "generators");
}

void follows_contexts() {
    static simul::context_var<std::string> user{std::string()};
    simul::run(
        []() -> task<> {
            user.set(long_text);
            const auto reads = []() -> task<std::string> {
                co_await simul::yield();
                co_return user.get();
            };
            const std::string seen = co_await simul::spawn(reads);
            require(seen == long_text, "context_var");
            const auto changes = [] {
                const std::string there = user.get();
                user.set(there + there);
                return there;
            };
            const std::string there = co_await simul::to_thread(changes);
            require(there == long_text && user.get() == long_text, "context_var in a thread");
        }(),
        jumping);
}

void deadlocks() {
    bool stuck = false;
    try {
        simul::run([]() -> task<> {
            simul::event never;
            co_await simul::gather(never.wait(), never.wait());
        }());
    } catch (const simul::deadlock&) {
        stuck = true;
    }
    require(stuck, "deadlock");
}

void reports() {
    try {
        simul::run(
            []() -> task<> {
                {
                    const task<int> dropped = number(1);
                }
                co_await fails_after(1ms);
            }(),
            {.virtual_time = true, .debug = true});
    } catch (const std::domain_error&) {
        return;
    }
    require(false, "debug mode");
}

void uses_threads() {
    simul::run([]() -> task<> {
        auto square = [](int n) { return n * n; };
        auto [a, b] = co_await simul::gather(simul::to_thread(square, 3),
                                             simul::to_thread(simul::abandon_on_cancel, square, 4));
        require(a == 9 && b == 16, "to_thread");
    }());
}

template <class Fn>
std::jthread thread_of_its_own(Fn&& fn) {
    try {
        return std::jthread(std::forward<Fn>(fn));
    } catch (const std::system_error& e) {
        throw std::system_error(e.code(), "the scenario's own thread");
    }
}

void posts() {
    simul::event posted; // until the loop ends: what was posted may run in its close()
    simul::loop loop;
    std::atomic<bool> failed{false};
    loop.run([](simul::loop& to, simul::event& done, std::atomic<bool>& went_wrong) -> task<> {
        const std::jthread other = thread_of_its_own([&] {
            try {
                to.post([&] { done.set(); });
            } catch (...) {
                went_wrong = true;
            }
        });
        if (!went_wrong) (void)co_await simul::move_on_after(50ms, done.wait());
    }(loop, posted, failed));
    std::future<int> result = loop.submit(number(2));
    loop.run(simul::sleep(10ms));
    loop.close();
    require(result.get() == 2 || failed, "submit");
}

void handles_sigint() {
    const int n = simul::run(number(5), {.handle_sigint = true});
    require(n == 5, "handle_sigint");
}

void works_on_files() {
    const std::filesystem::path path = directory() / "whole";
    const std::string content = rows_of_text(200);
    simul::run([](std::filesystem::path at, std::string written) -> task<> {
        co_await simul::fs::write_file(at, written);
        const std::string back = co_await simul::fs::read_file(at);
        require(back == written, "read_file");
        co_await simul::fs::replace_file(at, written + "more");
        const std::string longer = co_await simul::fs::read_file(at);
        require(longer.size() == written.size() + 4, "replace_file");
    }(path, content));
}

void works_on_open_files() {
    const std::filesystem::path path = directory() / "open";
    simul::run([](std::filesystem::path at) -> task<> {
        simul::fs::file out =
            co_await simul::fs::open(at, simul::fs::mode::create | simul::fs::mode::write);
        const std::string content = rows_of_text(50);
        co_await out.write_all(std::as_bytes(std::span(content)));
        co_await out.sync();
        co_await out.truncate(100);
        co_await out.close();

        simul::fs::file in = co_await simul::fs::open(at);
        const auto status = co_await in.stat();
        require(status.size == 100, "truncate");
        std::array<std::byte, 64> buffer{};
        std::size_t size = 0;
        while (std::size_t n = co_await in.read(buffer)) size += n;
        require(size == 100, "read");
        // The destructor closes it.
    }(path));
}

const std::filesystem::path& csv_file() {
    static const std::filesystem::path made = [] {
        std::filesystem::path at = directory() / "rows.csv";
        simul::run(simul::fs::write_file(at, rows_of_text(500)));
        return at;
    }();
    return made;
}

void reads_lines() {
    simul::run([](std::filesystem::path at) -> task<> {
        auto lines = simul::lines(at, {.chunk_size = 512});
        int count = 0;
        while (auto line = co_await lines.next()) count += line->empty() ? 0 : 1;
        require(count == 501, "lines");
    }(csv_file()));
}

void reads_rows() {
    simul::run([](std::filesystem::path at) -> task<> {
        auto rows = simul::csv::rows(at, {.header = true, .chunk_size = 512});
        int sum = 0;
        while (auto row = co_await rows.next()) {
            require((*row)["name"].starts_with("row, number "), "a quoted field");
            sum += row->get<int>("amount");
        }
        require(sum == 499 * 500 / 2, "csv rows");
    }(csv_file()));
}

constexpr std::array all{
    scenario{"runs", runs},
    scenario{"spawns", spawns},
    scenario{"gathers", gathers},
    scenario{"races", races},
    scenario{"times_out", times_out},
    scenario{"groups", groups},
    scenario{"shares", shares},
    scenario{"waits", waits},
    scenario{"generates", generates},
    scenario{"follows_contexts", follows_contexts},
    scenario{"deadlocks", deadlocks},
    scenario{"reports", reports},
    scenario{"uses_threads", uses_threads},
    scenario{"posts", posts},
    scenario{"handles_sigint", handles_sigint},
    scenario{"works_on_files", works_on_files},
    scenario{"works_on_open_files", works_on_open_files},
    scenario{"reads_lines", reads_lines},
    scenario{"reads_rows", reads_rows},
};

} // namespace

std::span<const scenario> scenarios() noexcept { return all; }

} // namespace simul_test
