// Prints rows of text in columns that line up: the first to the left, the others to the right.
#pragma once

#include "column_stats.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

class text_table {
public:
    void add(std::vector<std::string> row) {
        widths_.resize(std::max(widths_.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths_[i] = std::max(widths_[i], characters(row[i]));
        rows_.push_back(std::move(row));
    }

    std::string text() const {
        std::string result;
        for (const auto& row : rows_) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                const std::string padding(widths_[i] - characters(row[i]), ' ');
                if (i == 0) {
                    result += row[i] + padding;
                } else {
                    result += "  " + padding + row[i];
                }
            }
            result += '\n';
        }
        return result;
    }

private:
    std::vector<std::vector<std::string>> rows_;
    std::vector<std::size_t> widths_;
};
