// SPDX-License-Identifier: Apache-2.0
// The keys, as the manual page has them (scdoc): one section for each struct, one entry for each key.
#include <fmt/format.h>

#include <cctype>
#include <type_traits>

#include "config/print.hpp"
#include "config/scalars.hpp"
#include "config/shown.hpp"

namespace dmev {
namespace {

// What scdoc would take for its own.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '*' || c == '_' || c == '\\' || c == '<' || c == '~') out += '\\';
        out += c;
    }
    return out;
}

// What kind of value stands there.
const char* word(const bool*) { return "BOOLEAN"; }
const char* word(const std::uint32_t*) { return "NUMBER"; }
const char* word(const double*) { return "PERCENT"; }
const char* word(const Millis*) { return "DURATION"; }
const char* word(const Size*) { return "SIZE"; }
const char* word(const Spelled*) { return "TEXT"; }
const char* word(const std::vector<Spelled>*) { return "LIST"; }
const char* word(const RunAs*) { return "USER[:GROUP]"; }
const char* word(const RemindSettings*) { return "WHEN"; }
const char* word(const MaxRunsSettings*) { return "N per DURATION"; }
const char* word(const BackoffSettings*) { return "DURATION..DURATION"; }
const char* word(const std::vector<std::pair<Spelled, Spelled>>*) { return "MAP"; }
const char* word(const MatchSettings*) { return "MAP"; }
const char* word(const std::vector<StepSettings>*) { return "LIST"; }
template <class S>
const char* word(const S*) requires Described<S> {
    return "MAP";
}
template <class S>
const char* word(const std::vector<S>*) requires Described<S> {
    return kNamedBy<S> != nullptr ? "MAP" : "LIST";
}
template <class T>
const char* word(const std::optional<T>*) {
    return word(static_cast<const T*>(nullptr));
}

std::string between(const Range& range, const void*) {
    return range.most > range.least ? fmt::format("{} to {}", range.least, range.most) : "";
}
std::string between(const Range& range, const Millis*) {
    const auto least = Millis{static_cast<Millis::rep>(range.least)};
    const auto most = Millis{static_cast<Millis::rep>(range.most)};
    return range.most > 0 ? fmt::format("{} to {}", format_duration(least), format_duration(most)) : "";
}
std::string between(const Range&, const Size*) { return ""; }
template <class T>
std::string between(const Range& range, const std::optional<T>*) {
    return between(range, static_cast<const T*>(nullptr));
}

template <class S, class T>
void write_key(std::string& out, const Key<S, T>& key) {
    const T* type = nullptr;
    std::string help = key.help;
    if (!std::is_same_v<T, bool>) // whose help begins with the value that it is about
        help.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(help.front())));
    out += fmt::format("*{}*: _{}_\n\t{}.", plain(key.name), word(type), plain(help));
    if (const auto range = between(key.range, type); !range.empty()) out += " From " + range + ".";
    const auto value = shown(S{}.*key.member);
    if (value && value->kind == Node::Kind::scalar && !value->text.empty() && key.range.most != 1)
        out += fmt::format(" The default is {}.", plain(value->text));
    out += "\n\n";
}

template <class S>
void write_section(std::string& out, const char* title) {
    out += fmt::format("## {}\n\n", plain(title));
    std::apply([&](const auto&... key) { (write_key(out, key), ...); }, Schema<S>::keys);
}

} // namespace

std::string settings_manual() {
    std::string out;
    write_section<Settings>(out, "The whole");
    write_section<PollSettings>(out, "poll:");
    write_section<IgnoreSettings>(out, "An item of ignore:");
    write_section<ThresholdSettings>(out, "A member of thresholds:");
    write_section<ActionSettings>(out, "An action");
    write_section<LogSettings>(out, "log:");
    write_section<RuleSettings>(out, "A rule");
    write_section<RetrySettings>(out, "retry:");
    write_section<LimitSettings>(out, "limits:");
    write_section<HistorySettings>(out, "history:");
    out.pop_back();
    return out;
}

} // namespace dmev
