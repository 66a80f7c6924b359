// SPDX-License-Identifier: Apache-2.0
#include "config/print.hpp"

#include "config/shown.hpp"

namespace dmev {

std::string settings_yaml(const Settings& settings) { return yaml_text(*shown(settings)); }

std::string settings_json(const Settings& settings) {
    std::string out;
    JsonWriter json{out};
    write_json(json, *shown(settings));
    return out;
}

} // namespace dmev
