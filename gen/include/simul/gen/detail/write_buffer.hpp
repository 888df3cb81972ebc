#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/coro/mutex.hpp>
#include <simul/coro/spawn.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/byte_sink.hpp>
#include <simul/loop/config.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace simul::detail {

/// Where a write_buffer writes to.
class any_sink {
public:
    any_sink(const any_sink&) = delete;
    any_sink& operator=(const any_sink&) = delete;
    virtual ~any_sink() = default;

    virtual task<> write_all(std::span<const std::byte> bytes) = 0;
    virtual task<> close() = 0;
    [[nodiscard]] virtual std::string name() const = 0;
    /// It may be written to when its writer is gone.
    [[nodiscard]] virtual bool is_owned() const noexcept = 0;

protected:
    any_sink() noexcept = default;
};

/// A sink of the caller's (when Sink is a reference), or one that was handed over.
template <class Sink>
class sink_of final : public any_sink {
public:
    explicit sink_of(Sink&& sink) : sink_(std::forward<Sink>(sink)) {}

    task<> write_all(std::span<const std::byte> bytes) override {
        (void)co_await sink_.write_all(bytes);
    }
    /// One of the caller's is left open.
    task<> close() override {
        if constexpr (!std::is_reference_v<Sink> && requires { sink_.close(); }) {
            co_await sink_.close();
        }
        co_return;
    }
    [[nodiscard]] std::string name() const override {
        if constexpr (requires { sink_.path().string(); }) {
            return sink_.path().string();
        } else {
            return "a stream";
        }
    }
    [[nodiscard]] bool is_owned() const noexcept override { return !std::is_reference_v<Sink>; }

private:
    Sink sink_;
};

/// Text on its way to a sink: one buffer is filled while another is written, by a task of its own
/// if the sink is owned. Several tasks may wait for it at once.
class SIMUL_API write_buffer : public std::enable_shared_from_this<write_buffer> {
public:
    write_buffer(std::unique_ptr<any_sink> sink, std::size_t limit);
    write_buffer(const write_buffer&) = delete;
    write_buffer& operator=(const write_buffer&) = delete;
    ~write_buffer() = default;

    /// To be appended to. Throws what a write has failed with, and when it is closed.
    std::string& text() {
        if (error_ || closed_) [[unlikely]]
            refuse();
        return filled_;
    }
    [[nodiscard]] bool is_full() const noexcept { return filled_.size() >= limit_; }

    /// Waits until there is room again.
    task<> make_room();
    /// Writes everything.
    task<> flush();
    task<> close();

    /// For an owner that goes: logs what has not been written and will not be.
    void abandon() noexcept;

private:
    [[noreturn]] void refuse();
    [[noreturn]] void report();
    task<> hand_over(bool everything);
    task<> settle();
    task<> write();
    static task<> write_in_background(std::shared_ptr<write_buffer> to);

    std::unique_ptr<any_sink> sink_;
    std::size_t limit_;
    std::string filled_;
    std::string written_; // what is being written
    mutex handing_over_;
    join_handle<> in_flight_;
    std::exception_ptr error_;
    bool reported_ = false; // somebody has seen the error
    bool closed_ = false;
};

/// What adding to a write_buffer is awaited by: ready at once while there is room.
class [[nodiscard("write co_await")]] buffered_write {
public:
    using awaited_once = void;

    explicit buffered_write(write_buffer& to) noexcept : to_(to) {}
    /// Copies one that has not begun, for gather() and its like.
    buffered_write(const buffered_write& other) noexcept : to_(other.to_) {}
    buffered_write& operator=(const buffered_write&) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return !to_.is_full(); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) {
        waits_for_.emplace(to_.make_room().release());
        waits_for_->await_suspend(awaiting);
    }
    void await_resume() {
        if (waits_for_) waits_for_->await_resume();
    }

private:
    write_buffer& to_;
    std::optional<task_awaiter<void>> waits_for_;
};

} // namespace simul::detail
