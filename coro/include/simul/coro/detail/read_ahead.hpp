#pragma once

#include <simul/coro/detail/chunk_buffer.hpp>
#include <simul/coro/detail/open_file.hpp>
#include <simul/coro/detail/promise.hpp>
#include <simul/loop/detail/request.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>

namespace simul::detail {

class read_ahead;

/// The wait for the next chunk. A cancel ends it at once: what is read goes to memory that belongs
/// to the reader and not to whoever waits.
class SIMUL_API chunk_read final : public operation {
public:
    using awaited_once = void;

    chunk_read(read_ahead& from, std::span<char> kept) noexcept : from_(from), kept_(kept) {}
    ~chunk_read();

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        return start(line_of(awaiting), awaiting);
    }
    std::span<char> await_resume() const;

    void cancel() noexcept override;
    void describe(std::string& out) const override;

private:
    friend class read_ahead;
    static constexpr std::int64_t was_cancelled = std::numeric_limits<std::int64_t>::min();

    bool start(waiter& line, std::coroutine_handle<> at) noexcept;
    void end(std::int64_t result) noexcept;

    read_ahead& from_;
    std::span<char> kept_; // and then the whole text
    std::int64_t result_ = 0;
};

/// Reads a file with positions from where it stands to its end, a chunk at a time.
///
/// What is in the page cache is copied on the spot, without a trip to the pool. Where that fails,
/// several chunks are asked for at once, at their offsets, and handed out in order; while whoever
/// takes them is the faster side, the row of requests is kept full. A file system that cannot say
/// what is cached is always read like that, and so are chunks of more than `most_from_cache`.
///
/// The file must be the reader's own. Requests in flight keep it, and the memory they read to, when
/// the reader goes.
class SIMUL_API read_ahead {
public:
    /// Copying costs the loop's own time: 50 to 200 us for so much. Large copies are the faster
    /// ones.
    static constexpr std::size_t most_from_cache = 1024 * 1024;
    /// Requests at once: as many as libuv's pool has threads.
    static constexpr std::size_t most_requests = 4;

    read_ahead(std::shared_ptr<open_file> file, std::size_t chunk_size);
    read_ahead(const read_ahead&) = delete;
    read_ahead& operator=(const read_ahead&) = delete;
    ~read_ahead();

    /// Gives `kept`, the end of the last text that this gave, and behind it as much of the file as
    /// comes next, one byte at least; at the end of the file nothing. It stays until the next call.
    /// Throws std::system_error once everything before the fault has been handed out.
    [[nodiscard("a read does nothing until it is awaited")]] chunk_read
    next(std::span<char> kept) noexcept {
        return chunk_read(*this, kept);
    }

private:
    friend class chunk_read;
    struct slot;

    void proceed() noexcept;
    bool read_from_cache();
    void deliver();
    int ask();
    void ask_for_more() noexcept;
    void arrived(slot& at) noexcept;
    void forget_requests() noexcept;
    [[nodiscard]] bool looks_into_cache() const noexcept;

    std::shared_ptr<open_file> file_;
    std::size_t chunk_size_;
    std::int64_t position_; // of what is handed out next
    std::int64_t asked_to_; // the requests end there
    chunk_buffer buffer_;   // where the text lies that has been handed out
    std::array<std::unique_ptr<slot>, most_requests> slots_;
    std::size_t first_ = 0; // of the requests
    std::size_t count_ = 0; // of them
    chunk_read* waiting_ = nullptr;
};

} // namespace simul::detail
