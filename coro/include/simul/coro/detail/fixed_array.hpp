#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace simul::detail {

/// As many objects as are made at the beginning, in one block: for types that cannot be moved.
template <class T>
class fixed_array {
public:
    explicit fixed_array(std::size_t capacity)
        : capacity_(capacity),
          data_(capacity != 0 ? std::allocator<T>().allocate(capacity) : nullptr) {}
    fixed_array(const fixed_array&) = delete;
    fixed_array& operator=(const fixed_array&) = delete;
    ~fixed_array() {
        clear();
        if (data_ != nullptr) std::allocator<T>().deallocate(data_, capacity_);
    }

    /// Not more often than the capacity says.
    template <class... Args>
    void emplace_back(Args&&... args) {
        std::construct_at(data_ + size_, std::forward<Args>(args)...);
        ++size_;
    }

    void clear() noexcept {
        std::destroy_n(data_, size_);
        size_ = 0;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] T* begin() noexcept { return data_; }
    [[nodiscard]] T* end() noexcept { return data_ + size_; }
    [[nodiscard]] const T* begin() const noexcept { return data_; }
    [[nodiscard]] const T* end() const noexcept { return data_ + size_; }

private:
    std::size_t capacity_;
    std::size_t size_ = 0;
    T* data_;
};

} // namespace simul::detail
