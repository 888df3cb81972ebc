// Standard output for programs that others read from: what cannot be written is an error, not lost.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string_view>
#include <system_error>

class standard_output {
public:
    // A reader that went away is reported like a full disk, in place of ending the program without
    // a word.
    standard_output() { std::signal(SIGPIPE, SIG_IGN); }

    void write(std::string_view text) {
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail();
    }

    // To be called at the end: much of what was written may still wait in stdio's buffer.
    void flush() {
        if (std::fflush(stdout) != 0) fail();
    }

private:
    [[noreturn]] static void fail() {
        throw std::system_error(errno, std::generic_category(), "write to standard output");
    }
};
