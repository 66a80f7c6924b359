// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "output/text_parts.hpp"

namespace dmev::text {
namespace {

// As a person would type it, so that it can be tried by hand.
std::string command(const std::vector<std::string>& argv) {
    constexpr auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
    std::string out;
    for (const auto& argument : argv) {
        if (!out.empty()) out += ' ';
        const auto shown = escape(argument);
        if (!shown.empty() && shown.find_first_not_of(plain) == std::string::npos) {
            out += shown;
            continue;
        }
        out += '\'';
        for (const char c : shown) out += c == '\'' ? "'\\''" : std::string(1, c);
        out += '\'';
    }
    return out;
}

std::string step(const Decision::Step& step) {
    std::string out = escape(step.action) + ": ";
    if (!step.refused.empty()) return out + "would not run: " + escape(step.refused);
    if (step.argv.empty()) return out + "would log: " + escape(step.line);
    out += "would run " + command(step.argv);
    for (const auto& [who, instead] : step.managers)
        out += instead.empty() ? "; not if " + who + " manages the device"
                               : "; or, if " + who + " manages the device, " + command(instead);
    return out;
}

} // namespace

std::string decision(const Decision& decision, bool below_its_event) {
    std::string out = below_its_event ? "    " : format_local(decision.time) + "  ";
    out += "rule '" + escape(decision.rule) + "'";
    switch (decision.what) {
        case Decision::What::fires: out += " fires"; break;
        case Decision::What::waits: out += " waits"; break;
        case Decision::What::no: out += " does not fire"; break;
    }
    if (!decision.device.empty()) out += " for " + escape(decision.device);
    out += ": " + escape(decision.why);
    if (decision.until) out += ", until " + format_local(*decision.until);
    out += "\n";
    for (const auto& s : decision.steps) out += "        " + step(s) + "\n";
    return out;
}

} // namespace dmev::text
