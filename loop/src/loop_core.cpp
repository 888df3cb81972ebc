#include <simul/loop/detail/loop_core.hpp>

#include <simul/loop/detail/log_text.hpp>
#include <simul/loop/error.hpp>
#include <simul/loop/log.hpp>

#include "prepare_log.hpp"
#include "reactor.hpp"
#include "worker_pool.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace simul {
namespace detail {

[[gnu::tls_model("initial-exec")]] constinit thread_local loop_core* current_core = nullptr;

namespace {

// I/O and timers are looked at after so many turns or so much time, whichever comes first.
constexpr unsigned most_turns_per_poll = 64;
constexpr std::int64_t longest_without_poll = 100'000;
// What is due sooner is waited for awake: the system's shortest wait is a millisecond.
constexpr std::int64_t shortest_wait = 2'000;
constexpr std::int64_t slow_step = 100'000'000;

constexpr std::size_t most_stack_inside_step = std::size_t{128} << 10;
// Stacks grow downwards wherever there is libuv.
constexpr std::size_t most_stack_of_callees = std::size_t{8} << 10;

std::uintptr_t end_of_stack_from(const void* frame) noexcept {
    return reinterpret_cast<std::uintptr_t>(frame) - most_stack_of_callees;
}

// The loop that runs on this thread, for as long as this object lives.
class entered {
public:
    explicit entered(loop_core& core) noexcept : outer_(std::exchange(current_core, &core)) {}
    entered(const entered&) = delete;
    entered& operator=(const entered&) = delete;
    ~entered() { current_core = outer_; }

private:
    loop_core* outer_;
};

std::uint64_t next_random(std::uint64_t& state) // splitmix64
{
    std::uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

} // namespace

loop_core::loop_core(run_options options, uv_loop_s* host)
    : timers(steady_now()), virtual_now_(steady_now()), options_(options),
      random_state_(options.shuffle_seed.value_or(0)),
      reactor_(std::make_unique<reactor>(*this, host)) {
    prepare_log();
    if (options.dump_signal != 0) reactor_->watch_dump_signal(options.dump_signal);
}

loop_core::~loop_core() { close(); }

// ---------------------------------------------------------------------------------------- turns

// Runs the line until it has suspended or ended: then its last coroutine has left no other to go
// on.
inline void loop_core::run_coroutines(waiter& w) noexcept {
    running = &w;
    running_coroutine = std::exchange(w.resume_point, nullptr);
    std::coroutine_handle<> last;
    do {
        last = running_coroutine;
        last.resume();
    } while (running_coroutine != last);
    running = nullptr;
}

inline void loop_core::finish(waiter& line) noexcept {
    assert(!line.resume_point && "an operation parked a line that did not suspend");
    if (line.context != 0) [[unlikely]]
        drop_context(line);
    line.finished();
}

inline void loop_core::end_step() noexcept {
    waiter& line = *std::exchange(ended, nullptr);
    if (step_hooks_ == nullptr) [[likely]] {
        finish(line);
    } else {
        run_step_hooks(line);
    }
}

template <bool Plain>
inline void loop_core::resume(waiter& w) noexcept {
    if (!Plain && options_.debug) return resume_and_time(w);
    run_coroutines(w);
    if (ended != nullptr) end_step();
}

void loop_core::resume_and_time(waiter& w) noexcept {
    const std::string origin = text_of([&](std::string& text) {
        w.describe(text);
        text += " from ";
        w.locate(text);
    });
    const std::int64_t began = steady_now();
    run_coroutines(w);
    const std::int64_t took = steady_now() - began;
    if (took > slow_step) {
        log_text(log_level::warning, "simul: a step of a task ran too long",
                 [&](std::string& text) {
                     text.append("simul: a step of task ").append(origin).append(" on ran for ");
                     text.append(std::to_string(took / 1'000'000));
                     text.append(" ms and kept every other task waiting");
                 });
    }
    if (ended != nullptr) end_step();
}

void loop_core::report_other_thread(const char* what) const noexcept {
    if (!is_running() || current_core == this) return;
    log_text(log_level::error, what, [what](std::string& text) {
        text.append("simul: ").append(what).append(
            " on a thread that is not its loop's: use loop::post or loop::submit");
    });
}

void loop_core::at_end_of_step(step_hook& hook) noexcept {
    hook.next_hook_ = std::exchange(step_hooks_, &hook);
    ended = running;
}

void loop_core::remove(step_hook& hook) noexcept {
    for (step_hook** at = &step_hooks_; *at != nullptr; at = &(*at)->next_hook_) {
        if (*at == &hook) {
            *at = hook.next_hook_;
            return;
        }
    }
}

void loop_core::run_step_hooks(waiter& line) noexcept {
    while (step_hooks_ != nullptr) {
        step_hook& hook = *std::exchange(step_hooks_, step_hooks_->next_hook_);
        hook.step_ended(line);
    }
    if (!line.resume_point) finish(line);
}

void loop_core::run_inside_step(waiter& line) noexcept {
    waiter* const outer = running;
    waiter* const outer_ended = std::exchange(ended, nullptr);
    step_hook* const outer_hooks = std::exchange(step_hooks_, nullptr);
    const std::coroutine_handle<> outer_coroutine = running_coroutine;
    const std::uintptr_t outer_stack_end = stack_end;
    const void* const outer_base = first_inside_step_;
    if (outer_base == nullptr) first_inside_step_ = __builtin_frame_address(0);
    stack_end = end_of_stack_from(__builtin_frame_address(0));
    run_coroutines(line);
    if (ended != nullptr) end_step();
    first_inside_step_ = outer_base;
    stack_end = outer_stack_end;
    running_coroutine = outer_coroutine;
    step_hooks_ = outer_hooks;
    ended = outer_ended;
    running = outer;
}

bool loop_core::has_room_inside_step() const noexcept {
    if (first_inside_step_ == nullptr) return true;
    const auto base = reinterpret_cast<std::uintptr_t>(first_inside_step_);
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    return (here < base ? base - here : here - base) < most_stack_inside_step;
}

bool loop_core::cancel_at_once(waiter& line) noexcept {
    waiter** const place = ready_tail_;
    const bool waits = line.waiting_for() != nullptr;
    line.cancel();
    if (!waits) return true;
    // Whoever it has woken in its turn stands behind it, and not before.
    if (*place != &line || line.next_ready_ != nullptr) return false;
    *place = nullptr;
    ready_tail_ = place;
    line.queued = false;
    line.awaited_ = nullptr;
    return true;
}

// A turn runs exactly what was ready when it began; what that makes ready runs next turn.
template <bool Plain>
[[gnu::always_inline]] inline void loop_core::turn() noexcept {
    batch_ = std::exchange(ready_, nullptr);
    ready_tail_ = &ready_;
    if (!Plain && options_.shuffle_seed) shuffle_batch();
    while (batch_ != nullptr) {
        waiter& w = *batch_;
        batch_ = w.next_ready_;
        if (batch_ != nullptr) __builtin_prefetch(batch_->resume_point.address());
        w.queued = false;
        w.awaited_ = nullptr;
        resume<Plain>(w);
    }
}

// Returns how many turns it were. Plain: without what the options ask for in each turn and step.
template <bool Plain>
[[gnu::always_inline]] inline unsigned loop_core::run_planned(unsigned planned) noexcept {
    unsigned turns = 0;
    do {
        turn<Plain>();
    } while (++turns < planned && ready_ != nullptr && !stop_);
    return turns;
}

void loop_core::run_turns() noexcept {
    stack_end = end_of_stack_from(__builtin_frame_address(0));
    if (timers.has_last()) [[unlikely]] {
        // What became ready with them came in time.
        if (ready_ != nullptr) turn<false>();
        timers.expire_last_ones();
    }
    if (ready_ == nullptr || stop_) return;
    if (looked_at_ == 0) looked_at_ = quick_clock_.look();
    const unsigned planned = turns_per_poll_;
    const bool plain = !options_.debug && !options_.shuffle_seed;
    const unsigned turns = plain ? run_planned<true>(planned) : run_planned<false>(planned);
    // Reading the clock costs more than a short turn, so the turns are planned from what the last
    // ones took: as many as fit into half of the time that may pass without a look at I/O.
    const std::int64_t now = quick_clock_.look();
    const std::int64_t per_turn = (now - std::exchange(looked_at_, now)) / turns + 1;
    const std::int64_t fitting = longest_without_poll / 2 / per_turn;
    const auto most = static_cast<std::int64_t>(std::min(most_turns_per_poll, planned * 2));
    turns_per_poll_ = static_cast<unsigned>(std::clamp<std::int64_t>(fitting, 1, most));
    date_timers();
}

void loop_core::shuffle_batch() noexcept {
    // Fisher and Yates' shuffle needs random access: the batch is dealt out to an array first.
    std::size_t count = 0;
    for (const waiter* w = batch_; w != nullptr; w = w->next_ready_) ++count;
    if (count < 2) return;
    const std::unique_ptr<waiter*[]> deck(new (std::nothrow) waiter*[count]);
    if (deck == nullptr) return; // any order will do
    for (std::size_t i = 0; i < count; ++i) deck[i] = std::exchange(batch_, batch_->next_ready_);
    for (std::size_t i = count - 1; i > 0; --i) {
        std::swap(deck[i], deck[next_random(random_state_) % (i + 1)]);
    }
    waiter** tail = &batch_;
    for (std::size_t i = 0; i < count; ++i) {
        *tail = deck[i];
        tail = &deck[i]->next_ready_;
    }
    *tail = nullptr;
}

void loop_core::remove_ready(waiter& w) noexcept {
    if (!w.queued) return;
    for (waiter** const list : {&batch_, &ready_}) {
        waiter** at = list;
        while (*at != nullptr && *at != &w) at = &(*at)->next_ready_;
        if (*at == nullptr) continue;
        *at = w.next_ready_;
        if (ready_tail_ == &w.next_ready_) ready_tail_ = at;
        break;
    }
    w.queued = false;
    w.awaited_ = nullptr;
}

// ------------------------------------------------------------------------------------------- I/O

void loop_core::run_posts() noexcept {
    if (!reactor_->has_posts()) return;
    for (auto work = reactor_->take_posts(); work != nullptr; work = std::move(work->next)) {
        try {
            work->run();
        } catch (const std::exception& e) {
            log_text(log_level::error, "simul: a posted function threw", [&](std::string& text) {
                text.append("simul: a posted function threw: ").append(e.what());
            });
        } catch (...) {
            log(log_level::error,
                "simul: a posted function threw something that is no std::exception");
        }
    }
    if (workers_ != nullptr) workers_->end_finished();
}

// Waits until something is ready; false when nothing ever will be.
bool loop_core::wait() {
    date_timers();
    if (options_.virtual_time && io_in_flight_ == 0 && !reactor_->has_posts()) {
        reactor_->look();
        if (ready_ == nullptr && !reactor_->has_posts() && !timers.empty()) {
            virtual_now_ = std::max(virtual_now_, timers.next_wake());
            timers.expire(virtual_now_);
            return true;
        }
        if (ready_ != nullptr || reactor_->has_posts()) return true;
    }
    if (!options_.virtual_time && !timers.empty()) {
        const std::int64_t wake = timers.next_wake();
        if (wake - steady_now() <= shortest_wait) {
            reactor_->look();
        } else {
            reactor_->wait(wake);
        }
        timers.expire(steady_now());
        return true;
    }
    if (io_in_flight_ == 0 && !expects_posts_ && !watches_sigint_) {
        reactor_->look();
        return ready_ != nullptr || reactor_->has_posts();
    }
    reactor_->wait();
    return true;
}

bool loop_core::poll() {
    if (!timers.empty()) timers.expire(now());
    if (ready_ == nullptr && reactor_->has_posts()) {
        run_posts(); // perhaps the loop's own, and then there is nothing to look at yet
        if (stop_) return true;
    }
    if (is_idle() && !reactor_->has_posts()) {
        looked_at_ = 0; // time that passes in waiting is no turn's
        if (!wait()) return false;
    } else if (requests_in_flight_ > 0 || io_in_flight_ > 0 || options_.handle_sigint ||
               options_.dump_signal != 0 || reactor_->hosted()) {
        reactor_->look();
    }
    run_posts();
    return true;
}

loop_core::outcome loop_core::drive() {
    const entered here(*this);
    driving_ = true;
    stop_ = false;
    outcome result = outcome::stopped;
    while (!stop_) {
        run_turns();
        if (stop_) break;
        if (!poll()) {
            result = outcome::stuck;
            break;
        }
    }
    driving_ = false;
    return result;
}

void loop_core::run_hosted() noexcept {
    const entered here(*this);
    driving_ = true;
    stop_ = false;
    looked_at_ = 0;
    timers.expire(now());
    run_posts();
    // The host polls its own I/O in between; with virtual time it does not sleep.
    if (options_.virtual_time && io_in_flight_ == 0) {
        while (is_idle() && !timers.empty()) {
            virtual_now_ = std::max(virtual_now_, timers.next_wake());
            timers.expire(virtual_now_);
        }
    }
    const std::int64_t began = steady_now();
    while (!is_idle() && steady_now() - began < longest_without_poll) run_turns();
    date_timers();
    driving_ = false;
}

// -------------------------------------------------------------------------- beginnings and ends

void loop_core::hold(bool has_tasks) noexcept { reactor_->hold(has_tasks); }

void loop_core::run(top_level& root) {
    root_ = &root;
    if (options_.handle_sigint) {
        try {
            reactor_->watch_sigint();
            watches_sigint_ = true;
        } catch (...) {
            root_ = nullptr;
            remove_ready(root);
            remove(root);
            throw;
        }
    }
    const outcome how = drive();
    std::string tree;
    if (how == outcome::stuck) {
        try {
            tree = root.tree();
        } catch (const std::bad_alloc&) { // a deadlock without its tree says enough
        }
    }
    root_ = nullptr;
    if (options_.handle_sigint) reactor_->stop_watching_sigint();
    watches_sigint_ = false;
    end_all();
    if (how != outcome::stuck) return;
    try {
        throw deadlock(std::move(tree));
    } catch (const std::bad_alloc&) {
        throw deadlock({});
    }
}

// Whatever is left is cancelled and unwinds; what waits for ever all the same is destroyed.
void loop_core::end_all() {
    if (top_levels_.empty()) return;
    ending_ = draining_ = true;
    for (top_level* line = top_levels_.first(); line != nullptr; line = top_levels_.after(*line)) {
        if (!line->is_clean_up()) line->cancel();
    }
    while (!top_levels_.empty()) {
        // The last line to end may leave a clean-up behind, after it has told the loop to stop.
        if (drive() == outcome::stopped) continue;
        const entered here(*this);
        top_level& stuck = top_levels_.front();
        log_text(log_level::error, "simul: a task did not end when it was cancelled",
                 [&](std::string& text) {
                     text += "simul: task ";
                     stuck.describe(text);
                     text += stuck.is_clean_up() ? ", a clean-up, waits for ever"
                                                 : " did not end when it was cancelled";
                 });
        remove_ready(stuck);
        remove(stuck);
        drop_context(stuck);
        stuck.abandon();
    }
    ending_ = draining_ = false;
}

void loop_core::destroy_root(void (*destroy)(std::coroutine_handle<>) noexcept,
                             std::coroutine_handle<> root) noexcept {
    {
        const entered here(*this);
        destroy(root);
    }
    // What the destructors of its arguments have begun comes to its end as all that is left does.
    try {
        end_all();
    } catch (const std::exception& e) {
        log_text(log_level::error, "simul: the end of a main task failed", [&](std::string& text) {
            text.append("simul: the end of a main task: ").append(e.what());
        });
    }
}

void loop_core::close() noexcept {
    if (closed_) return;
    expects_posts_ = false;
    try {
        run_posts();
        end_all();
    } catch (const std::exception& e) {
        log_text(log_level::error, "simul: closing a loop failed", [&](std::string& text) {
            text.append("simul: closing a loop: ").append(e.what());
        });
    }
    while (!failures_.empty()) {
        top_level& line = failures_.front();
        remove_failure(line);
        line.loop_closes();
    }
    closed_ = true;
    // A call that was left to its own devices may wait for what it has posted: it hears now that
    // nothing comes of it.
    reactor_->refuse_posts();
    if (workers_ != nullptr) {
        workers_->join();
        workers_->end_finished();
    }
    reactor_->close();
}

void loop_core::interrupt() noexcept {
    watches_sigint_ = false; // a second one ends the process
    if (root_ != nullptr) root_->cancel();
}

void loop_core::dump_tree(int signal) const noexcept {
    log_text(log_level::info, "simul: no memory to show the tasks", [&](std::string& text) {
        text.append("simul: ").append(::strsignal(signal));
        text.append(": the tasks of the loop on thread ").append(std::to_string(::gettid()));
        if (top_levels_.empty()) {
            text += ": none";
            return;
        }
        text.append(":\n").append(top_levels_.front().tree());
        if (text.back() == '\n') text.pop_back();
    });
}

void loop_core::post(std::unique_ptr<posted_work> work) { reactor_->post(std::move(work)); }

// ------------------------------------------------------------------------------------- contexts

void loop_core::set_context(waiter& line, std::unique_ptr<line_context> context) {
    if (free_contexts_.empty()) {
        if (contexts_.size() == contexts_.capacity()) {
            const std::size_t room = std::max<std::size_t>(16, contexts_.size() * 2);
            free_contexts_.reserve(room); // giving one back must not fail
            contexts_.reserve(room);
        }
        contexts_.push_back(std::move(context));
        drop_context(line);
        line.context = static_cast<std::uint32_t>(contexts_.size());
    } else {
        const std::uint32_t place = free_contexts_.back();
        free_contexts_.pop_back();
        contexts_[place - 1] = std::move(context);
        drop_context(line);
        line.context = place;
    }
}

void loop_core::share_context(const waiter& from, waiter& with) noexcept {
    with.context = from.context;
    ++contexts_[from.context - 1]->references_;
}

void loop_core::drop_context(waiter& line) noexcept {
    const std::uint32_t place = std::exchange(line.context, 0);
    if (place == 0 || --contexts_[place - 1]->references_ != 0) return;
    const std::unique_ptr<line_context> gone = std::move(contexts_[place - 1]);
    free_contexts_.push_back(place);
}

// -------------------------------------------------------------------------------------- workers

void loop_core::start_job(worker_job& job) {
    if (workers_ == nullptr)
        workers_ = std::make_unique<worker_pool>(*reactor_, options_.worker_threads);
    workers_->start(job);
}

bool loop_core::withdraw_job(worker_job& job) noexcept { return workers_->withdraw(job); }

void loop_core::reclaim_job(worker_job& job) noexcept { workers_->reclaim(job); }

void loop_core::limit_workers(std::size_t threads) noexcept {
    options_.worker_threads = threads;
    if (workers_ != nullptr) workers_->limit(threads);
}

// --------------------------------------------------------------------------------------- groups

void loop_core::cancel_children_of(group_operation& group) noexcept {
    group.next_cancelling_ = std::exchange(cancelling_, &group);
    if (std::exchange(in_cancelling_, true)) return;
    while (cancelling_ != nullptr) {
        group_operation& next = *std::exchange(cancelling_, cancelling_->next_cancelling_);
        next.next_cancelling_ = nullptr;
        next.cancel_children();
    }
    in_cancelling_ = false;
}

} // namespace detail

clock::time_point clock::now() noexcept {
    if (const detail::loop_core* core = detail::loop_core::current()) return core->time();
    return time_point(std::chrono::steady_clock::now().time_since_epoch());
}

} // namespace simul
