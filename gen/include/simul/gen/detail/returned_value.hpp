#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace simul::detail {

/// The part of a promise that takes what the body returns, for whoever wants it.
template <class Return>
class returned_value {
    static_assert(std::is_object_v<Return>, "a generator returns an object: give a pointer for a "
                                            "reference");
    static_assert(alignof(Return) <= 2 * sizeof(void*),
                  "compilers do not align coroutine frames for this type: "
                  "return a std::unique_ptr to it");

public:
    returned_value() noexcept = default;
    returned_value(const returned_value&) = delete;
    returned_value& operator=(const returned_value&) = delete;

    template <class Value = Return>
        requires std::constructible_from<Return, Value>
    void return_value(Value&& value) {
        to_->emplace(std::forward<Value>(value));
    }

    /// Leaves it there, which lives until then, and not here.
    void returns_to(std::optional<Return>& place) noexcept { to_ = std::addressof(place); }
    [[nodiscard]] std::optional<Return>& result() noexcept { return own_; }

protected:
    ~returned_value() = default;

private:
    std::optional<Return> own_;
    std::optional<Return>* to_ = std::addressof(own_);
};

template <>
class returned_value<void> {
public:
    static void return_void() noexcept {}

protected:
    ~returned_value() = default;
};

template <class Return>
Return& result_in(std::optional<Return>& place) {
    if (!place) {
        throw std::logic_error(
            "simul: the result of a generator that has not come to its co_return");
    }
    return *place;
}

template <class Return>
Return take_result(std::optional<Return>& place) {
    return std::move(result_in(place));
}

} // namespace simul::detail
