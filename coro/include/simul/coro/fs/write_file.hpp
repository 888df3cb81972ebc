#pragma once

#include <simul/coro/detail/whole_file.hpp>
#include <simul/coro/fs/buffer.hpp>
#include <simul/loop/config.hpp>

#include <concepts>
#include <filesystem>
#include <string>
#include <utility>

namespace simul {
namespace detail {

class SIMUL_API write_file_awaiter final : public whole_file {
public:
    write_file_awaiter(const std::filesystem::path& path, std::string&& data);

    void await_resume() const { take(); }
};

SIMUL_API std::string copy_of(fs::const_buffer data);

/// The data itself, when it is a temporary string, or a copy.
template <class Data>
std::string owned(Data&& data) {
    if constexpr (std::same_as<Data, std::string>) {
        return std::move(data);
    } else {
        return copy_of(std::forward<Data>(data));
    }
}

} // namespace detail

namespace fs {

/// Makes `data` the whole content of a file, which is created if it does not exist. The data is
/// copied first, or taken from a temporary string.
///
/// After an error or a cancel the file may hold a part of the data; `replace_file` holds the old
/// content or the new. A cancel waits for the piece that a worker is just writing, so that nothing
/// is written to the file after the await has ended; data that is complete by then is no longer
/// cancelled.
/// \throws std::system_error    with errno's generic category and the path in its message; also
///                              when only the closing of the file failed.
/// \throws cancelled            when the task is cancelled.
///
///     co_await simul::fs::write_file("notes.txt", text);
template <class Data>
    requires std::convertible_to<Data&&, const_buffer>
[[nodiscard]] detail::write_file_awaiter write_file(const std::filesystem::path& path,
                                                    Data&& data) {
    return detail::write_file_awaiter(path, detail::owned(std::forward<Data>(data)));
}

} // namespace fs
} // namespace simul
