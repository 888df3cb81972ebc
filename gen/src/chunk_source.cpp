#include <simul/gen/detail/chunk_source.hpp>

#include <simul/coro/detail/read_ahead.hpp>

#include <optional>

#include <sys/stat.h>
#include <unistd.h>

namespace simul::detail {
namespace {

// Whether it can be read ahead: at offsets, and as far as its size. Files of /proc and their like
// have none, and some of them have to be waited for, as a stream has.
bool is_stored(const fs::file& file) noexcept {
    const int fd = file.native_handle();
    struct stat status;
    if (::fstat(fd, &status) != 0 || ::lseek(fd, 0, SEEK_CUR) < 0) return false;
    return S_ISBLK(status.st_mode) || (S_ISREG(status.st_mode) && status.st_size > 0);
}

class file_source final : public chunk_source {
public:
    file_source(std::filesystem::path path, std::size_t chunk_size)
        : path_(std::move(path)), chunk_size_(chunk_size) {}
    file_source(fs::file file, std::size_t chunk_size)
        : path_(file.path()), chunk_size_(chunk_size) {
        opened(std::move(file));
    }

    [[nodiscard]] std::string name() const override { return path_.string(); }

    task<std::span<char>> next(std::span<char> kept) override {
        if (!ahead_ && !buffer_) opened(co_await fs::open(path_));
        if (ahead_) co_return co_await ahead_->next(kept);
        const std::size_t n = co_await file_.read(buffer_->prepare(kept));
        co_return buffer_->commit(n);
    }

private:
    void opened(fs::file file) {
        if (is_stored(file)) {
            ahead_.emplace(file.release(), chunk_size_);
        } else {
            file_ = std::move(file);
            buffer_.emplace(chunk_size_);
        }
    }

    std::filesystem::path path_;
    std::size_t chunk_size_;
    std::optional<read_ahead> ahead_;
    // For FIFOs, terminals and whatever else is not stored.
    fs::file file_;
    std::optional<chunk_buffer> buffer_;
};

} // namespace

chunk_source::~chunk_source() = default;

std::unique_ptr<chunk_source> open_text(const std::filesystem::path& path, std::size_t chunk_size) {
    const std::size_t chunk = std::min(chunk_size, most_per_read);
    return decompressed(std::make_unique<file_source>(path, chunk), chunk);
}

std::unique_ptr<chunk_source> open_text(fs::file file, std::size_t chunk_size) {
    const std::size_t chunk = std::min(chunk_size, most_per_read);
    return decompressed(std::make_unique<file_source>(std::move(file), chunk), chunk);
}

} // namespace simul::detail
