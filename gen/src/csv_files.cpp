#include <simul/gen/csv/rows_of_files.hpp>

#include "ready_elements.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace simul::detail {
namespace {

std::string difference(std::span<const std::string> header, std::span<const std::string> first) {
    const auto at = std::ranges::mismatch(header, first);
    const std::string column = "column " + std::to_string(at.in1 - header.begin() + 1) + " is ";
    if (at.in1 == header.end()) return column + "missing";
    if (at.in2 == first.end()) return column + "one too many: \"" + *at.in1 + "\"";
    return column + "\"" + *at.in1 + "\" and not \"" + *at.in2 + "\"";
}

// The header of the first file that has one, which the others must share.
void check_header(csv_header& first, std::string_view source, std::span<const std::string> header) {
    if (!first.known) {
        first = {true, std::string(source), {header.begin(), header.end()}};
    } else if (!std::ranges::equal(header, first.names)) {
        throw csv::error(source, {},
                         "the header differs from that of " + first.source + ": " +
                             difference(header, first.names));
    }
}

} // namespace

task<path_list> list_of(path_list paths) { co_return paths; }

async_generator<csv::row> read_files(task<path_list> find, csv::options how,
                                     std::shared_ptr<csv_header> header) {
    co_await only_destructors();
    const path_list paths = co_await std::move(find);
    if (!header) header = std::make_shared<csv_header>();
    const auto own = std::make_shared<csv_header>(); // of the file that is read
    for (const std::filesystem::path& path : paths) {
        *own = {};
        async_generator<csv::row> rows = read_csv(path, how, own);
        bool checked = !how.header;
        for (;;) {
            csv::row* const first = co_await rows.next();
            if (first == nullptr) break;
            if (!checked) check_header(*header, first->source(), first->names());
            checked = true;
            co_yield batch(with_the_ready(*first, rows));
        }
        if (!checked && own->known) check_header(*header, own->source, own->names);
    }
}

} // namespace simul::detail
