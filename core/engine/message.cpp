// SPDX-License-Identifier: Apache-2.0
#include "engine/message.hpp"

namespace dmev {

std::string format_message(std::string_view pattern, std::string_view device, std::string_view key,
                           const Fields& fields) {
    std::string out;
    out.reserve(pattern.size() + device.size() + 32);
    while (!pattern.empty()) {
        const auto open = pattern.find('{');
        out += pattern.substr(0, open);
        if (open == std::string_view::npos) break;
        const auto close = pattern.find('}', open);
        if (close == std::string_view::npos) {
            out += pattern.substr(open);
            break;
        }
        const auto name = pattern.substr(open + 1, close - open - 1);
        if (name == "device")
            out += device;
        else if (name == "key")
            out += key;
        else if (const auto* value = find_field(fields, name))
            out += value->text();
        else
            out += '?';
        pattern.remove_prefix(close + 1);
    }
    return out;
}

} // namespace dmev
