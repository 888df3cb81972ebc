#pragma once

#include <simul/gen/csv/options.hpp>
#include <simul/loop/config.hpp>

#include <cstddef>
#include <string_view>

namespace simul::detail {

// Where, in a text that begins anywhere, the next row begins, most probably: no one can know before
// all text in front of it has been read, as a newline may be a part of a quoted field. A row that
// begins with the text itself is not found, but the one after it.
SIMUL_API std::size_t csv_guess_row(std::string_view text, const csv::options& how);

} // namespace simul::detail
