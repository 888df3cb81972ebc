// Reads many small files, 64 at a time, each as a whole. The baseline is baseline/uv_small_files.c.
#include <simul/simul.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace {

struct file_list {
    std::string directory;
    int count = 0;
    int next = 0;
    std::uint64_t bytes = 0;
};

// One of those that work at the same time: takes the next file when it is done with one.
simul::task<> reader(file_list& files) {
    while (files.next < files.count) {
        char name[16];
        std::snprintf(name, sizeof name, "/%05d", files.next++);
        const std::string text = co_await simul::fs::read_file(files.directory + name);
        files.bytes += text.size();
    }
}

simul::task<> read_all(file_list& files) {
    std::vector<simul::task<>> readers;
    for (int i = 0; i < 64; ++i) readers.push_back(reader(files));
    co_await simul::gather(std::move(readers));
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s DIRECTORY FILES\n", argv[0]);
        return 2;
    }
    try {
        file_list files{.directory = argv[1], .count = std::atoi(argv[2])};
        simul::run(read_all(files));
        std::printf("files=%d bytes=%llu\n", files.count,
                    static_cast<unsigned long long>(files.bytes));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 2;
    }
}
