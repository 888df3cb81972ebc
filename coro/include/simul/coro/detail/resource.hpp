#pragma once

#include <simul/coro/detail/awaitable.hpp>
#include <simul/coro/detail/children.hpp>
#include <simul/coro/detail/result.hpp>
#include <simul/coro/shield.hpp>
#include <simul/coro/task.hpp>
#include <simul/loop/config.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace simul::detail {

template <class T>
concept has_exit = requires(T& t, std::exception_ptr error) {
    { t.exit(error) } -> awaitable;
};
template <class T>
concept has_close = requires(T& t) { t.close(); };
template <class T>
concept has_enter = requires(T& t) { t.enter(); };
template <class T>
concept knows_whether_open = requires(const T& t) {
    { t.is_open() } -> std::same_as<bool>;
};

/// What has a tear-down that `with` and `exit_stack` can await.
template <class T>
concept resource = has_exit<std::remove_reference_t<T>> || has_close<std::remove_reference_t<T>>;

/// An awaitable that gives one, as `fs::open` does.
template <class T>
concept opens_resource = !resource<T> && awaitable<T> && resource<await_result_t<T>>;

template <class T>
concept resource_source = resource<T> || opens_resource<T>;

template <class T>
struct source_traits {
    using object = T;
};
template <opens_resource T>
struct source_traits<T> {
    using object = await_result_t<T>;
};
/// The resource that a source gives: an object, or a reference to one.
template <class Source>
using resource_from = typename source_traits<Source>::object;

template <class T>
struct enter_traits {
    using type = void;
};
template <has_enter T>
struct enter_traits<T> {
    using awaited = decltype(std::declval<T&>().enter());
    static_assert(awaitable<awaited>,
                  "enter() has to be a coroutine, or to give another awaitable: what need not "
                  "wait belongs into the constructor");
    using type = await_result_t<awaited>;
};

/// What its `enter()` gives.
template <class Resource>
using entered_from = typename enter_traits<std::remove_reference_t<Resource>>::type;

/// Says in plain words what `with` and `exit_stack::enter` take.
template <class Source>
constexpr void check_source() {
    static_assert(resource_source<Source>,
                  "a resource has close(), or a coroutine exit(std::exception_ptr), or is an "
                  "awaitable that gives such an object; what cleans up in its destructor needs "
                  "no with()");
    static_assert(resource<Source> || !std::is_lvalue_reference_v<Source>,
                  "what opens a resource is used up by it: write std::move(it)");
}

/// What a named or a temporary source is kept as.
template <class Source>
using kept_source = std::conditional_t<std::is_lvalue_reference_v<Source> && resource<Source>,
                                       Source, std::remove_cvref_t<Source>>;

/// A resource in use, and what its `enter()` gave: that is what a body gets to see, else the
/// resource itself.
template <class Resource>
class resource_in_use {
    using object = std::remove_reference_t<Resource>;
    using entered = entered_from<Resource>;

public:
    resource_in_use() noexcept = default;

    [[nodiscard]] object& held() noexcept { return *held_; }
    [[nodiscard]] auto& seen() noexcept {
        if constexpr (std::is_void_v<entered>) {
            return held();
        } else {
            return static_cast<std::remove_reference_t<entered>&>(*entered_);
        }
    }

    template <class From>
    void hold(From&& from) {
        held_.emplace(std::forward<From>(from));
    }
    template <class From>
    void enter(From&& from) {
        entered_.emplace(std::forward<From>(from));
    }

    using seen_type = std::conditional_t<std::is_void_v<entered>, object,
                                         std::remove_reference_t<value_of<entered>>>;

private:
    /// As std::optional, of references too.
    template <class T>
    class slot {
    public:
        template <class From>
        void emplace(From&& from) {
            value_.emplace(std::forward<From>(from));
        }
        [[nodiscard]] std::remove_reference_t<value_of<T>>& operator*() noexcept {
            if constexpr (std::is_reference_v<T>) {
                return value_->get();
            } else {
                return *value_;
            }
        }

    private:
        std::optional<kept_value<T>> value_;
    };

    slot<Resource> held_;
    [[no_unique_address]] slot<entered> entered_;
};

// GCC takes a coroutine's frame for a type of this header, though it only points to one of the
// user's.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

template <class Source>
task<> set_up(resource_in_use<resource_from<Source>>& used, Source& source) {
    if constexpr (resource<Source>) {
        used.hold(static_cast<Source&&>(source));
    } else {
        used.hold(co_await std::move(source));
    }
    using object = std::remove_reference_t<resource_from<Source>>;
    if constexpr (has_enter<object>) {
        if constexpr (std::is_void_v<entered_from<object>>) {
            co_await used.held().enter();
        } else {
            used.enter(co_await used.held().enter());
        }
    }
    co_return;
}

template <class Resource>
task<> tear_down(Resource& resource, std::exception_ptr error) {
    if constexpr (has_exit<Resource>) {
        static_assert(std::is_void_v<await_result_t<decltype(resource.exit(error))>>,
                      "exit() gives nothing: it cannot swallow the body's exception, for the "
                      "body's value would be missing then");
        co_await resource.exit(std::move(error));
    } else {
        if constexpr (knows_whether_open<Resource>) {
            if (!resource.is_open()) co_return; // the body has closed it, or moved it away
        }
        if constexpr (awaitable<decltype(resource.close())>) {
            co_await resource.close();
        } else {
            resource.close();
        }
    }
    co_return;
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/// Runs a tear-down to its end, in a cancelled task as well, and gives its failure, if any. A
/// cancel that comes meanwhile is left to the caller's next suspension.
class SIMUL_API tear_down_operation final : public shield_operation {
public:
    explicit tear_down_operation(task<>&& work) : child_(child_seed<void>{*this, work}) {}

    [[nodiscard]] static bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        start(line_of(awaiting), awaiting, child_);
    }
    [[nodiscard]] std::exception_ptr await_resume() const noexcept { return child_.error(); }

    void describe(std::string& out) const override;

private:
    child<void> child_;
};

/// Throws the tear-down's failure, if any; but when the body has failed, its exception comes first,
/// and the other is logged.
SIMUL_API void settle(bool body_failed, const std::exception_ptr& tear_down_failed);

} // namespace simul::detail
