#pragma once

#include <simul/loop/config.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace simul::detail {

/// Memory for text that is read a chunk at a time and worked on where it lies. What the work has
/// left over of the last chunk is put in front of the next, into room that is kept there; a piece
/// too long for that stays where it is, and the memory grows behind it.
///
/// At least `slack` bytes before and behind a text can be read and written.
class SIMUL_API chunk_buffer {
public:
    static constexpr std::size_t slack = 64;

    /// `chunk` is how many bytes are read at a time.
    explicit chunk_buffer(std::size_t chunk) noexcept : chunk_(chunk) {}
    chunk_buffer(chunk_buffer&& other) noexcept
        : chunk_(other.chunk_), memory_(std::move(other.memory_)),
          size_(std::exchange(other.size_, 0)), text_(std::exchange(other.text_, nullptr)),
          kept_(std::exchange(other.kept_, 0)) {}
    chunk_buffer& operator=(chunk_buffer&& other) noexcept {
        chunk_buffer taken(std::move(other));
        std::swap(chunk_, taken.chunk_);
        std::swap(memory_, taken.memory_);
        std::swap(size_, taken.size_);
        std::swap(text_, taken.text_);
        std::swap(kept_, taken.kept_);
        return *this;
    }

    /// Space for a chunk. `kept`, which lies in this buffer or anywhere else, is moved in front of
    /// it.
    /// \throws std::bad_alloc
    std::span<std::byte> prepare(std::span<const char> kept) { return prepare(kept, chunk_); }
    std::span<std::byte> prepare(std::span<const char> kept, std::size_t room);

    /// The text: what was kept, and the first `n` bytes of the space behind it.
    [[nodiscard]] std::span<char> commit(std::size_t n) noexcept { return {text_, kept_ + n}; }

    /// Puts `kept`, from elsewhere, in front of the space that was prepared behind nothing; false
    /// if it does not fit there.
    bool put_before(std::span<const char> kept) noexcept;

    /// Whether it has grown for a long piece.
    [[nodiscard]] bool is_long() const noexcept { return size_ > usual_size(); }
    /// Owns the bytes.
    [[nodiscard]] const std::shared_ptr<void>& memory() const noexcept { return memory_; }

private:
    // Multiples of a cache line: the kernel copies to aligned buffers fastest.
    static constexpr std::size_t head_room = 16 * 1024;
    static constexpr std::size_t least_room = 16 * 1024;

    [[nodiscard]] std::size_t usual_size() const noexcept;
    void allocate(std::size_t size, std::span<const char> kept, std::size_t at);
    [[nodiscard]] char* begin() const noexcept { return static_cast<char*>(memory_.get()); }

    std::size_t chunk_;
    std::shared_ptr<void> memory_;
    std::size_t size_ = 0;
    char* text_ = nullptr;
    std::size_t kept_ = 0;
};

} // namespace simul::detail
