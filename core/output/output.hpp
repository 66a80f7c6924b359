// SPDX-License-Identifier: Apache-2.0
// What goes to standard output, as text for people or JSON lines for programs. Each call gives whole lines
// to LINES and nothing else; who writes them, and where, is not its business.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "model/catalogue.hpp"
#include "model/decision.hpp"
#include "model/device_state.hpp"
#include "model/event.hpp"
#include "model/event_json.hpp"

namespace dmev {

class Output {
 public:
    using Lines = std::function<void(std::string&&)>; // one or more lines, each with its newline
    virtual ~Output() = default;

    virtual void event(const Event& event) = 0;                     // monitoring and replay
    virtual void decision(const Decision& decision) = 0;            // --dry-run and --explain
    virtual void catalogue(const Catalogue& catalogue) = 0;         // --list-events
    virtual void devices(std::span<const DeviceState> devices) = 0; // --query
};

struct TextStyle {
    bool colour = false;
    int verbosity = 0; // 1: the data of each event below it; 2: also ids, uevent and kernel numbers
};
std::unique_ptr<Output> text_output(Output::Lines lines, TextStyle style);
std::unique_ptr<Output> json_output(Output::Lines lines);

} // namespace dmev
