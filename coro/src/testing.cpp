#include <simul/testing.hpp>

#include <simul/loop/loop.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>

#include <dirent.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define SIMUL_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SIMUL_THREAD_SANITIZER 1
#endif
#endif

namespace simul {
namespace {

std::optional<std::uint64_t> seed_asked_for() {
    const char* const text = std::getenv("SIMUL_SEED");
    if (text == nullptr) return std::nullopt;
    std::uint64_t seed = 0;
    const char* const end = text + std::strlen(text);
    const auto [rest, error] = std::from_chars(text, end, seed);
    if (error != std::errc() || rest != end) {
        throw std::invalid_argument(std::string("simul: SIMUL_SEED is no number: ") + text);
    }
    return seed;
}

// Says which order has failed, unless it is told that none has.
class order_in_question {
public:
    explicit order_in_question(const std::optional<std::uint64_t>& seed) noexcept : seed_(seed) {}
    order_in_question(const order_in_question&) = delete;
    order_in_question& operator=(const order_in_question&) = delete;
    ~order_in_question() {
        if (passed_) return;
        if (seed_) {
            const auto seed = static_cast<unsigned long long>(*seed_);
            std::fprintf(stderr, "simul: shuffle seed %llu fails; SIMUL_SEED=%llu runs it alone\n",
                         seed, seed);
        } else {
            std::fputs("simul: fails in the usual order of tasks, without a shuffle seed\n",
                       stderr);
        }
    }

    void passed() noexcept { passed_ = true; }

private:
    std::optional<std::uint64_t> seed_;
    bool passed_ = false;
};

bool passes_in_order(const std::optional<std::uint64_t>& seed,
                     const std::function<bool(const run_options&)>& passes) {
    order_in_question order(seed);
    const bool passed = passes({.virtual_time = true, .shuffle_seed = seed});
    if (passed) order.passed();
    return passed;
}

std::map<int, std::string> open_descriptors() {
    std::map<int, std::string> found;
    const auto close = [](DIR* listing) { ::closedir(listing); };
    const std::unique_ptr<DIR, decltype(close)> listing(::opendir("/proc/self/fd"), close);
    if (listing == nullptr) return found;
    while (const dirent* const entry = ::readdir(listing.get())) {
        if (entry->d_name[0] == '.') continue;
        const int fd = std::atoi(entry->d_name);
        if (fd == ::dirfd(listing.get())) continue;
        char target[256];
        const ssize_t length =
            ::readlinkat(::dirfd(listing.get()), entry->d_name, target, sizeof target);
        std::string what(target, static_cast<std::size_t>(length > 0 ? length : 0));
#if defined(SIMUL_THREAD_SANITIZER)
        // To look at its suppressions the sanitizer starts a symbolizer, and talks to it by pipes.
        if (what.starts_with("pipe:")) continue;
#endif
        found[fd] = std::move(what);
    }
    return found;
}

void append_change(const char* what, std::int64_t before, std::int64_t now, std::string& to) {
    if (before == now) return;
    to.append(what).append(": ").append(std::to_string(before));
    to.append(" before, ").append(std::to_string(now)).append(" now\n");
}

} // namespace

namespace detail {

bool for_each_order(std::uint64_t seeds, const std::function<bool(const run_options&)>& passes) {
    if (const auto asked = seed_asked_for()) return passes_in_order(asked, passes);
    if (!passes_in_order(std::nullopt, passes)) return false;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        if (!passes_in_order(seed, passes)) return false;
    }
    return true;
}

void throw_leaks(const std::string& report) {
    throw std::runtime_error("simul: something was left behind:\n" + report);
}

} // namespace detail

leak_check::leak_check() {
    // libuv keeps a pipe for the whole process from its first loop on.
    [[maybe_unused]] static const bool begun = (loop().close(), true);
    descriptors_ = open_descriptors();
    before_ = current_usage();
}

std::string leak_check::report() const {
    const usage now = current_usage();
    std::string text;
    append_change("coroutine frames", before_.frames, now.frames, text);
    append_change("libuv handles", before_.handles, now.handles, text);
    append_change("requests in flight", before_.requests, now.requests, text);
    const std::map<int, std::string> open = open_descriptors();
    for (const auto& [fd, what] : open) {
        const auto before = descriptors_.find(fd);
        if (before == descriptors_.end()) {
            text += "descriptor " + std::to_string(fd) + " is open now: " + what + "\n";
        } else if (before->second != what) {
            text += "descriptor " + std::to_string(fd) + " was " + before->second + ", is now " +
                    what + "\n";
        }
    }
    for (const auto& [fd, what] : descriptors_) {
        if (open.contains(fd)) continue;
        text += "descriptor " + std::to_string(fd) + " is closed now: " + what + "\n";
    }
    return text;
}

} // namespace simul
