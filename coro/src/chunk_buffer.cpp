#include <simul/coro/detail/chunk_buffer.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>

namespace simul::detail {
namespace {

constexpr std::align_val_t alignment{64};

} // namespace

std::size_t chunk_buffer::usual_size() const noexcept {
    return head_room + std::max(chunk_, least_room) + slack;
}

void chunk_buffer::allocate(std::size_t size, std::span<const char> kept, std::size_t at) {
    std::shared_ptr<void> memory(::operator new(size, alignment),
                                 [](void* p) { ::operator delete(p, alignment); });
    char* const text = static_cast<char*>(memory.get()) + at;
    if (!kept.empty()) std::memcpy(text, kept.data(), kept.size());
    memory_ = std::move(memory);
    size_ = size;
    text_ = text;
}

std::span<std::byte> chunk_buffer::prepare(std::span<const char> kept, std::size_t room) {
    chunk_ = std::max(chunk_, room);
    const bool fits_in_front = kept.size() <= head_room - slack;
    const std::less_equal<> not_after;
    const char* const kept_end = kept.data() + kept.size();
    const bool is_here =
        size_ != 0 && not_after(begin(), kept.data()) && not_after(kept_end, begin() + size_);
    const bool fits_behind =
        is_here && static_cast<std::size_t>(begin() + size_ - kept_end) >= room + slack;
    if (fits_behind && (!fits_in_front || kept.size() > room)) {
        // Moving it, if it can be moved at all, costs more than an aligned buffer gains.
        text_ = begin() + (kept.data() - begin());
    } else if (!fits_in_front) {
        const std::size_t needed = slack + kept.size() + room + slack;
        allocate(std::max(usual_size() + 1, needed + kept.size() / 2), kept, slack);
    } else if (size_ < usual_size()) {
        allocate(usual_size(), kept, head_room - kept.size());
    } else {
        text_ = begin() + head_room - kept.size();
        if (!kept.empty()) std::memmove(text_, kept.data(), kept.size());
    }
    kept_ = kept.size();
    return std::as_writable_bytes(std::span(text_ + kept_, room));
}

bool chunk_buffer::put_before(std::span<const char> kept) noexcept {
    if (kept.size() > head_room - slack) return false;
    text_ -= kept.size();
    kept_ = kept.size();
    if (!kept.empty()) std::memcpy(text_, kept.data(), kept.size());
    return true;
}

} // namespace simul::detail
