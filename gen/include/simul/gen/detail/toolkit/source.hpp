#pragma once

#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/item.hpp>
#include <simul/gen/generator.hpp>
#include <simul/gen/toolkit/async_sequence.hpp>

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

// A pipe is a chain of plain objects, each of which holds the one before it. They have
//     item                  what their elements are
//     is_async              whether there is an async sequence at the beginning
//     item::type* poll()    the next element, valid until the next poll(), or null: a synchronous
//                           chain has ended then, an asynchronous one may only have to wait
// and, when they are asynchronous,
//     bool ended()          after poll() gave null: whether that is the end
//     root()                the async_root at the beginning, where the waiting is done
// One definition of a stage thus serves both kinds, and no coroutine stands between two stages.

namespace simul::detail {

template <class Chain>
class pipe_view;
template <class Chain>
class async_pipe;

template <class T>
inline constexpr bool is_generator = false;
template <class T, class... More>
inline constexpr bool is_generator<generator<T, More...>> = true;
template <class T>
inline constexpr bool is_async_generator = false;
template <class T, class... More>
inline constexpr bool is_async_generator<async_generator<T, More...>> = true;
template <class T>
inline constexpr bool is_pipe_view = false;
template <class Chain>
inline constexpr bool is_pipe_view<pipe_view<Chain>> = true;
template <class T>
inline constexpr bool is_async_pipe = false;
template <class Chain>
inline constexpr bool is_async_pipe<async_pipe<Chain>> = true;

/// The elements of what has a `next()`.
template <class Sequence>
struct item_of;
template <class T, class... More>
struct item_of<generator<T, More...>> {
    using type = item<std::remove_reference_t<T>, std::remove_cvref_t<T>, hands_over<T>>;
};
template <class T, class... More>
struct item_of<async_generator<T, More...>> {
    using type = item<std::remove_reference_t<T>, kept_type<T>, hands_over<T>, life::passing>;
};
template <class Chain>
struct item_of<pipe_view<Chain>> {
    using type = typename Chain::item;
};
template <class Chain>
struct item_of<async_pipe<Chain>> {
    using type = typename Chain::item;
};
template <class Sequence>
    requires(async_sequence<Sequence> && !is_async_generator<Sequence> && !is_async_pipe<Sequence>)
struct item_of<Sequence> {
    using result = await_result_t<decltype(std::declval<Sequence&>().next())>;
    using reference = decltype(*std::declval<std::remove_cvref_t<result>&>());
    using element = std::remove_reference_t<reference>;
    static_assert(std::is_lvalue_reference_v<reference>,
                  "what next() of an async sequence gives has to refer to the element");
    // An optional is the element's only owner, a pointer is not.
    using type = item<element, kept_type<element>,
                      !std::is_pointer_v<std::remove_cvref_t<result>> && !std::is_const_v<element>,
                      life::passing>;
};

/// A generator, or a synchronous pipe; a reference to one when Source is a reference.
template <class Source>
class generator_root {
public:
    using item = typename item_of<std::remove_reference_t<Source>>::type;
    static constexpr bool is_async = false;

    explicit generator_root(Source&& source) noexcept : source_(std::forward<Source>(source)) {}

    typename item::type* poll() { return source_.next(); }

private:
    Source source_;
};

/// Whether the elements of a view are those of a container that has been given away with it.
template <class View>
inline constexpr bool owns_elements = false;
template <class Container>
inline constexpr bool owns_elements<std::ranges::owning_view<Container>> =
    std::is_lvalue_reference_v<std::ranges::range_reference_t<Container>> &&
    !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<Container>>> &&
    requires(const Container& constant) {
        requires std::is_const_v<std::remove_reference_t<decltype(*std::ranges::begin(constant))>>;
    };

/// What is kept of an element: of that of a map one that can be assigned to, as of any other.
template <class T>
struct element_value {
    using type = T;
};
template <class K, class V>
struct element_value<std::pair<const K, V>> {
    using type = std::pair<K, V>;
};

/// Any other range. One whose iterators die with it, or when it is moved, is kept on the heap.
template <std::ranges::view View>
class range_root {
    using reference = std::ranges::range_reference_t<View>;
    using element = std::remove_reference_t<reference>;
    static constexpr bool stays_in_place = std::ranges::borrowed_range<View>;
    static constexpr bool makes_elements = !std::is_reference_v<reference>;
    static constexpr bool has_lasting =
        stays_in_place && std::ranges::forward_range<View> && std::is_lvalue_reference_v<reference>;

public:
    using item =
        simul::detail::item<element, typename element_value<std::ranges::range_value_t<View>>::type,
                            !std::is_lvalue_reference_v<reference> || owns_elements<View>,
                            has_lasting ? life::lasting : life_of<element>>;
    using view_type = View;
    static constexpr bool is_async = false;

    explicit range_root(View view) : view_(hold(std::move(view))) {}

    element* poll() {
        if (state_ == state::running) [[likely]] {
            ++at().it;
        } else {
            if (state_ == state::ended) return nullptr;
            View& all = view();
            go_to(std::ranges::begin(all), std::ranges::end(all));
            state_ = state::running;
        }
        if (at().it == at().end) [[unlikely]] {
            state_ = state::ended;
            return nullptr;
        }
        if constexpr (makes_elements) {
            return made_.put([this]() -> reference { return *at().it; });
        } else {
            auto&& seen = *at().it;
            return std::addressof(seen);
        }
    }

    /// From the beginning again.
    void restart() noexcept { state_ = state::fresh; }

private:
    enum class state : std::uint8_t { fresh, running, ended };
    using iterator = std::ranges::iterator_t<View>;
    using sentinel = std::ranges::sentinel_t<View>;
    struct place {
        place() = default;
        place(iterator first, sentinel last) : it(std::move(first)), end(std::move(last)) {}

        iterator it{};
        sentinel end{};
    };
    struct late_place {
        late_place(iterator first, sentinel last) : it(std::move(first)), end(std::move(last)) {}

        iterator it;
        sentinel end;
    };
    // GCC takes an empty optional that is moved for an uninitialised object.
    static constexpr bool has_default =
        std::default_initializable<iterator> && std::default_initializable<sentinel>;
    using place_holder = std::conditional_t<has_default, place, std::optional<late_place>>;

    void go_to(iterator first, sentinel last) {
        if constexpr (has_default) {
            place_ = place(std::move(first), std::move(last));
        } else {
            place_.emplace(std::move(first), std::move(last));
        }
    }
    auto& at() noexcept {
        if constexpr (has_default) {
            return place_;
        } else {
            return *place_;
        }
    }
    struct nothing {};
    using holder = std::conditional_t<stays_in_place, View, std::unique_ptr<View>>;

    static holder hold(View&& view) {
        if constexpr (stays_in_place) {
            return std::move(view);
        } else {
            return std::make_unique<View>(std::move(view));
        }
    }
    View& view() noexcept {
        if constexpr (stays_in_place) {
            return view_;
        } else {
            return *view_;
        }
    }

    holder view_;
    place_holder place_;
    [[no_unique_address]] std::conditional_t<makes_elements, result_slot<element>, nothing> made_;
    state state_ = state::fresh;
};

/// An element that is there already, for a coroutine that would wait for it.
template <class T>
class ready_element {
public:
    explicit ready_element(T* element) noexcept : element_(element) {}
    [[nodiscard]] static bool await_ready() noexcept { return true; }
    static void await_suspend(std::coroutine_handle<>) noexcept {}
    [[nodiscard]] T* await_resume() const noexcept { return element_; }

private:
    T* element_;
};

struct nothing_to_wait_for {
    [[nodiscard]] static bool await_ready() noexcept { return true; }
    static void await_suspend(std::coroutine_handle<>) noexcept {}
    static void await_resume() noexcept {}
};

/// Whether asking for `next()` without awaiting it costs and does nothing.
template <class Sequence>
concept peeks = is_async_generator<Sequence> || is_async_pipe<Sequence> ||
                requires(Sequence& sequence) { sequence.try_get(); };

/// An async sequence; a reference to one when Source is a reference.
template <class Source, class Item = typename item_of<std::remove_reference_t<Source>>::type>
class async_root {
    using sequence_type = std::remove_reference_t<Source>;
    using result =
        std::remove_cvref_t<await_result_t<decltype(std::declval<sequence_type&>().next())>>;
    static constexpr bool gives_pointers = std::is_pointer_v<result>;

public:
    using item = Item;
    using pointer = typename item::type*;
    static constexpr bool is_async = true;

    explicit async_root(Source&& source) noexcept : source_(std::forward<Source>(source)) {}

    pointer poll() {
        if (waiting_ != nullptr) return std::exchange(waiting_, nullptr);
        if constexpr (peeks<sequence_type>) {
            if (!ended_) {
                auto next = source_.next();
                if (next.await_ready()) return hold(next.await_resume());
            }
        }
        return nullptr;
    }
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    async_root& root() noexcept { return *this; }

    [[nodiscard]] auto next() { return source_.next(); }
    /// What that gave.
    void accept(result&& given) { waiting_ = hold(std::move(given)); }
    void stop() noexcept {
        ended_ = true;
        waiting_ = nullptr;
    }

    /// Whether it has nothing to close: a generator that has come to its end.
    [[nodiscard]] bool is_closed() const noexcept {
        return is_async_generator<sequence_type> && ended_;
    }
    /// Closes the sequence unless it belongs to somebody else, or cannot be closed.
    [[nodiscard]] auto close() {
        if constexpr (!std::is_reference_v<Source> && requires {
                          { source_.close() } -> awaitable;
                      }) {
            return source_.close();
        } else {
            return nothing_to_wait_for();
        }
    }

private:
    struct nothing {};

    pointer hold(result&& given) {
        if (!given) {
            ended_ = true;
            return nullptr;
        }
        if constexpr (gives_pointers) {
            return given;
        } else {
            held_.emplace(std::move(given));
            return std::addressof(**held_);
        }
    }

    Source source_;
    pointer waiting_ = nullptr;
    [[no_unique_address]] std::conditional_t<gives_pointers, nothing, std::optional<result>> held_;
    bool ended_ = false;
};

template <class Chain>
inline constexpr bool is_async_root = false;
template <class Source, class Item>
inline constexpr bool is_async_root<async_root<Source, Item>> = true;

/// A synchronous chain for a coroutine that takes both kinds.
template <class Chain>
class as_async {
public:
    using item = typename Chain::item;

    explicit as_async(Chain&& chain) : chain_(std::move(chain)) {}

    [[nodiscard]] ready_element<typename item::type> next() {
        return ready_element<typename item::type>(chain_.poll());
    }
    [[nodiscard]] static nothing_to_wait_for close() noexcept { return nothing_to_wait_for(); }

private:
    Chain chain_;
};

/// The beginning of a chain: a named sequence is referred to, any other is moved in. A named view
/// that can be copied is.
template <class Source>
auto as_chain(Source&& source) {
    using plain = std::remove_cvref_t<Source>;
    static_assert(sequence<Source>,
                  "this is no sequence: an adaptor or sink takes a range, a generator or an async "
                  "sequence, which is not constant unless it is a container");
    if constexpr (is_pipe_view<plain> || is_generator<plain>) {
        if constexpr (std::is_lvalue_reference_v<Source>) {
            return generator_root<Source>(source);
        } else if constexpr (is_pipe_view<plain>) {
            return std::move(source).take_chain();
        } else {
            return generator_root<plain>(std::move(source));
        }
    } else if constexpr (async_sequence<Source>) {
        if constexpr (std::is_lvalue_reference_v<Source>) {
            return async_root<Source>(source);
        } else if constexpr (is_async_pipe<plain>) {
            return std::move(source).take_chain();
        } else {
            static_assert(std::move_constructible<plain>,
                          "an async sequence that cannot be moved has to have a name, and to "
                          "outlive the pipe");
            return async_root<plain>(std::move(source));
        }
    } else if constexpr (std::ranges::view<plain> && std::constructible_from<plain, Source>) {
        return range_root<plain>(std::forward<Source>(source));
    } else if constexpr (std::is_lvalue_reference_v<Source>) {
        return range_root<std::ranges::ref_view<std::remove_reference_t<Source>>>(
            std::ranges::ref_view<std::remove_reference_t<Source>>(source));
    } else {
        static_assert(!std::is_const_v<std::remove_reference_t<Source>>,
                      "a temporary container that is constant cannot be kept by a pipe");
        return range_root<std::ranges::owning_view<plain>>(
            std::ranges::owning_view<plain>(std::move(source)));
    }
}

template <class Source>
using chain_of = decltype(as_chain(std::declval<Source>()));

/// What coroutines read from: it has `next()`, to be awaited, `close()` and `item`.
template <class Chain>
auto as_reader(Chain&& chain) {
    if constexpr (!Chain::is_async) {
        return as_async<Chain>(std::move(chain));
    } else if constexpr (is_async_root<Chain>) {
        return std::move(chain);
    } else {
        return async_pipe<Chain>(std::move(chain));
    }
}

template <class Chain>
using reader_of = decltype(as_reader(std::declval<Chain>()));

/// A chain that stays where it is when the pipe moves, and with it the element that it gave last:
/// for stages that look one element ahead.
template <class Chain>
class in_place {
public:
    using item = typename Chain::item;
    static constexpr bool is_async = Chain::is_async;

    explicit in_place(Chain&& chain) : chain_(std::make_unique<Chain>(std::move(chain))) {}

    typename item::type* poll() { return chain_ != nullptr ? chain_->poll() : nullptr; }
    [[nodiscard]] bool ended() const
        requires is_async
    {
        return chain_->ended();
    }
    auto& root() noexcept
        requires is_async
    {
        return chain_->root();
    }

private:
    std::unique_ptr<Chain> chain_;
};

/// Whether the elements of a chain live outside of it, where they stay when it is moved.
template <class Chain>
inline constexpr bool has_elements_elsewhere = false;
template <class Source>
inline constexpr bool has_elements_elsewhere<generator_root<Source>> = true;
template <class View>
inline constexpr bool has_elements_elsewhere<range_root<View>> =
    std::ranges::forward_range<View> &&
    std::is_lvalue_reference_v<std::ranges::range_reference_t<View>>;
template <class Source, class Item>
inline constexpr bool has_elements_elsewhere<async_root<Source, Item>> =
    is_async_generator<std::remove_reference_t<Source>>;

/// A chain whose last element stays where it is when the pipe moves.
template <class Chain>
using keeping_place = std::conditional_t<has_elements_elsewhere<Chain>, Chain, in_place<Chain>>;

/// What all stages have.
template <class Source>
class stage {
public:
    static constexpr bool is_async = Source::is_async;

    [[nodiscard]] bool ended() const
        requires is_async
    {
        return source_.ended();
    }
    auto& root() noexcept
        requires is_async
    {
        return source_.root();
    }

protected:
    using source_item = typename Source::item;
    using source_type = typename source_item::type;

    explicit stage(Source&& source) : source_(std::move(source)) {}

    source_type* poll_source() { return source_.poll(); }
    /// After poll_source() gave null: whether no more will come.
    [[nodiscard]] bool source_ended() const {
        if constexpr (is_async) {
            return source_.ended();
        } else {
            return true;
        }
    }
    Source& source() noexcept { return source_; }

private:
    Source source_;
};

} // namespace simul::detail
