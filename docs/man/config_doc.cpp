// SPDX-License-Identifier: Apache-2.0
// What the build and its tests take from the tables of the settings: `config_doc schema`, `config_doc
// manual`, and `config_doc json FILE`, which is the effective configuration of that file alone.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string_view>

#include "config/load.hpp"
#include "config/print.hpp"

namespace {

int print_json(const char* file) {
    std::ifstream stream{file};
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    dmev::Settings settings;
    dmev::Diagnostics diagnostics;
    dmev::read_settings(text, file, settings, diagnostics);
    for (const auto& error : diagnostics.errors) std::cerr << error.text() << '\n';
    for (const auto& warning : diagnostics.warnings) std::cerr << "warning: " << warning.text() << '\n';
    std::cout << dmev::settings_json(settings) << '\n';
    return diagnostics.ok() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "json" && argc == 3) return print_json(argv[2]);
    if (what == "schema")
        std::cout << dmev::settings_schema();
    else if (what == "manual")
        std::cout << dmev::settings_manual();
    else
        return 2;
    return std::cout.flush() ? 0 : 1;
}
