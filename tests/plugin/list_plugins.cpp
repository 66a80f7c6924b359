// SPDX-License-Identifier: Apache-2.0
// Loads the plugins of the directories named, prints each one's types, and fails if any is refused.
#include <cstdio>

#include "plugin/loader.hpp"

int main(int argc, char** argv) {
    dmev::Catalogue catalogue;
    const auto loaded = dmev::load_plugins({{argv + 1, argv + argc}}, catalogue);
    for (const auto& plugin : loaded.plugins)
        for (const auto& type : plugin.family().types) std::puts(type.name.c_str());
    for (const auto& error : loaded.refused) std::fprintf(stderr, "%s\n", error.text().c_str());
    return loaded.refused.empty() ? 0 : 1;
}
