#pragma once

#include <simul/coro/detail/resource.hpp>
#include <simul/coro/task.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/source.hpp>
#include <simul/gen/generator.hpp>
#include <simul/loop/config.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace simul::detail {

template <class T, class Chain>
generator<T> generate(Chain chain) {
    while (auto* element = chain.poll()) co_yield *element;
}

template <class T, class Pipe>
async_generator<T> generate_async(Pipe from) {
    co_await only_destructors();
    Pipe pipe(std::move(from)); // which ends with the body, a parameter only with the frame
    while (auto* element = co_await pipe.next()) co_yield *element;
}

/// A synchronous pipe: a view and input range, and move-only, for it is read once. Like a generator
/// it can be left and taken up again, and has `next()`.
template <class Chain>
class [[nodiscard("a pipe does nothing until its elements are asked for")]] pipe_view
    : public std::ranges::view_base {
public:
    using item = typename Chain::item;
    using pointer = typename item::type*;
    class iterator;

    explicit pipe_view(Chain&& chain) : chain_(std::move(chain)) {}
    pipe_view(pipe_view&&) = default;
    // Functions, which a chain is full of, can be moved but hardly ever assigned.
    pipe_view& operator=(pipe_view&& other) noexcept {
        if (this != std::addressof(other)) {
            std::destroy_at(std::addressof(chain_));
            std::construct_at(std::addressof(chain_), std::move(other.chain_));
        }
        return *this;
    }
    ~pipe_view() = default;

    /// The next element, valid until one more is asked for; null at the end.
    pointer next() { return chain_.poll(); }

    iterator begin() { return iterator(*this); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return std::default_sentinel; }

    [[nodiscard]] Chain&& take_chain() && noexcept { return std::move(chain_); }

    /// So that a function can return a pipe as a generator.
    template <class T>
        requires std::same_as<std::remove_cvref_t<T>, std::remove_cv_t<typename item::type>>
    operator generator<T>() && {
        return generate<T>(std::move(chain_));
    }

private:
    Chain chain_;
};

template <class Chain>
class pipe_view<Chain>::iterator {
public:
    using iterator_concept = std::input_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = std::remove_cv_t<typename pipe_view::item::type>;
    using difference_type = std::ptrdiff_t;
    using pointer = pipe_view::pointer;
    using reference = typename pipe_view::item::type&;

    iterator() noexcept = default;

    reference operator*() const noexcept { return *current_; }
    pointer operator->() const noexcept { return current_; }
    iterator& operator++() {
        current_ = source_->next();
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& it, std::default_sentinel_t) noexcept {
        return it.current_ == nullptr;
    }

private:
    friend pipe_view;
    explicit iterator(pipe_view& source)
        : source_(std::addressof(source)), current_(source.next()) {}

    pipe_view* source_ = nullptr;
    pointer current_ = nullptr;
};

/// Lets a range adaptor of the standard library read from a named pipe without taking it, as from a
/// named generator.
template <class Chain, class Adaptor>
    requires(!std::invocable<Adaptor, pipe_view<Chain>&>) &&
            std::invocable<Adaptor, std::ranges::ref_view<pipe_view<Chain>>>
auto operator|(pipe_view<Chain>& source, Adaptor&& adaptor) {
    return std::forward<Adaptor>(adaptor)(std::ranges::ref_view(source));
}

enum class pipe_phase : std::uint8_t { at_rest, working, over };

/// Ends the coroutine of a pipe and its source. Of these alone, for they are the same for many
/// pipes.
template <class Element, class Root>
task<> close_pipe(async_generator<Element>* waits, pipe_phase* now, Root* root) {
    co_await waits->close();
    *now = pipe_phase::over;
    co_await root->close();
}

inline task<> nothing_to_close() { co_return; }

[[noreturn]] SIMUL_API void throw_pipe_in_use();

template <class Sequence>
task<> closing(Sequence& sequence) {
    co_await sequence.close();
}

/// Closes a sequence that may have more to give, and gives what that throws. No cancel cuts its
/// clean-up short.
template <class Sequence>
tear_down_operation close_whole(Sequence& sequence) {
    if constexpr (std::same_as<decltype(sequence.close()), task<>>) {
        return tear_down_operation(sequence.close());
    } else {
        return tear_down_operation(closing(sequence));
    }
}

template <class Sequence>
inline constexpr bool can_close =
    !std::same_as<decltype(std::declval<Sequence&>().close()), nothing_to_wait_for>;

/// The stages of an asynchronous pipe that has begun, and the coroutine that waits for their source
/// when it has nothing more at hand. They belong to both the pipe and that coroutine, which ends
/// after the pipe when that is dropped while a task waits for an element.
template <class Chain>
struct pipe_state {
    using element = typename Chain::item::type;
    using phase = pipe_phase;
    struct dropper;
    using owner = std::unique_ptr<pipe_state, dropper>;

    explicit pipe_state(Chain&& stages) : chain(std::move(stages)), waits(wait(*this)) {}

    /// The next element, if it takes no waiting.
    element* look() {
        if (now != phase::at_rest) [[unlikely]]
            return nullptr;
        try {
            return chain.poll();
        } catch (...) { // as when it comes out of a generator: that is the end of it
            now = phase::over;
            waits = {};
            throw;
        }
    }

    static async_generator<element> wait(pipe_state& pipe) {
        co_await only_destructors();
        const running as_long_as(pipe);
        for (;;) { // its consumer has just looked for one in vain
            pipe.now = phase::working;
            if (pipe.chain.ended()) break;
            auto& root = pipe.chain.root();
            root.accept(co_await root.next());
            if (element* const found = pipe.chain.poll()) {
                pipe.now = phase::at_rest;
                co_yield *found;
            }
        }
        auto& root = pipe.chain.root();
        if constexpr (can_close<std::remove_reference_t<decltype(root)>>) {
            if (!root.is_closed()) settle(false, co_await close_whole(root));
        }
    }

    Chain chain;
    phase now = phase::at_rest;
    async_generator<element> waits;

private:
    class running {
    public:
        explicit running(pipe_state& pipe) noexcept : pipe_(pipe) { ++pipe.owners_; }
        running(const running&) = delete;
        running& operator=(const running&) = delete;
        ~running() {
            pipe_.now = phase::over;
            pipe_.let_go();
        }

    private:
        pipe_state& pipe_;
    };

    void let_go() noexcept {
        if (--owners_ == 0) delete this;
    }

    int owners_ = 1;
};

template <class Chain>
struct pipe_state<Chain>::dropper {
    void operator()(pipe_state* pipe) const noexcept {
        {
            const async_generator<element> ends_first = std::move(pipe->waits);
        }
        pipe->let_go();
    }
};

template <class Chain>
class pipe_awaiter {
    using state = pipe_state<Chain>;
    using pointer = typename Chain::item::type*;

public:
    explicit pipe_awaiter(state* pipe) noexcept
        : pipe_(pipe), rest_(pipe != nullptr ? pipe->waits.next()
                                             : async_generator<typename state::element>().next()) {}

    [[nodiscard]] bool await_ready() {
        if (rest_.await_ready()) return true; // it has ended, or somebody is about to take one
        found_ = pipe_->look();
        return found_ != nullptr;
    }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
        return rest_.await_suspend(awaiting);
    }
    pointer await_resume() {
        if (found_ != nullptr) [[likely]]
            return found_;
        return rest_.await_resume();
    }

private:
    state* pipe_;
    pointer found_ = nullptr;
    decltype(std::declval<async_generator<typename state::element>&>().next()) rest_;
};

/// A pipe with an async sequence at its beginning: an async sequence itself, read and ended like an
/// async generator. As long as its source has elements at hand, a batch or what is in a queue, they
/// come through all stages without any suspension.
template <class Chain>
class [[nodiscard("a pipe does nothing until its next() is awaited")]] async_pipe {
public:
    using item = typename Chain::item;

    explicit async_pipe(Chain&& chain) { new_.emplace(std::move(chain)); }
    async_pipe(async_pipe&& other) noexcept : begun_(std::move(other.begun_)) { take_new(other); }
    async_pipe& operator=(async_pipe&& other) noexcept {
        if (this != std::addressof(other)) {
            begun_ = std::move(other.begun_);
            new_.reset();
            take_new(other);
        }
        return *this;
    }
    ~async_pipe() = default;

    /// The next element, valid until one more is asked for; null at the end.
    ///
    /// \throws std::logic_error    when a task waits for one already.
    [[nodiscard("write co_await pipe.next()")]] pipe_awaiter<Chain> next() {
        if (begun_ == nullptr && new_) [[unlikely]]
            begin();
        return pipe_awaiter<Chain>(begun_.get());
    }

    /// Ends the pipe: its stages, from the last to the first, and waits until they have.
    [[nodiscard("write co_await pipe.close()")]] task<> close() {
        if (begun_ == nullptr && new_) begin();
        if (begun_ == nullptr) return nothing_to_close();
        return close_pipe(&begun_->waits, &begun_->now, &begun_->chain.root());
    }

    /// The stages, for one more to be added.
    [[nodiscard]] Chain take_chain() && {
        if (new_) return take(new_);
        using phase = pipe_phase;
        if (begun_ == nullptr || begun_->now == phase::working) throw_pipe_in_use();
        const typename pipe_state<Chain>::owner begun = std::move(begun_);
        if (begun->now == phase::over) begun->chain.root().stop();
        begun->waits = {};
        return std::move(begun->chain);
    }

    /// So that a function can return a pipe as an async generator.
    template <class T>
        requires std::same_as<std::remove_cvref_t<T>, std::remove_cv_t<typename item::type>>
    operator async_generator<T>() && {
        return generate_async<T>(std::move(*this));
    }

private:
    static Chain take(std::optional<Chain>& from) {
        Chain taken = std::move(*from);
        from.reset();
        return taken;
    }
    void take_new(async_pipe& other) {
        if (other.new_) {
            new_.emplace(std::move(*other.new_));
            other.new_.reset();
        }
    }
    [[gnu::noinline]] void begin() {
        begun_.reset(new pipe_state<Chain>(std::move(*new_)));
        new_.reset();
    }

    std::optional<Chain> new_; // until somebody asks for an element
    typename pipe_state<Chain>::owner begun_;
};

/// A chain as the user sees it.
template <class Chain>
auto as_pipe(Chain&& chain) {
    if constexpr (Chain::is_async) {
        return async_pipe<Chain>(std::move(chain));
    } else {
        return pipe_view<Chain>(std::move(chain));
    }
}

} // namespace simul::detail
