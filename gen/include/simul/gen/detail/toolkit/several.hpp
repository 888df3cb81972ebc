#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

// What adaptors of several sequences share.

namespace simul::detail {

/// What `next()` of a reader gives, when it is awaited.
template <class Reader>
using reader_result = std::remove_cvref_t<await_result_t<decltype(std::declval<Reader&>().next())>>;

/// The last that a reader has given.
template <class Reader>
class last_read {
public:
    bool put(reader_result<Reader>&& given) {
        given_.emplace(std::move(given));
        return static_cast<bool>(*given_);
    }
    [[nodiscard]] typename Reader::item::type& operator*() { return **given_; }
    [[nodiscard]] typename Reader::item::type* get() {
        return static_cast<bool>(*given_) ? std::addressof(**given_) : nullptr;
    }

private:
    std::optional<reader_result<Reader>> given_;
};

template <class... Sources>
inline constexpr bool any_async = (chain_of<Sources>::is_async || ...);

/// Adaptors of several sequences: of two or more they are called; of one they stand to the right of
/// a `|`, behind another one.
template <class Make>
struct adaptor_of_several {
    template <class Source>
    auto operator()(Source&& other) const {
        return make_closure<Make>(as_pipe(as_chain(std::forward<Source>(other))));
    }
    template <class First, class Second, class... More>
    auto operator()(First&& first, Second&& second, More&&... more) const {
        return Make::make(std::forward<First>(first), std::forward<Second>(second),
                          std::forward<More>(more)...);
    }
};

} // namespace simul::detail
