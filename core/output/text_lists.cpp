// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "output/text_parts.hpp"

namespace dmev::text {
namespace {

constexpr std::size_t kPage = 110; // columns

// Column widths are the same for all families, so that the eye can run down the page.
struct Columns {
    std::size_t type = 4, severity = 8, kind = 9, alias = 5;

    explicit Columns(const Catalogue& catalogue) {
        for (const auto& family : catalogue.families()) {
            for (const auto& t : family.types) {
                type = std::max(type, escape(t.name).size());
                alias = std::max(alias, escape(t.alias).size());
            }
        }
    }
    std::string row(std::string_view t, std::string_view s, std::string_view k, std::string_view a) const {
        return "  " + padded(t, type) + "  " + padded(s, severity) + "  " + padded(k, kind) + "  " +
               padded(a, alias) + "  ";
    }
};

// FRONT, then TEXT in what is left of the page, going on below itself.
std::string wrapped(std::string front, const std::string& text) {
    const auto width = std::max<std::size_t>(kPage - std::min(front.size(), kPage), 24);
    const std::string below(front.size(), ' ');
    std::string out, line = std::move(front);
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        const auto size = end - at;
        if (used > 0 && used + 1 + size > width) {
            out += line + "\n";
            line = below;
            used = 0;
        }
        if (used > 0) line += ' ';
        line += text.substr(at, size);
        used += size + (used > 0);
        at = end + 1;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return out + line + "\n";
}

bool is_plugin(const Family& family) { return !family.version.empty() || !family.file.empty(); }

std::string heading(const Family& family) {
    std::string out = escape(family.name);
    if (!is_plugin(family))
        return out + (family.name == "device" ? "  (of any device)\n" : "  (of the program itself)\n");
    if (!family.version.empty()) out += " " + escape(family.version);
    std::string targets;
    for (const auto& claim : family.claims) targets += (targets.empty() ? "" : ", ") + escape(claim.target);
    return out + "  (targets: " + targets + ")\n";
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + escape(word);
    return out.empty() ? "no table" : out;
}

// A hook below its family's types, and its parameters below it.
std::string hook_lines(const HookType& hook, std::size_t column) {
    auto front = "    hook " + escape(hook.name) + "  ";
    std::string out = wrapped(padded(front, std::max(column, front.size())), escape(hook.help));
    std::size_t width = 0;
    for (const auto& param : hook.params) width = std::max(width, escape(param.name).size());
    for (const auto& param : hook.params)
        out += wrapped("         " + padded(escape(param.name), width) + "  " +
                           padded(param_kind_name(param.kind), 8) + "  ",
                       (param.required ? "(required) " : "") + escape(param.help));
    return out;
}

std::string condition_lines(const HoldingCondition& condition, const TextStyle& style) {
    std::string out = "    " + severity(condition.severity, style) + "  " +
                      padded(escape(condition.type), 24) + "  " + escape(condition.message) + "\n";
    if (style.verbosity >= 1) {
        if (const auto data = fields(condition.data); !data.empty()) out += "        " + data + "\n";
    }
    return out;
}

} // namespace

std::string catalogue(const Catalogue& catalogue) {
    const Columns columns{catalogue};
    std::string out = columns.row("TYPE", "SEVERITY", "KIND", "ALIAS") + "SUMMARY\n";
    for (const auto& family : catalogue.families()) {
        out += "\n" + heading(family);
        for (const auto& type : family.types)
            out += wrapped(
                columns.row(escape(type.name), severity_name(type.severity),
                            type.kind == Kind::condition ? "condition" : "happening", escape(type.alias)),
                escape(type.summary));
        for (const auto& hook : family.hooks) out += hook_lines(hook, columns.row("", "", "", "").size());
    }
    const auto& families = catalogue.families();
    if (std::none_of(families.begin(), families.end(), is_plugin)) out += "\nno plugin is loaded\n";
    return out;
}

std::string devices(std::span<const DeviceState> devices, const TextStyle& style) {
    if (devices.empty()) return "no device-mapper devices to show\n";
    std::string out;
    for (const auto& device : devices) {
        out += escape(device.id.name) + " (" + device.id.number.text() + ")  " + joined(device.targets) +
               "  " + std::to_string(device.event_nr) + (device.event_nr == 1 ? " event" : " events");
        if (device.suspended) out += "  suspended";
        if (device.read_only) out += "  read-only";
        out += "\n";
        if (style.verbosity >= 2 && !device.id.uuid.empty())
            out += "    uuid " + escape(device.id.uuid) + "\n";
        if (device.holding.empty()) out += "    nothing pending\n";
        for (const auto& condition : device.holding) out += condition_lines(condition, style);
    }
    return out;
}

} // namespace dmev::text
