#pragma once

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace simul::detail {

template <class T>
concept awaiter = requires(T& a) {
    { a.await_ready() } -> std::convertible_to<bool>;
    a.await_resume();
};

template <class T>
concept has_member_co_await = requires(T&& a) { static_cast<T&&>(a).operator co_await(); };

template <class T>
concept has_free_co_await = requires(T&& a) { operator co_await(static_cast<T&&>(a)); };

template <class T>
concept awaitable =
    has_member_co_await<T> || has_free_co_await<T> || awaiter<std::remove_reference_t<T>>;

template <awaitable T>
decltype(auto) get_awaiter(T&& a) {
    if constexpr (has_member_co_await<T>) {
        return static_cast<T&&>(a).operator co_await();
    } else if constexpr (has_free_co_await<T>) {
        return operator co_await(static_cast<T&&>(a));
    } else {
        return static_cast<T&&>(a);
    }
}

/// An awaiter that is used up when it is awaited; it says so by a member type `awaited_once`.
template <class T>
concept awaited_once = requires { typename std::remove_cvref_t<T>::awaited_once; };

/// What `co_await` of a T gives.
template <awaitable T>
using await_result_t =
    decltype(std::declval<std::add_lvalue_reference_t<decltype(get_awaiter(std::declval<T>()))>>()
                 .await_resume());

} // namespace simul::detail
