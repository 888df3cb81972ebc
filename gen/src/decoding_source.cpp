#include <simul/gen/detail/chunk_source.hpp>

#include <simul/coro/to_thread.hpp>

#include "decoder.hpp"

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace simul::detail {
namespace {

// The content of compressed text; any other text as it is.
class decoding_source final : public chunk_source {
public:
    decoding_source(std::unique_ptr<chunk_source> from, std::size_t chunk_size)
        : from_(std::move(from)), text_(std::max(chunk_size, least_chunk)) {}

    [[nodiscard]] std::string name() const override { return from_->name(); }

    task<std::span<char>> next(std::span<char> kept) override {
        return is_plain_ ? from_->next(kept) : decoded(kept);
    }

private:
    static constexpr std::size_t least_chunk = 16 << 10; // each costs a trip to another thread

    task<std::span<char>> decoded(std::span<char> kept) {
        if (!decoder_) {
            compressed_ = co_await start();
            if (is_plain_) co_return compressed_;
        }
        for (;;) {
            if (compressed_.empty() && !at_end_) {
                compressed_ = co_await from_->next({});
                at_end_ = compressed_.empty();
            }
            const std::span<std::byte> space = text_.prepare(kept);
            const decoder::progress made = co_await to_thread(
                &decoder::decode, decoder_.get(), std::span<const char>(compressed_), space);
            compressed_ = compressed_.subspan(made.consumed);
            offset_ += made.consumed;
            // An error waits until what comes before it has been handed out; it stays.
            if (made.produced != 0) co_return text_.commit(made.produced);
            if (made.error != nullptr) fail(made.error);
            kept = text_.commit(0);
            if (at_end_) {
                if (!decoder_->is_whole()) fail("the compressed data end too early");
                co_return kept;
            }
        }
    }

    // The first text; looks at as much of it as tells what it is compressed with.
    task<std::span<char>> start() {
        std::span<char> text;
        for (;;) {
            const std::size_t before = text.size();
            text = co_await from_->next(text);
            bool undecided = false;
            const compression by = recognise({text.data(), text.size()}, undecided);
            if (by != compression::none) {
                try {
                    decoder_ = make_decoder(by);
                } catch (const std::runtime_error& e) {
                    fail(e.what());
                }
                co_return text;
            }
            if (!undecided || text.size() == before) {
                is_plain_ = true;
                co_return text;
            }
        }
    }

    [[noreturn]] void fail(const char* problem) const {
        throw std::runtime_error("simul: decompress " + name() + " at byte " +
                                 std::to_string(offset_) + ": " + problem);
    }

    std::unique_ptr<chunk_source> from_;
    bool is_plain_ = false;
    std::unique_ptr<decoder> decoder_;
    std::span<char> compressed_; // what has been read and not decoded
    std::uint64_t offset_ = 0;   // of that
    bool at_end_ = false;
    chunk_buffer text_;
};

} // namespace

std::unique_ptr<chunk_source> decompressed(std::unique_ptr<chunk_source> from,
                                           std::size_t chunk_size) {
    return std::make_unique<decoding_source>(std::move(from), chunk_size);
}

} // namespace simul::detail
