// load_plugin FILE: a program that is not linked with simul loads a shared object that is. Such an
// object finds little room for the thread_locals of its libraries.
#include <cstdio>

#include <dlfcn.h>

int main(int, char** argv) {
    void* const plugin = ::dlopen(argv[1], RTLD_NOW);
    if (plugin == nullptr) {
        std::fprintf(stderr, "%s\n", ::dlerror());
        return 1;
    }
    const auto run = reinterpret_cast<int (*)()>(::dlsym(plugin, "plugin_main"));
    const int found = run != nullptr ? run() : 0;
    if (found != 21) std::fprintf(stderr, "plugin_main() gave %d instead of 21\n", found);
    return found == 21 ? 0 : 1;
}
