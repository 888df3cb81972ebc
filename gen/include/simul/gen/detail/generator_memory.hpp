#pragma once

#include <simul/loop/detail/frames.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace simul::detail {

// Every frame ends in the function that gives it back, null for the ordinary allocation: operator
// delete is not told which operator new was used.
class generator_memory {
public:
    static void* allocate(std::size_t size) {
        void* const frame = allocate_frame(tail_at(size) + sizeof(release_function));
        tail(frame, size) = nullptr;
        return frame;
    }

    template <class Allocator>
    static void* allocate(std::size_t size, const Allocator& source) {
        using block_allocator =
            typename std::allocator_traits<Allocator>::template rebind_alloc<block>;
        using traits = std::allocator_traits<block_allocator>;
        using stored = kept<block_allocator>;
        block_allocator allocator(source);
        const std::size_t count = stored::blocks(size);
        void* const frame = static_cast<void*>(std::to_address(traits::allocate(allocator, count)));
        tail(frame, size) = &stored::release;
        ::new (stored::place(frame, size)) block_allocator(std::move(allocator));
        return frame;
    }

    static void deallocate(void* frame, std::size_t size) noexcept {
        if (const release_function release = tail(frame, size); release != nullptr) [[unlikely]]
            release(frame, size);
        else
            deallocate_frame(frame, tail_at(size) + sizeof(release_function));
    }

private:
    using release_function = void (*)(void*, std::size_t) noexcept;

    struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) block {
        std::byte bytes[__STDCPP_DEFAULT_NEW_ALIGNMENT__];
    };

    static constexpr std::size_t round_up(std::size_t size, std::size_t to) noexcept {
        return (size + to - 1) / to * to;
    }
    static constexpr std::size_t tail_at(std::size_t size) noexcept {
        return round_up(size, alignof(release_function));
    }
    static release_function& tail(void* frame, std::size_t size) noexcept {
        return *static_cast<release_function*>(
            static_cast<void*>(static_cast<std::byte*>(frame) + tail_at(size)));
    }

    template <class Allocator>
    struct kept {
        static std::size_t offset(std::size_t size) noexcept {
            return round_up(tail_at(size) + sizeof(release_function), alignof(Allocator));
        }
        static std::size_t blocks(std::size_t size) noexcept {
            return round_up(offset(size) + sizeof(Allocator), sizeof(block)) / sizeof(block);
        }
        static void* place(void* frame, std::size_t size) noexcept {
            return static_cast<std::byte*>(frame) + offset(size);
        }
        static void release(void* frame, std::size_t size) noexcept {
            using traits = std::allocator_traits<Allocator>;
            auto* const here = static_cast<Allocator*>(place(frame, size));
            Allocator allocator(std::move(*here));
            here->~Allocator();
            traits::deallocate(allocator,
                               std::pointer_traits<typename traits::pointer>::pointer_to(
                                   *static_cast<block*>(frame)),
                               blocks(size));
        }
    };
};

// Base of the promises of generators of both kinds: their frames come from the allocator that the
// coroutine's first two parameters (after the object, in a member function) are, if they are one.
struct in_generator_memory {
    // Inlined always, for GCC 12 takes a template of operator new for no match of operator delete.
    [[gnu::always_inline]] static void* operator new(std::size_t size) {
        return generator_memory::allocate(size);
    }

    template <class Allocator, class... Args>
    [[gnu::always_inline]] static void* operator new(std::size_t size, std::allocator_arg_t,
                                                     const Allocator& allocator, const Args&...) {
        return generator_memory::allocate(size, allocator);
    }

    template <class This, class Allocator, class... Args>
    [[gnu::always_inline]] static void* operator new(std::size_t size, const This&,
                                                     std::allocator_arg_t,
                                                     const Allocator& allocator, const Args&...) {
        return generator_memory::allocate(size, allocator);
    }

    [[gnu::always_inline]] static void operator delete(void* frame, std::size_t size) noexcept {
        generator_memory::deallocate(frame, size);
    }
};

} // namespace simul::detail
