#pragma once

/// \file
/// How a CSV file is written: the dialect, and the bounds its reader keeps.

#include <simul/loop/config.hpp>

#include <cstddef>

namespace simul::csv {

/// The dialect of a CSV file and the bounds of reading it. A plain aggregate: name what differs.
///
///     auto rows = simul::csv::parse(text, {.delimiter = ';', .header = true});
///
/// A character of 0 means that there is none.
struct options {
    /// Stands between two fields. With 0 every row is one field.
    char delimiter = ',';
    /// Encloses a field that may then hold delimiters and newlines. It opens only at the very
    /// beginning of a field; anywhere else in an unquoted field it is an ordinary character.
    char quote = '"';
    /// Takes the meaning from the character that follows it, inside quotes and outside. With 0, a
    /// doubled quote inside quotes stands for one quote; with an escape character it does not.
    char escape = 0;
    /// Rows that begin with it are skipped up to the end of their line.
    char comment = 0;
    /// The first row names the columns and is not handed out. Of two equal names the first counts.
    bool header = false;
    /// Leave out the spaces and tabs around unquoted fields. A field that has blanks before its
    /// quote is an unquoted one. Reading is slower then: each field is looked at twice.
    bool trim = false;
    /// A line without a single character is no row; otherwise it is a row of no fields.
    bool skip_blank = true;
    /// Text after a closing quote, a quote left open at the end of the text and an escape character
    /// with nothing after it are errors. Otherwise they are read as Python's csv module reads them.
    bool strict = true;
    /// The longest row in bytes, its line end not counted; a longer one is an error. It may
    /// be just under 2 GiB; more is taken for that.
    std::size_t max_row = 16U << 20;
    /// How many bytes a reader of files asks for at a time. Any value from 1 gives the same rows.
    /// Up to 1 MiB, what is in the page cache is copied by the thread of the loop; larger chunks
    /// are always read by threads of the pool, ahead of the consumer.
    std::size_t chunk_size = 1U << 20;
};

/// Throws `std::invalid_argument` where the options contradict each other: one character in two
/// roles, a newline in any, or a bound of 0. Every reader calls it before it reads.
SIMUL_API void validate(const options& o);

} // namespace simul::csv
