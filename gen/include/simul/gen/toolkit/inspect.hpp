#pragma once

#include <simul/gen/detail/toolkit/awaited.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>

#include <utility>

namespace simul {
namespace detail {

template <class Source, class Fn>
class inspect_stage : public stage<Source> {
public:
    using item = typename Source::item;

    inspect_stage(Source&& source, Fn&& fn)
        : stage<Source>(std::move(source)), fn_(std::move(fn)) {}

    typename item::type* poll() {
        auto* const element = this->poll_source();
        if (element != nullptr) static_cast<void>(look<item>(fn_, *element));
        return element;
    }

private:
    [[no_unique_address]] Fn fn_;
};

template <class Reader, class Fn>
async_generator<typename Reader::item::type> inspect_each(Reader from, Fn with) {
    co_await only_destructors();
    using item = typename Reader::item;
    Reader reader(std::move(from)); // these end with the body, parameters only with the frame
    Fn fn(std::move(with));
    while (auto element = co_await reader.next()) {
        static_cast<void>(co_await look<item>(fn, *element));
        co_yield *element;
    }
}

struct make_inspect {
    template <class Source, class Fn>
    static auto make(Source&& source, Fn&& fn) {
        using chain = chain_of<Source>;
        if constexpr (awaited_look<Fn, typename chain::item>) {
            return as_pipe(
                async_root<async_generator<typename chain::item::type>, typename chain::item>(
                    inspect_each(as_reader(as_chain(std::forward<Source>(source))),
                                 std::forward<Fn>(fn))));
        } else {
            return as_pipe(inspect_stage<chain, Fn>(as_chain(std::forward<Source>(source)),
                                                    std::forward<Fn>(fn)));
        }
    }
};

} // namespace detail

/// Calls `fn` with each element on its way, and awaits it when it returns a task.
///
///     auto rows = source | simul::inspect([&](auto&) { ++seen; });
inline constexpr detail::adaptor_of<detail::make_inspect, 1> inspect{};

} // namespace simul
