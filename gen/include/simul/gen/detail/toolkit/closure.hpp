#pragma once

#include <simul/gen/detail/toolkit/pipe.hpp>
#include <simul/gen/detail/toolkit/source.hpp>

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace simul::detail {

/// What may stand to the right of a `|`.
struct closure_base {};

template <class T>
concept closure = std::derived_from<std::remove_cvref_t<T>, closure_base>;

/// An adaptor or a sink with its arguments, which waits for a sequence. It may be used again when
/// it has a name and its arguments can be copied.
template <class Make, class... Args>
class [[nodiscard(
    "an adaptor does nothing without a sequence: write sequence | adaptor(...)")]] bound_closure
    : public closure_base {
public:
    template <class... From>
    explicit bound_closure(std::in_place_t, From&&... args) : args_(std::forward<From>(args)...) {}

    template <class Source>
    auto operator()(Source&& source) const& {
        return std::apply(
            [&](const Args&... args) {
                return Make::make(std::forward<Source>(source), Args(args)...);
            },
            args_);
    }
    template <class Source>
    auto operator()(Source&& source) && {
        return std::apply(
            [&](Args&... args) {
                return Make::make(std::forward<Source>(source), std::move(args)...);
            },
            args_);
    }

private:
    std::tuple<Args...> args_;
};

template <class Make, class... Args>
auto make_closure(Args&&... args) {
    return bound_closure<Make, std::decay_t<Args>...>(std::in_place, std::forward<Args>(args)...);
}

/// Two adaptors, one after the other.
template <class First, class Second>
class [[nodiscard(
    "an adaptor does nothing without a sequence: write sequence | adaptor(...)")]] composed_closure
    : public closure_base {
public:
    composed_closure(First&& first, Second&& second)
        : first_(std::move(first)), second_(std::move(second)) {}

    template <class Source>
    auto operator()(Source&& source) const& {
        return second_(first_(std::forward<Source>(source)));
    }
    template <class Source>
    auto operator()(Source&& source) && {
        return std::move(second_)(std::move(first_)(std::forward<Source>(source)));
    }

private:
    First first_;
    Second second_;
};

template <class Source, closure Closure>
auto operator|(Source&& source, Closure&& adaptor) {
    if constexpr (closure<Source> && !sequence<Source>) {
        using first = std::remove_cvref_t<Source>;
        using second = std::remove_cvref_t<Closure>;
        return composed_closure<first, second>(first(std::forward<Source>(source)),
                                               second(std::forward<Closure>(adaptor)));
    } else {
        static_assert(sequence<Source>,
                      "what stands to the left of an adaptor or sink has to be a range, a "
                      "generator or an async sequence, which is not constant unless it is a "
                      "container");
        return std::forward<Closure>(adaptor)(std::forward<Source>(source));
    }
}

/// An adaptor of so many arguments besides the sequence: with them alone it is to be written to the
/// right of a `|`.
template <class Make, std::size_t Arguments>
struct adaptor_of {
    template <class... Args>
        requires(sizeof...(Args) == Arguments)
    auto operator()(Args&&... args) const {
        return make_closure<Make>(std::forward<Args>(args)...);
    }
    template <class Source, class... Args>
        requires(sizeof...(Args) == Arguments)
    auto operator()(Source&& source, Args&&... args) const {
        return Make::make(std::forward<Source>(source),
                          std::decay_t<Args>(std::forward<Args>(args))...);
    }
};

/// One whose arguments may be left out; the first of them is no sequence, and so told from one.
template <class Make, std::size_t Most>
struct adaptor_up_to {
    auto operator()() const { return make_closure<Make>(); }
    template <class First, class... Args>
        requires(sizeof...(Args) < Most && !sequence<First>)
    auto operator()(First&& first, Args&&... args) const {
        return make_closure<Make>(std::forward<First>(first), std::forward<Args>(args)...);
    }
    template <sequence Source, class... Args>
        requires(sizeof...(Args) <= Most)
    auto operator()(Source&& source, Args&&... args) const {
        return Make::make(std::forward<Source>(source),
                          std::decay_t<Args>(std::forward<Args>(args))...);
    }
};

/// Makes a stage of a template: `Stage<Chain, Args...>(chain, args...)`.
template <template <class, class...> class Stage>
struct make_stage {
    template <class Source, class... Args>
    static auto make(Source&& source, Args&&... args) {
        return as_pipe(Stage<chain_of<Source>, Args...>(as_chain(std::forward<Source>(source)),
                                                        std::forward<Args>(args)...));
    }
};

} // namespace simul::detail
