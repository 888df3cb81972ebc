#pragma once

// An object that counts its constructions, copies and destructions, for tests of lifetimes.

#include <string>
#include <vector>

namespace simul_test {

struct tracked_counts {
    int constructed = 0; // in any way
    int destroyed = 0;
    int copied = 0;
    int moved = 0;
    std::vector<std::string> ended; // names in the order of their destruction

    bool balanced() const { return constructed == destroyed; }
    int alive() const { return constructed - destroyed; }
};

class tracked {
public:
    explicit tracked(tracked_counts& counts, std::string name = "")
        : counts_(&counts), name_(std::move(name)) {
        ++counts_->constructed;
    }
    tracked(const tracked& other) : counts_(other.counts_), name_(other.name_) {
        ++counts_->constructed;
        ++counts_->copied;
    }
    tracked(tracked&& other) noexcept : counts_(other.counts_), name_(std::move(other.name_)) {
        ++counts_->constructed;
        ++counts_->moved;
    }
    tracked& operator=(const tracked&) = delete;
    tracked& operator=(tracked&&) = delete;
    ~tracked() {
        ++counts_->destroyed;
        if (!name_.empty()) counts_->ended.push_back(name_);
    }

    const std::string& name() const { return name_; }

private:
    tracked_counts* counts_;
    std::string name_;
};

} // namespace simul_test
