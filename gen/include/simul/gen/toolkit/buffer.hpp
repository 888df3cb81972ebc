#pragma once

#include <simul/coro/detail/queue_storage.hpp>
#include <simul/gen/async_generator.hpp>
#include <simul/gen/detail/toolkit/background.hpp>
#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/detail/toolkit/signal.hpp>
#include <simul/gen/toolkit/chunk.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace simul {
namespace detail {

template <class T>
struct buffer_state {
    static_assert(
        std::is_nothrow_move_constructible_v<T>,
        "simul::buffer: an element whose move may throw could get lost half way: make its "
        "move constructor noexcept, or a std::unique_ptr of it");

    explicit buffer_state(std::size_t size) noexcept : room(size) {}

    places room;
    ring_storage<T> elements;
    signal arrived{"an element of a buffer"};
    std::exception_ptr error;
    bool ended = false;
};

template <class Reader>
task<> fill_buffer(std::shared_ptr<buffer_state<typename Reader::item::value_type>> buffer,
                   Reader from) {
    try {
        Reader reader(std::move(from)); // its clean-up ends here
        for (;;) {
            while (!buffer->room.take()) co_await buffer->room.freed.wait();
            auto element = co_await reader.next();
            if (!element) break;
            buffer->elements.push(Reader::item::keep(*element));
            buffer->arrived.raise();
        }
    } catch (...) {
        buffer->error = std::current_exception();
    }
    buffer->ended = true;
    buffer->arrived.raise();
}

template <class Reader>
async_generator<typename Reader::item::value_type> read_buffer(Reader from, std::size_t size) {
    using value = typename Reader::item::value_type;
    const auto buffer = std::make_shared<buffer_state<value>>(size);
    const background filling(fill_buffer(buffer, std::move(from)), "buffer");
    for (;;) {
        if (!buffer->elements.empty()) {
            value element = buffer->elements.pop();
            buffer->room.release();
            co_yield element;
        } else if (buffer->ended) {
            break;
        } else {
            co_await buffer->arrived.wait();
        }
    }
    if (buffer->error) std::rethrow_exception(buffer->error);
}

struct make_buffer {
    template <class Source, class Count>
    static auto make(Source&& source, Count size) {
        using item = given<typename chain_of<Source>::item::value_type>;
        return as_stage<item>(read_buffer(as_reader(as_chain(std::forward<Source>(source))),
                                          checked_size(size, "buffer")));
    }
};

} // namespace detail

/// Reads up to `n` elements ahead, on a line of its own, while the consumer does something else.
/// What the source throws comes after the elements before it. When the pipe is closed, dropped or
/// fails, the reading is cancelled and has ended before its owner goes on.
///
///     auto pages = urls | simul::transform(fetch) | simul::buffer(4);
///
/// \throws std::invalid_argument    here, for 0.
inline constexpr detail::adaptor_of<detail::make_buffer, 1> buffer{};

} // namespace simul
