// SPDX-License-Identifier: Apache-2.0
// Arguments, each ended by a NUL: lvm would take the line for exactly the same ones, or there is no line.
#include "input.hpp"
#include "process/lvm_script.hpp"
#include "process/lvm_split.hpp"

using namespace dmev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto bytes = view(data, size);
    std::vector<std::string> argv{"/usr/sbin/lvm", "lvextend"};
    while (!bytes.empty()) {
        const auto end = std::min(bytes.find('\0'), bytes.size());
        argv.emplace_back(bytes.substr(0, end));
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    const auto line = lvm_line(argv);
    if (!line) return 0;
    argv.erase(argv.begin());
    promise(line->size() < 255 && line->find('\n') == line->size() - 1 && split_as_lvm(*line) == argv);
    return 0;
}
