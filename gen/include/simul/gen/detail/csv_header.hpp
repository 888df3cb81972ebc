#pragma once

#include <simul/loop/config.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace simul::detail {

// What a reader has found in the first row of a text, for whoever wants to know it although no
// other row came.
struct csv_header {
    bool known = false;
    std::string source;
    std::vector<std::string> names;

    // Throws the csv::error that it has no such column.
    [[noreturn]] SIMUL_API void no_column(std::string_view name) const;
};

} // namespace simul::detail
