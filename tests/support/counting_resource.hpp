#pragma once

#include <cstddef>
#include <memory_resource>

namespace simul_test {

/// Memory that counts what is taken from it and given back.
class counting_resource : public std::pmr::memory_resource {
public:
    std::size_t allocated = 0;
    std::size_t released = 0;

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        allocated += size;
        return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override {
        released += size;
        std::pmr::new_delete_resource()->deallocate(memory, size, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

} // namespace simul_test
