#pragma once

/// Files: opening, reading, writing and closing without ever blocking the loop.
/// Its names are in the namespace `simul::fs`.

#include <simul/coro/fs/buffer.hpp>
#include <simul/coro/fs/file.hpp>
#include <simul/coro/fs/file_status.hpp>
#include <simul/coro/fs/mode.hpp>
#include <simul/coro/fs/open.hpp>
#include <simul/coro/fs/read_file.hpp>
#include <simul/coro/fs/replace_file.hpp>
#include <simul/coro/fs/write_file.hpp>
