#include <simul/gen/copy.hpp>

#include <exception>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

namespace simul::detail {
namespace {

// Where a file stands; negative where that means nothing.
off_t position_of(const fs::file& file) {
    return file.kind() == std::filesystem::file_type::regular
               ? ::lseek(file.native_handle(), 0, SEEK_CUR)
               : -1;
}

bool appends(const fs::file& file) {
    const int flags = ::fcntl(file.native_handle(), F_GETFL);
    return flags >= 0 && (flags & O_APPEND) != 0;
}

// Both files from where they stand, and how far workers have come.
struct pieces {
    fs::file& from;
    fs::file& to;
    std::uint64_t from_offset;
    std::uint64_t to_offset;
    std::uint64_t size;
    std::uint64_t taken = 0;
    std::exception_ptr error = nullptr;
};

task<> copy_piece(pieces& all, std::span<std::byte> piece, std::uint64_t at) {
    for (std::size_t done = 0; done != piece.size();) {
        const std::size_t n =
            co_await all.from.read_at(piece.subspan(done), all.from_offset + at + done);
        if (n == 0) {
            throw std::runtime_error("simul: copy " + all.from.path().string() +
                                     ": the file became shorter while it was read");
        }
        done += n;
    }
    for (std::size_t done = 0; done != piece.size();) {
        const std::size_t n =
            co_await all.to.write_at(piece.subspan(done), all.to_offset + at + done);
        done += n;
    }
}

task<> copy_pieces(pieces& all, std::size_t chunk_size) {
    std::vector<std::byte> buffer(chunk_size);
    while (all.taken < all.size) {
        const std::uint64_t at = all.taken;
        const auto piece = std::span(buffer).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), all.size - at)));
        all.taken += piece.size();
        try {
            co_await copy_piece(all, piece, at);
        } catch (const std::exception&) { // a full disk fails all of them, and is one error
            if (!all.error) all.error = std::current_exception();
            all.taken = all.size;
        }
    }
}

} // namespace

task<std::uint64_t> copy_files(fs::file& from, fs::file& to, copy_options how) {
    const off_t from_offset = position_of(from);
    const off_t to_offset = position_of(to);
    std::uint64_t copied = 0;
    if (from_offset >= 0 && to_offset >= 0 && !appends(to)) {
        const std::uint64_t size = co_await from.size();
        const auto begin = static_cast<std::uint64_t>(from_offset);
        pieces all{from, to, begin, static_cast<std::uint64_t>(to_offset),
                   size > begin ? size - begin : 0};
        const std::uint64_t chunks = (all.size + how.chunk_size - 1) / how.chunk_size;
        std::vector<task<>> workers;
        for (std::uint64_t i = std::clamp<std::uint64_t>(how.in_flight, 1, chunks + 1);
             i != 0 && workers.size() < chunks; --i) {
            workers.push_back(copy_pieces(all, how.chunk_size));
        }
        co_await gather(std::move(workers));
        if (all.error) std::rethrow_exception(all.error);
        copied = all.size;
        (void)::lseek(from.native_handle(), from_offset + static_cast<off_t>(copied), SEEK_SET);
        (void)::lseek(to.native_handle(), to_offset + static_cast<off_t>(copied), SEEK_SET);
    }
    // Files of /proc have no size, and others may have grown.
    co_return copied + co_await copy_in_order(from, to, how.chunk_size);
}

} // namespace simul::detail
