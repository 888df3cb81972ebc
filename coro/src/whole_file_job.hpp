#pragma once

#include <simul/loop/detail/request.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace simul::detail {

/// The work on one whole file, and everything that it needs: the pool may still be at it when
/// nobody waits for it any more.
class whole_file_job : public pool_job {
public:
    explicit whole_file_job(const std::filesystem::path& named) : path(named.string()) {}
    whole_file_job(const whole_file_job&) = delete;
    whole_file_job& operator=(const whole_file_job&) = delete;
    ~whole_file_job() override { close(); }

    /// On the loop, when the work is about to begin.
    virtual void prepare() noexcept {}

    /// Goes on from wherever it stands. Afterwards it has ended, well or with `error`, unless
    /// `waits` says that it has come to a stream.
    void run() noexcept final;

    /// On the loop: transfers what does not have to wait. Positive when that was something, 0 when
    /// nothing is left, -EAGAIN when it has to wait, or another negative errno.
    virtual std::int64_t transfer_now() noexcept = 0;

    /// Whether a cancel has to wait until no worker is at it.
    virtual bool writes() const noexcept = 0;

    /// Notes what failed; `on` must live as long as the job.
    int fail(const char* operation, int errno_below_zero, const std::string& on) noexcept;
    int fail(const char* operation, int errno_below_zero) noexcept {
        return fail(operation, errno_below_zero, path);
    }
    /// Closes the descriptor if it is open; 0 or a negative errno.
    int close() noexcept;
    /// The last step on the loop, when everything has been transferred.
    int finish() noexcept;

    const std::string path;
    int fd = -1;
    std::filesystem::file_type kind = std::filesystem::file_type::none;
    int error = 0;
    const char* failed = nullptr;
    const std::string* failed_on = &path;
    bool waits = false;
    bool gave_up = false;          ///< it saw `stop` before it was done
    std::atomic<bool> stop{false}; ///< nobody wants the result any more

protected:
    /// Large transfers are cut into pieces, between which `stop` is looked at.
    static constexpr std::size_t piece = std::size_t{4} << 20;

    /// Opens `path`, learns its kind and refuses directories; 0 or a negative errno.
    int open(int flags, std::int64_t& size) noexcept;

    /// Opens the descriptor; 0 or a negative errno.
    virtual int begin() = 0;
    /// Everything that is left, then the close; 0 or a negative errno, -EAGAIN to wait after all.
    virtual int transfer_all() = 0;
};

} // namespace simul::detail
