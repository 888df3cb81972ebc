#pragma once

#include <simul/coro/event.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/background.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/signal.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace simul {
namespace detail {

/// The elements that not every branch has had.
template <class T, std::size_t Branches>
class shared_elements {
public:
    shared_elements() { at_.fill(0); }

    void push(T&& value) { values_.push_back(std::move(value)); }
    /// The element where a branch stands, or null when it has to be read first.
    [[nodiscard]] const T* at(std::size_t branch) const noexcept {
        const std::size_t i = at_[branch] - first_;
        return i < values_.size() ? std::addressof(values_[i]) : nullptr;
    }
    void advance(std::size_t branch) noexcept {
        ++at_[branch];
        forget();
    }
    void leave(std::size_t branch) noexcept {
        at_[branch] = gone;
        forget();
    }

private:
    static constexpr std::size_t gone = static_cast<std::size_t>(-1);

    void forget() noexcept {
        const std::size_t last = *std::min_element(at_.begin(), at_.end());
        for (; first_ < last && !values_.empty(); ++first_) values_.pop_front();
    }

    std::deque<T> values_; // whose elements stay where they are
    std::array<std::size_t, Branches> at_;
    std::size_t first_ = 0;
};

template <class Chain, std::size_t Branches>
struct tee_state {
    explicit tee_state(Chain&& from) : chain(std::move(from)) {}

    Chain chain;
    shared_elements<typename Chain::item::value_type, Branches> elements;
};

template <class Chain, std::size_t Branches>
class tee_root {
public:
    using item = lent<const typename Chain::item::value_type, typename Chain::item::value_type>;
    static constexpr bool is_async = false;

    tee_root(std::shared_ptr<tee_state<Chain, Branches>> state, std::size_t branch) noexcept
        : state_(std::move(state)), branch_(branch) {}
    tee_root(tee_root&&) noexcept = default;
    tee_root& operator=(tee_root&&) = delete;
    ~tee_root() {
        if (state_ != nullptr) state_->elements.leave(branch_);
    }

    typename item::type* poll() {
        auto& elements = state_->elements;
        if (std::exchange(has_one_, false)) elements.advance(branch_);
        if (elements.at(branch_) == nullptr) {
            auto* const element = state_->chain.poll();
            if (element == nullptr) return nullptr;
            elements.push(Chain::item::keep(*element));
        }
        has_one_ = true;
        return elements.at(branch_);
    }

private:
    std::shared_ptr<tee_state<Chain, Branches>> state_;
    std::size_t branch_;
    bool has_one_ = false;
};

template <class T, std::size_t Branches>
struct async_tee_state {
    shared_elements<T, Branches> elements;
    signal wanted{"a branch of a tee to want an element"};
    event changed;
    std::exception_ptr error;
    bool ended = false;

    void tell() noexcept {
        changed.set();
        changed.clear();
    }
};

template <class Reader, std::size_t Branches>
task<>
read_on_demand(std::shared_ptr<async_tee_state<typename Reader::item::value_type, Branches>> state,
               Reader from) {
    try {
        Reader reader(std::move(from)); // its clean-up ends here
        for (;;) {
            co_await state->wanted.wait();
            auto element = co_await reader.next();
            if (!element) break;
            state->elements.push(Reader::item::keep(*element));
            state->tell();
        }
    } catch (...) {
        state->error = std::current_exception();
    }
    state->ended = true;
    state->tell();
}

/// Belongs to the branches; the last of them takes the reading with it.
template <class Reader, std::size_t Branches>
class async_tee {
    using value = typename Reader::item::value_type;

public:
    explicit async_tee(Reader&& reader) : reader_(std::move(reader)) {}

    void begin() {
        if (!reader_) return;
        reading_.emplace(read_on_demand<Reader, Branches>(state, std::move(*reader_)), "tee");
        reader_.reset();
    }

    const std::shared_ptr<async_tee_state<value, Branches>> state =
        std::make_shared<async_tee_state<value, Branches>>();

private:
    std::optional<Reader> reader_; // until the first element is asked for
    std::optional<background> reading_;
};

/// A branch's place, which others need not wait for once it is gone.
template <class Reader, std::size_t Branches>
class tee_branch {
public:
    tee_branch(std::shared_ptr<async_tee<Reader, Branches>> shared, std::size_t number) noexcept
        : shared_(std::move(shared)), number_(number) {}
    tee_branch(tee_branch&&) noexcept = default;
    tee_branch& operator=(tee_branch&&) = delete;
    ~tee_branch() {
        if (shared_ != nullptr) shared_->state->elements.leave(number_);
    }

    [[nodiscard]] async_tee<Reader, Branches>& shared() const noexcept { return *shared_; }
    [[nodiscard]] std::size_t number() const noexcept { return number_; }

private:
    std::shared_ptr<async_tee<Reader, Branches>> shared_;
    std::size_t number_;
};

template <class Reader, std::size_t Branches>
async_generator<const typename Reader::item::value_type>
read_branch(tee_branch<Reader, Branches> from) {
    const tee_branch<Reader, Branches> branch(std::move(from)); // ends with the body
    branch.shared().begin();
    auto& state = *branch.shared().state;
    for (;;) {
        if (auto* const element = state.elements.at(branch.number())) {
            co_yield *element;
            state.elements.advance(branch.number());
        } else if (state.ended) {
            break;
        } else {
            state.wanted.raise();
            co_await state.changed.wait();
        }
    }
    if (state.error) std::rethrow_exception(state.error);
}

template <std::size_t Branches>
struct make_tee {
    template <class Source>
    static auto make(Source&& source) {
        return make(std::forward<Source>(source), std::make_index_sequence<Branches>());
    }

private:
    template <class Source, std::size_t... I>
    static auto make(Source&& source, std::index_sequence<I...>) {
        using chain = chain_of<Source>;
        if constexpr (chain::is_async) {
            using reader = reader_of<chain>;
            using value = typename chain::item::value_type;
            const auto shared = std::make_shared<async_tee<reader, Branches>>(
                as_reader(as_chain(std::forward<Source>(source))));
            return std::array{as_stage<lent<const value, value>>(
                read_branch(tee_branch<reader, Branches>(shared, I)))...};
        } else {
            const auto state = std::make_shared<tee_state<chain, Branches>>(
                as_chain(std::forward<Source>(source)));
            return std::array{as_pipe(tee_root<chain, Branches>(state, I))...};
        }
    }
};

} // namespace detail

/// The same sequence several times over, as an array of pipes, which may be read at different
/// speeds: the source is read once, on a line of its own when it is an async sequence, and its
/// elements are kept until every branch that is still there has had them. The elements are
/// constant.
///
///     auto [for_sum, for_count] = simul::tee(numbers());
///     auto branches = simul::lines("log.txt") | simul::tee<3>();
template <std::size_t Branches = 2, class Source>
auto tee(Source&& source) {
    return detail::make_tee<Branches>::make(std::forward<Source>(source));
}
template <std::size_t Branches = 2>
auto tee() {
    return detail::make_closure<detail::make_tee<Branches>>();
}

} // namespace simul
