#include <simul/gen/csv/rows_parallel.hpp>

#include <simul/coro/detail/chunk_buffer.hpp>
#include <simul/coro/detail/promise.hpp>
#include <simul/coro/fs.hpp>
#include <simul/coro/sleep.hpp>
#include <simul/gen/csv/rows.hpp>
#include <simul/gen/detail/csv_engine.hpp>
#include <simul/gen/detail/csv_guess.hpp>
#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/detail/worker_job.hpp>
#include <simul/loop/error.hpp>

#include "decoder.hpp"
#include "ready_elements.hpp"
#include "turn_budget.hpp"

#include <algorithm>
#include <cerrno>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include <unistd.h>

namespace simul::detail {
namespace {

class part_awaiter;

// What a part leaves to a later one: memory that is in the caches, and need not be asked for.
struct used_memory {
    chunk_buffer text;
    csv_engine engine; // an index that is not needed any more, or a moved-from one
};

// A part of the file on its way through the pool of threads; then its text and an engine that has
// the structure of it.
class csv_part final : public worker_job {
public:
    csv_part(loop_core& loop, const fs::file& file, std::uint64_t offset, std::size_t size,
             const csv::options& how, std::optional<used_memory> used)
        : loop_(loop), file_(file), offset_(offset), size_(size), how_(how),
          buffer_(used ? std::move(used->text) : chunk_buffer(size)),
          engine_(how, file.path().string()) {
        if (used) engine_.reuse_index_of(used->engine);
        loop_.start_job(*this);
        loop_.io_begins();
    }
    ~csv_part() {
        if (!in_flight_) return;
        loop_.io_ends();
        if (!loop_.withdraw_job(*this)) loop_.reclaim_job(*this);
    }

    void run() noexcept override {
        try {
            read();
            if (offset_ != 0) row_ = csv_guess_row({text_.data(), text_.size()}, how_);
            engine_.feed(text_.subspan(row_), 0);
            sound_ = engine_.index(offset_ != 0);
        } catch (...) {
            error_ = std::current_exception();
        }
    }
    void ended() noexcept override;

    [[nodiscard]] bool in_flight() const noexcept { return in_flight_; }
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

    // Once it has ended without an error:
    [[nodiscard]] std::span<char> text() const noexcept { return text_; }
    // Where in it a row seems to begin, and whether the engine, which begins there, found no fault.
    [[nodiscard]] std::size_t row() const noexcept { return row_; }
    [[nodiscard]] bool is_sound() const noexcept { return sound_ && row_ < text_.size(); }
    [[nodiscard]] csv_engine& engine() noexcept { return engine_; }
    // The end of it.
    [[nodiscard]] used_memory give_memory() noexcept {
        return {std::move(buffer_), std::move(engine_)};
    }

private:
    friend class part_awaiter;

    // All of the part, or what there is of it.
    void read() {
        const std::span<std::byte> space = buffer_.prepare({}, size_);
        std::size_t done = 0;
        while (done != size_) {
            const ssize_t n = ::pread(file_.native_handle(), space.data() + done, size_ - done,
                                      static_cast<off_t>(offset_ + done));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) throw_error(-errno, "read", file_.path().string());
            if (n == 0) break;
            done += static_cast<std::size_t>(n);
        }
        text_ = buffer_.commit(done);
    }

    loop_core& loop_;
    const fs::file& file_;
    std::uint64_t offset_;
    std::size_t size_;
    csv::options how_;
    chunk_buffer buffer_;
    std::span<char> text_; // there
    csv_engine engine_;
    std::size_t row_ = 0;
    bool sound_ = false;
    std::exception_ptr error_;
    bool in_flight_ = true;
    part_awaiter* waited_for_by_ = nullptr;
};

// Waits for a part; a cancel ends the waiting alone.
class part_awaiter final : public operation {
public:
    explicit part_awaiter(csv_part& part) noexcept : part_(part) {}
    ~part_awaiter() {
        if (part_.waited_for_by_ == this) part_.waited_for_by_ = nullptr;
    }

    [[nodiscard]] bool await_ready() const noexcept { return !part_.in_flight(); }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        cancelled_ = !begin(line_of(awaiting), awaiting);
        if (!cancelled_) part_.waited_for_by_ = this;
        return !cancelled_;
    }
    void await_resume() const {
        if (cancelled_) throw cancelled{};
        if (part_.error()) std::rethrow_exception(part_.error());
    }

    void part_ended() noexcept { complete(); }
    void cancel() noexcept override {
        part_.waited_for_by_ = nullptr;
        cancelled_ = true;
        complete();
    }
    void describe(std::string& out) const override {
        out.append("read ").append(part_.file_.path().string()).append(" at ");
        out.append(std::to_string(part_.offset_));
    }

private:
    csv_part& part_;
    bool cancelled_ = false;
};

void csv_part::ended() noexcept {
    in_flight_ = false;
    loop_.io_ends();
    if (waited_for_by_ != nullptr) std::exchange(waited_for_by_, nullptr)->part_ended();
}

// The parts of a file in order: the one that rows are handed out of, and some ahead of it.
class csv_parts {
public:
    csv_parts(fs::file file, const csv::options& how, const csv::parallel_options& extra)
        : file_(std::move(file)), how_(how),
          size_(std::clamp(extra.part_size, longest_magic, most_per_read)),
          most_parts_(2 + std::clamp(extra.threads != 0 ? extra.threads
                                                        : std::thread::hardware_concurrency(),
                                     std::size_t{1}, most_threads)) {
        add({});
    }

    [[nodiscard]] csv_part& current() { return parts_.front(); }
    [[nodiscard]] csv_part& following() { return parts_[1]; }
    // No part follows the current one, which has ended.
    [[nodiscard]] bool at_end() { return current().text().size() < size_; }

    // The first part tells whether there are others.
    void read_ahead() {
        while (!at_end() && parts_.size() < most_parts_) add({});
    }
    // The current part's text and the engine in it are not needed any more.
    void advance() {
        used_memory used = current().give_memory();
        parts_.pop_front();
        if (!at_end()) add(std::move(used));
        read_ahead();
    }
    // The file, if nothing is to be read in parts.
    [[nodiscard]] fs::file release() {
        parts_.clear();
        return std::move(file_);
    }

private:
    static constexpr std::size_t most_threads = 1024; // each costs a part of memory

    void add(std::optional<used_memory> used) {
        parts_.emplace_back(*loop_core::current(), file_, offset_, size_, how_, std::move(used));
        offset_ += size_;
    }

    fs::file file_;
    csv::options how_;
    std::size_t size_;
    std::size_t most_parts_;
    std::uint64_t offset_ = 0;
    std::deque<csv_part> parts_;
};

bool is_compressed(std::span<const char> text) {
    bool undecided = false;
    return recognise({text.data(), text.size()}, undecided) != compression::none;
}

// The engine keeps all that it needs in memory of its own then.
void append(csv_engine& engine, std::span<const char> text) {
    std::copy(text.begin(), text.end(), engine.prepare(text.size()).begin());
    engine.commit(text.size());
}

} // namespace

async_generator<csv::row> read_parallel(std::filesystem::path path, csv::options how,
                                        csv::parallel_options extra) {
    fs::file file = co_await fs::open(path);
    std::optional<csv_parts> parts;
    async_generator<csv::row> whole;
    if (file.kind() != std::filesystem::file_type::regular) {
        whole = csv::rows(std::move(file), how);
    } else {
        parts.emplace(std::move(file), how, extra);
        co_await part_awaiter(parts->current());
        if (is_compressed(parts->current().text())) {
            whole = csv::rows(parts->release(), how);
            parts.reset();
        }
    }
    if (!parts) {
        while (csv::row* const first = co_await whole.next()) {
            co_yield batch(with_the_ready(*first, whole));
        }
        co_return;
    }
    parts->read_ahead();
    csv_engine engine = std::move(parts->current().engine());
    turn_budget budget(csv_engine::most_per_batch);
    budget.renew();
    csv_part* following = nullptr;
    std::size_t given = 0; // how much of its text the engine has
    for (;;) {
        const std::span<csv::row> rows = engine.batch(budget.batch());
        if (!rows.empty()) {
            co_yield batch(rows);
            if (budget.is_spent()) {
                co_await yield();
                budget.renew();
            }
        } else if (engine.done()) {
            break;
        } else if (following != nullptr) {
            const std::span<const char> left = following->text().subspan(given);
            if (!left.empty() && engine.between_rows()) {
                following->engine().follow(engine);
                std::swap(engine, following->engine());
            } else { // the guess was wrong
                append(engine, left);
            }
            parts->advance();
            following = nullptr;
        } else if (parts->at_end()) {
            engine.finish();
        } else {
            // The row that lies across both parts ends where the next one seems to begin.
            following = &parts->following();
            co_await part_awaiter(*following);
            given = following->is_sound() ? following->row() : following->text().size();
            append(engine, following->text().first(given));
        }
    }
}

} // namespace simul::detail
