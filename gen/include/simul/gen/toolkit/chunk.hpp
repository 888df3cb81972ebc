#pragma once

#include <simul/gen/detail/toolkit/closure.hpp>
#include <simul/gen/toolkit/take.hpp>

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace simul {
namespace detail {

/// A number of elements that is not 0.
template <class Count>
std::size_t checked_size(Count count, const char* adaptor) {
    const std::size_t size = checked_count_of(count, adaptor);
    if (size == 0)
        throw std::invalid_argument(std::string("simul::") + adaptor + ": of 0 elements");
    return size;
}

/// Fills a vector again and again. What its elements own, such as the memory of a string, is used
/// again, unless somebody has moved the vector away.
template <class Item>
class refill {
    using value = typename Item::value_type;

public:
    void begin() noexcept { filled_ = 0; }
    void push(std::vector<value>& into, typename Item::type& element) {
        if constexpr (replaces<Item>) {
            if (filled_ < into.size()) {
                into[filled_] = static_cast<typename Item::passed>(element);
                ++filled_; // not before: the copy may throw
                return;
            }
        } else if (filled_ == 0) {
            into.clear();
        }
        into.push_back(Item::keep(element));
        ++filled_;
    }
    [[nodiscard]] std::size_t size() const noexcept { return filled_; }
    void end(std::vector<value>& into) {
        while (into.size() > filled_) into.pop_back();
    }

private:
    std::size_t filled_ = 0;
};

template <class Source>
class chunk_stage : public stage<Source> {
    using value = typename Source::item::value_type;

public:
    using item = given<std::vector<value>>;

    chunk_stage(Source&& source, std::size_t size)
        : stage<Source>(std::move(source)), size_(size) {}

    std::vector<value>* poll() {
        if (is_complete_) {
            refill_.begin();
            is_complete_ = false;
        }
        while (refill_.size() < size_) {
            auto* const element = this->poll_source();
            if (element == nullptr) {
                if (!this->source_ended() || refill_.size() == 0) return nullptr;
                break;
            }
            refill_.push(chunk_, *element);
        }
        is_complete_ = true;
        refill_.end(chunk_);
        return &chunk_;
    }

private:
    std::size_t size_;
    std::vector<value> chunk_;
    refill<typename Source::item> refill_;
    bool is_complete_ = false;
};

struct make_chunk {
    template <class Source, class Count>
    static auto make(Source&& source, Count size) {
        return as_pipe(chunk_stage<chain_of<Source>>(as_chain(std::forward<Source>(source)),
                                                     checked_size(size, "chunk")));
    }
};

} // namespace detail

/// The elements by `n` at a time, each time in a `std::vector`; the last one may have fewer. The
/// same vector is filled again, unless it is moved away.
///
///     while (auto rows = co_await pipe.next()) co_await insert_all(*rows);    // ... | chunk(100)
///
/// \throws std::invalid_argument    here, for 0.
inline constexpr detail::adaptor_of<detail::make_chunk, 1> chunk{};

} // namespace simul
