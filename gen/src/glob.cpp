#include <simul/gen/glob.hpp>

#include <simul/coro/to_thread.hpp>
#include <simul/loop/error.hpp>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <utility>

#include <glob.h>

namespace simul {
namespace {

using paths = std::vector<std::filesystem::path>;

// glob(3) tells of directories that it cannot read through a bare function.
constinit thread_local std::string* unreadable = nullptr;
constinit thread_local int unreadable_because = 0;

int note_unreadable(const char* path, int error) {
    // What is not there, or no directory, cannot match.
    if (error == ENOENT || error == ENOTDIR) return 0;
    *unreadable = path;
    unreadable_because = error;
    return 1;
}

struct found_paths {
    found_paths() = default;
    found_paths(const found_paths&) = delete;
    found_paths& operator=(const found_paths&) = delete;
    ~found_paths() { ::globfree(&all); }

    ::glob_t all{};
};

paths find(const std::string& pattern) {
    int flags = GLOB_NOSORT;
#if defined(GLOB_BRACE)
    flags |= GLOB_BRACE;
#endif
    found_paths found;
    std::string directory;
    unreadable = &directory;
    const int status = ::glob(pattern.c_str(), flags, note_unreadable, &found.all);
    unreadable = nullptr;
    if (status == GLOB_NOSPACE) throw std::bad_alloc();
    if (status == GLOB_ABORTED) detail::throw_error(-unreadable_because, "glob", directory);
    if (status != 0) detail::throw_error(-ENOENT, "glob", pattern);
    paths all(found.all.gl_pathv, found.all.gl_pathv + found.all.gl_pathc);
    std::ranges::sort(all, {}, &std::filesystem::path::native);
    // A path may match two patterns in braces.
    const auto same = std::ranges::unique(all);
    all.erase(same.begin(), same.end());
    return all;
}

} // namespace

task<paths> glob(std::string pattern) {
    co_return co_await to_thread(abandon_on_cancel, find, std::move(pattern));
}

} // namespace simul
