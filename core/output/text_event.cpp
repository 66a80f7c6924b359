// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "output/text_parts.hpp"

namespace dmev::text {
namespace {

constexpr const char* kIndent = "    ";

const char* colour(Severity severity) {
    switch (severity) {
        case Severity::info: return "";
        case Severity::notice: return "\x1b[36m";
        case Severity::warning: return "\x1b[33m";
        case Severity::error: return "\x1b[31m";
        case Severity::critical: return "\x1b[1;31m";
    }
    return "";
}

// A word as it is, anything else quoted, so that `a=b c=d` has one reading.
std::string word(std::string_view text) {
    auto shown = escape(text);
    if (!shown.empty() && shown.find_first_of(" \"=,") == std::string::npos) return shown;
    std::string out = "\"";
    for (const char c : shown) {
        if (c == '"') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string shown(const Value& value) {
    const auto* list = std::get_if<Value::List>(&value.v);
    if (!list) return word(value.text());
    std::string out = "[";
    for (const auto& item : *list) out += (out.size() == 1 ? "" : ",") + shown(item);
    return out + "]";
}

void add(std::string& out, const char* name, const std::string& value) {
    if (!out.empty()) out += ' ';
    out += name + ("=" + value);
}

// What is true of this sight of it, not of the thing itself.
std::string marks(const Event& event) {
    std::string out;
    const auto mark = [&out](bool is, const char* text) {
        if (is) out += (out.empty() ? "  (" : ", ") + std::string{text};
    };
    mark(event.initial, "already so");
    mark(event.repeat, "again");
    mark(event.inferred, "inferred from the status");
    return out.empty() ? out : out + ")";
}

std::string where_from(const Event& event) {
    std::string out;
    add(out, "id", word(event.id));
    add(out, "state", state_name(event.state));
    add(out, "source", word(event.source));
    if (event.device) {
        add(out, "device", word(event.device->name));
        add(out, "number", event.device->number.text());
        if (!event.device->uuid.empty()) add(out, "uuid", word(event.device->uuid));
    }
    if (event.target)
        add(out, "target", word(event.target->type) + "[" + std::to_string(event.target->index) + "]");
    if (!event.part.empty()) add(out, "part", word(event.part));
    return out;
}

std::string kernel_numbers(const Event& event) {
    std::string out;
    if (event.kernel) {
        add(out, "event_nr", std::to_string(event.kernel->event_nr));
        add(out, "steps", std::to_string(event.kernel->steps));
    }
    if (event.uevent) {
        add(out, "uevent", word(event.uevent->action));
        if (event.uevent->seqnum) add(out, "seqnum", std::to_string(*event.uevent->seqnum));
        if (!event.uevent->dm_action.empty()) add(out, "dm_action", word(event.uevent->dm_action));
        if (event.uevent->dm_seqnum) add(out, "dm_seqnum", std::to_string(*event.uevent->dm_seqnum));
    }
    return out;
}

void add_line(std::string& out, const std::string& line) {
    if (!line.empty()) out += kIndent + line + "\n";
}

} // namespace

std::string padded(std::string_view text, std::size_t width) {
    return std::string{text} + std::string(width - std::min(width, text.size()), ' ');
}

std::string severity(Severity severity, const TextStyle& style) {
    const std::string name = severity_name(severity);
    const std::string start = style.colour ? colour(severity) : "";
    return start + name + (start.empty() ? "" : "\x1b[0m") +
           std::string(8 - std::min<std::size_t>(8, name.size()), ' ');
}

std::string fields(const Fields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) add(out, escape(name).c_str(), shown(value));
    return out;
}

std::string event(const Event& event, const TextStyle& style) {
    // Wide enough for nearly every type; a longer one moves only its own line.
    std::string out = format_local(event.time) + "  " + severity(event.severity, style) + "  " +
                      padded(escape(event.type), 26) + "  ";
    out += escape(event.message) + marks(event) + "\n";
    if (style.verbosity >= 1) add_line(out, fields(event.data));
    if (style.verbosity >= 2) {
        add_line(out, where_from(event));
        add_line(out, kernel_numbers(event));
    }
    return out;
}

} // namespace dmev::text
