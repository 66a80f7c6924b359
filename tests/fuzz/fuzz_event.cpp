// SPDX-License-Identifier: Apache-2.0
// An event as JSON: an error, or one that says the same when it is written and read again.
#include "input.hpp"
#include "model/event_json.hpp"

using namespace dmev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto event = parse_event(view(data, size));
    if (!event) {
        promise(!event.error().text().empty());
        return 0;
    }
    const auto line = event_json(*event);
    const auto again = parse_event(line);
    promise(static_cast<bool>(again));
    promise(event_json(*again) == line);
    promise(line.find('\n') == line.npos);
    return 0;
}
