#include <simul/coro/fs/replace_file.hpp>
#include <simul/coro/fs/write_file.hpp>

#include "descriptor.hpp"
#include "whole_file_job.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace simul::detail {
namespace {

class write_file_job : public whole_file_job {
public:
    write_file_job(const std::filesystem::path& named, std::string&& data)
        : whole_file_job(named), data_(std::move(data)) {}

    [[nodiscard]] bool writes() const noexcept final { return true; }

    std::int64_t transfer_now() noexcept final {
        std::int64_t put = 0;
        if (done_ < data_.size()) {
            put = write_now(fd, kind, std::as_bytes(std::span(data_).subspan(done_)));
            if (put == 0) put = -EIO;
            if (put < 0) return put == -EAGAIN ? put : fail("write", static_cast<int>(put));
            done_ += static_cast<std::size_t>(put);
        }
        return done_ < data_.size() ? put : 0;
    }

protected:
    int begin() override {
        std::int64_t size = 0;
        return open(O_WRONLY | O_CREAT | O_TRUNC, size);
    }

    int transfer_all() override {
        if (const int status = write_pieces(); status < 0 || gave_up) return status;
        return close_reported();
    }

    int write_pieces() noexcept {
        while (done_ < data_.size()) {
            if (stop.load(std::memory_order_relaxed)) {
                gave_up = true;
                return 0;
            }
            const ssize_t put =
                ::write(fd, data_.data() + done_, std::min(data_.size() - done_, piece));
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) return fail("write", -errno);
            if (put == 0) return fail("write", -EIO);
            done_ += static_cast<std::size_t>(put);
        }
        return 0;
    }

    int close_reported() noexcept {
        const int status = close();
        return status < 0 ? fail("close", status) : 0;
    }

private:
    std::string data_;
    std::size_t done_ = 0;
};

class replace_file_job final : public write_file_job {
public:
    using write_file_job::write_file_job;

private:
    int begin() override {
        struct stat old;
        const bool exists = ::stat(path.c_str(), &old) == 0;
        if (!exists && errno != ENOENT) return fail("replace", -errno);
        if (exists && !S_ISREG(old.st_mode)) {
            return fail("replace", S_ISDIR(old.st_mode) ? -EISDIR : -EINVAL);
        }
        if (const int status = exists ? resolve() : follow_links(); status < 0) {
            return fail("replace", status);
        }
        const std::size_t slash = target_.find_last_of('/');
        directory_ = slash == std::string::npos ? "." : target_.substr(0, slash + 1);

        if (const int status = open_temporary(); status < 0) return status;
        kind = std::filesystem::file_type::regular;
        if (exists) {
            // Only root may give files away; without that the file becomes its writer's.
            if (old.st_uid != ::geteuid() || old.st_gid != ::getegid()) {
                [[maybe_unused]] const int ignored = ::fchown(fd, old.st_uid, old.st_gid);
            }
            if (::fchmod(fd, old.st_mode & 07777U) != 0) return undo(fail("chmod", -errno));
        }
        return 0;
    }

    int transfer_all() override {
        if (const int status = write_pieces(); status < 0 || gave_up) return undo(status);
        if (::fsync(fd) != 0) return undo(fail("sync", -errno));
        if (const int status = close_reported(); status < 0) return undo(status);
        if (stop.load(std::memory_order_relaxed)) {
            gave_up = true;
            return undo(0);
        }
        if (::rename(temp_.c_str(), target_.c_str()) != 0) return undo(fail("replace", -errno));
        return sync_directory();
    }

    int resolve() {
        char* const resolved = ::realpath(path.c_str(), nullptr);
        if (resolved == nullptr) return -errno;
        const std::unique_ptr<char, decltype(&std::free)> owned(resolved, &std::free);
        target_ = resolved;
        return 0;
    }

    // To where a file would be made: links may point to what does not exist yet.
    int follow_links() {
        target_ = path;
        std::string link(PATH_MAX, '\0');
        for (int links = 0; links < most_links; ++links) {
            const ssize_t n = ::readlink(target_.c_str(), link.data(), link.size());
            if (n < 0) return errno == EINVAL || errno == ENOENT ? 0 : -errno;
            const std::string_view to(link.data(), static_cast<std::size_t>(n));
            const bool absolute = to.starts_with('/');
            target_.resize(absolute ? 0 : target_.find_last_of('/') + 1); // npos + 1 is 0
            target_ += to;
        }
        return -ELOOP;
    }

    int open_temporary() {
        for (int attempt = 0;; ++attempt) {
            std::uint64_t random = 0;
            if (::getentropy(&random, sizeof random) != 0) return fail("replace", -errno);
            char name[32];
            std::snprintf(name, sizeof name, ".simul-%016llx",
                          static_cast<unsigned long long>(random));
            temp_ = directory_ + (directory_.back() == '/' ? "" : "/") + name;
            fd = ::open(temp_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
            if (fd >= 0) {
                fd = beyond_standard(fd);
                return fd >= 0 ? 0 : undo(fail("replace", std::exchange(fd, -1)));
            }
            if (errno == EINTR || (errno == EEXIST && attempt < 16)) continue;
            return fail("replace", -errno);
        }
    }

    int undo(int status) noexcept {
        close();
        ::unlink(temp_.c_str());
        return status;
    }

    // The new name must reach the disk as well.
    int sync_directory() noexcept {
        fd = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        // A directory that may not be read, or a file system without such a sync, is no failure.
        if (fd < 0) return 0;
        if (::fsync(fd) != 0 && errno != EINVAL) return fail("sync", -errno, directory_);
        return 0;
    }

    static constexpr int most_links = 40; // as the kernel

    std::string target_; // no link any more
    std::string directory_;
    std::string temp_;
};

} // namespace

write_file_awaiter::write_file_awaiter(const std::filesystem::path& path, std::string&& data)
    : whole_file(std::make_shared<write_file_job>(path, std::move(data))) {}

replace_file_awaiter::replace_file_awaiter(const std::filesystem::path& path, std::string&& data)
    : whole_file(std::make_shared<replace_file_job>(path, std::move(data))) {}

std::string copy_of(fs::const_buffer data) {
    const std::span<const std::byte> bytes = data.bytes();
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

} // namespace simul::detail
