// SPDX-License-Identifier: Apache-2.0
#include "action/placeholders.hpp"

#include <array>
#include <optional>

#include "base/text.hpp"

namespace dmev {
namespace {

// Linux refuses an argument of 128 KiB (MAX_ARG_STRLEN), its end included.
constexpr std::size_t longest_argument = 128 * 1024 - 1;

struct Subject {
    const Firing& firing;
    std::string_view action;
    const Event& event() const { return firing.event; }
};

template <class F>
std::string of_device(const Subject& s, F&& f) {
    return s.event().device ? f(*s.event().device) : std::string{};
}

// Every name but data.NAME. Environment and placeholders are one list, so that neither lacks what the other
// has.
struct Name {
    const char* placeholder;
    const char* variable;
    std::string (*value)(const Subject&);
};
constexpr std::array names{
    Name{"id", "DMEVENT_ID", [](const Subject& s) { return s.event().id; }},
    Name{"time", "DMEVENT_TIME", [](const Subject& s) { return format_utc(s.event().time); }},
    Name{"type", "DMEVENT_TYPE", [](const Subject& s) { return s.event().type; }},
    Name{"family", "DMEVENT_FAMILY",
         [](const Subject& s) { return s.event().type.substr(0, s.event().type.find('.')); }},
    Name{"severity", "DMEVENT_SEVERITY",
         [](const Subject& s) { return std::string{severity_name(s.event().severity)}; }},
    Name{"state", "DMEVENT_STATE", [](const Subject& s) { return std::string{state_name(s.event().state)}; }},
    Name{"message", "DMEVENT_MESSAGE", [](const Subject& s) { return s.event().message; }},
    Name{"device", "DMEVENT_DEVICE",
         [](const Subject& s) { return of_device(s, [](const DeviceId& d) { return d.name; }); }},
    Name{"uuid", "DMEVENT_UUID",
         [](const Subject& s) { return of_device(s, [](const DeviceId& d) { return d.uuid; }); }},
    Name{"path", "DMEVENT_PATH",
         [](const Subject& s) {
             return of_device(s,
                              [](const DeviceId& d) { return "/dev/dm-" + std::to_string(d.number.minor); });
         }},
    Name{"major", "DMEVENT_MAJOR",
         [](const Subject& s) {
             return of_device(s, [](const DeviceId& d) { return std::to_string(d.number.major); });
         }},
    Name{"minor", "DMEVENT_MINOR",
         [](const Subject& s) {
             return of_device(s, [](const DeviceId& d) { return std::to_string(d.number.minor); });
         }},
    Name{"vg", "DMEVENT_VG",
         [](const Subject& s) { return of_device(s, [](const DeviceId& d) { return split_lvm(d).vg; }); }},
    Name{"lv", "DMEVENT_LV",
         [](const Subject& s) { return of_device(s, [](const DeviceId& d) { return split_lvm(d).lv; }); }},
    Name{"target", "DMEVENT_TARGET",
         [](const Subject& s) { return s.event().target ? s.event().target->type : std::string{}; }},
    Name{"part", "DMEVENT_PART", [](const Subject& s) { return s.event().part; }},
    Name{"rule", "DMEVENT_RULE", [](const Subject& s) { return s.firing.rule->settings.name.text; }},
    Name{"action", "DMEVENT_ACTION", [](const Subject& s) { return std::string{s.action}; }},
    Name{"attempt", "DMEVENT_ATTEMPT", [](const Subject& s) { return std::to_string(s.firing.attempt); }},
    Name{"coalesced", "DMEVENT_COALESCED",
         [](const Subject& s) { return std::to_string(s.firing.coalesced); }},
    Name{"reminder", "DMEVENT_REMINDER", [](const Subject& s) { return std::to_string(s.firing.reminder); }},
};

constexpr std::string_view data_prefix = "data.";

std::optional<std::string> value_of(std::string_view name, const Subject& subject) {
    if (name.starts_with(data_prefix)) {
        const Value* value = find_field(subject.event().data, name.substr(data_prefix.size()));
        return value ? value->text() : std::string{};
    }
    for (const auto& known : names)
        if (name == known.placeholder) return known.value(subject);
    return std::nullopt;
}

Error cannot(std::string_view name, std::string why) {
    return {ErrorKind::failed, "cannot pass on", "{" + std::string{name} + "}", std::move(why), {}};
}

std::string variable_name(std::string_view field) {
    std::string out = "DMEVENT_DATA_";
    for (const char c : field) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

} // namespace

Result<std::string> expand(std::string_view text, const Firing& firing, std::string_view action,
                           const std::function<std::string(std::string_view)>& escape_value) {
    std::string out;
    while (!text.empty()) {
        const auto brace = text.find_first_of("{}");
        out.append(text.substr(0, brace));
        if (brace == text.npos) break;
        text.remove_prefix(brace);
        if (text.front() == '}' || text.starts_with("{{")) { // a single } is itself
            out += text.front();
            text.remove_prefix(text.starts_with("}}") || text.front() == '{' ? 2 : 1);
            continue;
        }
        const auto close = text.find('}');
        if (close == text.npos) return cannot(text.substr(1), "the brace is not closed");
        const auto name = text.substr(1, close - 1);
        text.remove_prefix(close + 1);
        auto value = value_of(name, {firing, action});
        if (!value) return cannot(name, "there is no such placeholder");
        if (value->find('\0') != value->npos) return cannot(name, "it holds a NUL byte");
        out += escape_value ? escape_value(*value) : *value;
        if (out.size() > longest_argument) return cannot(name, "it is too long for one argument");
    }
    return out;
}

void set_variable(Environment& env, std::string_view name, std::string value) {
    for (auto& [known, old] : env)
        if (known == name) {
            old = std::move(value);
            return;
        }
    env.emplace_back(std::string{name}, std::move(value));
}

Environment lasting_environment() {
    return {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}, {"LANG", "C.UTF-8"}, {"HOME", "/"}};
}

Environment environment(const Firing& firing, std::string_view action) {
    constexpr std::size_t longest_value = 16 * 1024; // all of it shares a limit with the arguments
    auto env = lasting_environment();
    std::string omitted;
    const auto add = [&](std::string name, std::string value) {
        if (value.size() > longest_value || value.find('\0') != value.npos)
            omitted += (omitted.empty() ? "" : " ") + name;
        else
            env.emplace_back(std::move(name), std::move(value));
    };
    const Subject subject{firing, action};
    const auto truth = [](bool b) { return std::string{b ? "true" : "false"}; };
    for (const auto& known : names) add(known.variable, known.value(subject));
    add("DMEVENT_INITIAL", truth(firing.event.initial));
    add("DMEVENT_REPEAT", truth(firing.event.repeat));
    add("DMEVENT_BECAUSE", firing.because);
    for (const auto& [name, value] : firing.event.data) add(variable_name(name), value.text());
    if (!omitted.empty()) env.emplace_back("DMEVENT_OMITTED", std::move(omitted));
    return env;
}

} // namespace dmev
