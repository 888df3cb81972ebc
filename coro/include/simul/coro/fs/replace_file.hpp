#pragma once

#include <simul/coro/detail/whole_file.hpp>
#include <simul/coro/fs/write_file.hpp>
#include <simul/loop/config.hpp>

#include <concepts>
#include <filesystem>
#include <string>
#include <utility>

namespace simul {
namespace detail {

class SIMUL_API replace_file_awaiter final : public whole_file {
public:
    replace_file_awaiter(const std::filesystem::path& path, std::string&& data);

    void await_resume() const { take(); }
};

} // namespace detail

namespace fs {

/// Like `write_file`, but whatever fails, the machine included, the file holds either what it held
/// before or all of `data`. The data goes to a temporary file in the same directory, to the disk,
/// and then takes the file's place and its permissions; symbolic links are followed, also to where
/// no file is yet. On an error or a cancel the temporary file is removed.
///
/// \throws std::system_error    as `write_file`; also EINVAL when there is something at `path` that
///                              is no regular file. Only when the directory could not be synced
///                              (its path is in the message) the file has its new content already.
/// \throws cancelled            when the task is cancelled; the file holds its old content.
///
///     co_await simul::fs::replace_file("settings.json", text);
template <class Data>
    requires std::convertible_to<Data&&, const_buffer>
[[nodiscard]] detail::replace_file_awaiter replace_file(const std::filesystem::path& path,
                                                        Data&& data) {
    return detail::replace_file_awaiter(path, detail::owned(std::forward<Data>(data)));
}

} // namespace fs
} // namespace simul
