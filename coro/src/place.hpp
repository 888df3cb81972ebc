#pragma once

#include <simul/coro/detail/promise.hpp>

#include <coroutine>
#include <source_location>
#include <string>
#include <string_view>

namespace simul::detail {

/// "file.cpp:12", without the directory.
inline void append_place(const std::source_location& at, std::string& out) {
    const std::string_view path = at.file_name();
    out.append(path.substr(path.rfind('/') + 1)).append(":").append(std::to_string(at.line()));
}

/// The same for where a coroutine is suspended; null adds nothing.
inline void append_place(std::coroutine_handle<> coroutine, std::string& out) {
    if (coroutine) append_place(promise_of(coroutine).where, out);
}

} // namespace simul::detail
