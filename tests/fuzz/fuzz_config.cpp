// SPDX-License-Identifier: Apache-2.0
// A configuration file of any bytes: what is wrong has a place; what is right is printed, and reads back the
// same.
#include "config/load.hpp"
#include "config/print.hpp"
#include "input.hpp"

using namespace dmev;

namespace {

void promise_places(const Diagnostics& diagnostics) {
    for (const auto& error : diagnostics.errors) {
        promise(error.kind == ErrorKind::bad_config && !error.what.empty());
        promise(error.place.file == "fuzz" && error.place.line > 0 && error.place.column > 0);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Settings settings;
    Diagnostics diagnostics;
    read_settings(view(data, size), "fuzz", settings, diagnostics);
    promise_places(diagnostics);
    const auto yaml = settings_yaml(settings);
    const auto json = settings_json(settings);
    if (!diagnostics.ok()) return 0;
    Settings again;
    read_settings(yaml, "again", again, diagnostics);
    promise(diagnostics.ok());
    promise(settings_yaml(again) == yaml);
    promise(settings_json(again) == json);
    return 0;
}
