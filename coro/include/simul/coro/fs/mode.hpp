#pragma once

namespace simul::fs {

/// What a file is opened for; flags that combine with `|`.
///
///     auto log = co_await simul::fs::open("log.txt", mode::append | mode::create);
enum class mode : unsigned {
    read = 1,       ///< reading
    write = 2,      ///< writing; what is there stays and is overwritten, unless `truncate` is given
    append = 4,     ///< writing, always at the end
    create = 8,     ///< a file that does not exist is made
    truncate = 16,  ///< what is there is thrown away; takes `write` or `append`
    exclusive = 32, ///< a file that exists is an error; takes `create`
};

[[nodiscard]] constexpr mode operator|(mode a, mode b) noexcept {
    return static_cast<mode>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr mode& operator|=(mode& a, mode b) noexcept { return a = a | b; }

/// Whether `m` contains one of `flags`.
[[nodiscard]] constexpr bool has(mode m, mode flags) noexcept {
    return (static_cast<unsigned>(m) & static_cast<unsigned>(flags)) != 0;
}

} // namespace simul::fs
