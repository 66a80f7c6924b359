// SPDX-License-Identifier: Apache-2.0
#include "plugin/descriptor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <set>

namespace dmev {
namespace {

bool is_word(std::string_view text, bool leading_letter) {
    if (text.empty() || text.size() > 63) return false;
    if (leading_letter && (text[0] < 'a' || text[0] > 'z')) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// Wider than a type's name: what a kernel or an older daemon calls the event may be kept (PATH_FAILED).
bool is_alias(std::string_view text) {
    return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '.';
    });
}

std::string text(const char* s) { return s ? s : ""; }

// "activation/raid_fault_policy=warn"
bool is_setting(std::string_view text) {
    const auto slash = text.find('/'), equals = text.find('=');
    return slash != text.npos && equals != text.npos && slash > 0 && slash + 1 < equals &&
           equals + 1 < text.size();
}

// What a rule's step may say beside any hook's own parameters.
constexpr const char* kStepKeys[] = {"even_if_managed", "timeout"};

std::optional<ParamKind> param_kind(std::uint32_t kind) {
    switch (kind) {
        case DMEVENT_INT: return ParamKind::integer;
        case DMEVENT_UINT: return ParamKind::unsigned_integer;
        case DMEVENT_REAL: return ParamKind::real;
        case DMEVENT_BOOL: return ParamKind::boolean;
        case DMEVENT_TEXT: return ParamKind::text;
        case DMEVENT_LIST: return ParamKind::list;
        default: return std::nullopt;
    }
}

template <class Named>
bool has_name(const std::vector<Named>& list, std::string_view name) {
    return std::any_of(list.begin(), list.end(), [&](const auto& item) { return item.name == name; });
}

// One table of the descriptor, by its stride: entries a newer plugin made longer are read as far as we know
// them, those an older one made shorter are filled up with zero.
template <class Entry>
class Table {
 public:
    // LEAST: the entry's size in ABI 1's first form; members added since do not count.
    Table(const Entry* first, size_t count, std::uint32_t stride, size_t least = sizeof(Entry))
        : first_(first), count_(count), stride_(stride), least_(least) {}
    bool readable() const {
        return count_ == 0 || (first_ && stride_ >= least_ && stride_ % alignof(Entry) == 0);
    }
    size_t size() const { return count_; }
    Entry operator[](size_t i) const {
        Entry entry{};
        std::memcpy(&entry, reinterpret_cast<const char*>(first_) + i * stride_,
                    std::min<size_t>(stride_, sizeof entry));
        return entry;
    }

 private:
    const Entry* first_;
    size_t count_;
    std::uint32_t stride_;
    size_t least_;
};

class Reader {
 public:
    Reader(const dmevent_plugin& d, const std::string& file) : d_(d), file_(file) {}

    Result<Family> read() {
        if (auto bad = head(); !bad.empty()) return refuse(std::move(bad));
        for (auto step : {&Reader::claims, &Reader::types, &Reader::ends, &Reader::gauges, &Reader::hooks})
            if (auto bad = (this->*step)(); !bad.empty()) return refuse(std::move(bad));
        return std::move(family_);
    }

    Error refuse(std::string why) const {
        return Error{ErrorKind::failed, "plugin refused", file_, std::move(why), remedy_};
    }

 private:
    std::string head() {
        if (d_.abi != DMEVENT_ABI) {
            remedy_ =
                d_.abi > DMEVENT_ABI ? "update dmevent_tool, or rebuild the plugin" : "rebuild the plugin";
            return fmt::format("it was built for plugin ABI {}, this program speaks ABI {}", d_.abi,
                               DMEVENT_ABI);
        }
        if (d_.size < sizeof(dmevent_plugin)) {
            remedy_ = "rebuild the plugin against this program's <dmevent/plugin.h>";
            return fmt::format("its descriptor has {} bytes, at least {} are needed", d_.size,
                               sizeof(dmevent_plugin));
        }
        remedy_ = "this is for the plugin's author to mend";
        if (!d_.name || !is_word(d_.name, true)) return "its name is not [a-z][a-z0-9_]*";
        family_.name = d_.name;
        for (const char* own : {"device", "action", "monitor"})
            if (family_.name == own) return fmt::format("its name '{}' is reserved", own);
        family_.version = text(d_.version);
        family_.file = file_;
        if (!d_.look) return "it has no look function";
        return {};
    }

    std::string claims() {
        const Table table{d_.claims, d_.n_claims, d_.claim_size};
        if (table.size() == 0) return "it claims no target";
        if (table.size() > 64 || !table.readable()) return "its table of claims cannot be read";
        for (size_t i = 0; i < table.size(); ++i) {
            const auto claim = table[i];
            const auto target = text(claim.target);
            if (target.empty() || target.size() > 15) return fmt::format("claim {} is no target type", i);
            for (const auto& other : family_.claims)
                if (other.target == target) return fmt::format("it claims target type '{}' twice", target);
            const bool served = claim.flags & DMEVENT_SERVED_BY;
            family_.claims.push_back({.target = target,
                                      .table = served || (claim.flags & DMEVENT_TABLE),
                                      .served_by = served,
                                      .table_moves = (claim.flags & DMEVENT_TABLE_MOVES) != 0,
                                      .settles = (claim.flags & DMEVENT_SETTLES) != 0});
        }
        return {};
    }

    std::string types() {
        const Table table{d_.types, d_.n_types, d_.type_size};
        if (table.size() > 256 || !table.readable()) return "its table of event types cannot be read";
        std::set<std::string> seen;
        for (size_t i = 0; i < table.size(); ++i) {
            const auto t = table[i];
            const auto name = text(t.name);
            const auto prefix = family_.name + ".";
            if (!name.starts_with(prefix) || !is_word(std::string_view{name}.substr(prefix.size()), false))
                return fmt::format("event type {} is named '{}', not '{}' and [a-z0-9_]+", i, name, prefix);
            if (!seen.insert(name).second) return fmt::format("event type '{}' stands twice", name);
            if (t.alias && !is_alias(t.alias))
                return fmt::format("alias '{}' is not [A-Za-z0-9_.]+", t.alias);
            if (t.alias && !seen.insert(t.alias).second)
                return fmt::format("alias '{}' stands twice", t.alias);
            if (t.severity < DMEVENT_INFO || t.severity > DMEVENT_CRITICAL)
                return fmt::format("event type '{}' has severity {}", name, t.severity);
            if (t.kind != DMEVENT_CONDITION && t.kind != DMEVENT_HAPPENING)
                return fmt::format("event type '{}' has kind {}", name, t.kind);
            if (!t.message || !*t.message) return fmt::format("event type '{}' has no message", name);
            EventType type;
            type.name = name;
            type.alias = text(t.alias);
            type.severity = static_cast<Severity>(t.severity);
            type.kind = t.kind == DMEVENT_CONDITION ? Kind::condition : Kind::happening;
            type.by_uevent = t.flags & DMEVENT_BY_UEVENT;
            type.each = t.flags & DMEVENT_EACH;
            type.lists_served = t.flags & DMEVENT_LISTS_SERVED;
            type.ends_as = text(t.ends_as);
            type.message = t.message;
            type.summary = text(t.summary);
            type.help = text(t.help);
            family_.types.push_back(std::move(type));
        }
        return {};
    }

    std::string ends() {
        for (const auto& type : family_.types) {
            if (type.ends_as.empty()) continue;
            const auto it = std::find_if(family_.types.begin(), family_.types.end(),
                                         [&](const auto& t) { return t.name == type.ends_as; });
            if (it == family_.types.end() || it->kind != Kind::happening || type.kind != Kind::condition)
                return fmt::format("event type '{}' ends as '{}', which is no happening of this plugin",
                                   type.name, type.ends_as);
        }
        return {};
    }

    std::string gauges() {
        const Table table{d_.gauges, d_.n_gauges, d_.gauge_size};
        if (table.size() > 64 || !table.readable()) return "its table of gauges cannot be read";
        for (size_t i = 0; i < table.size(); ++i) {
            const auto g = table[i];
            GaugeType gauge{text(g.name), text(g.raises), text(g.unit), g.at, g.step, g.clear};
            if (!is_word(gauge.name, true)) return fmt::format("gauge {} is named '{}'", i, gauge.name);
            const bool known = std::any_of(family_.types.begin(), family_.types.end(), [&](const auto& t) {
                return t.name == gauge.raises && t.kind == Kind::condition && t.ends_as.empty();
            });
            if (!gauge.raises.empty() && !known)
                return fmt::format("gauge '{}' raises '{}', which is no condition of this plugin", gauge.name,
                                   gauge.raises);
            if (!(gauge.at >= 0 && gauge.at <= 100 && gauge.step >= 0 && gauge.clear >= 0 &&
                  gauge.clear <= gauge.at))
                return fmt::format("gauge '{}' has limits outside of 0 to 100 %", gauge.name);
            family_.gauges.push_back(std::move(gauge));
        }
        return {};
    }

    std::string hooks() {
        const Table table{d_.hooks, d_.n_hooks, d_.hook_size, offsetof(dmevent_hook, noop_if)};
        if (table.size() > 64 || !table.readable()) return "its table of hooks cannot be read";
        if (table.size() > 0 && !d_.plan) return "it has hooks but no plan function";
        const auto prefix = family_.name + ".";
        for (size_t i = 0; i < table.size(); ++i) {
            const auto h = table[i];
            HookType hook{text(h.name), text(h.help), {}, text(h.noop_if), text(h.noop_unless)};
            if (!hook.name.starts_with(prefix) ||
                !is_word(std::string_view{hook.name}.substr(prefix.size()), false))
                return fmt::format("hook {} is named '{}', not '{}' and [a-z0-9_]+", i, hook.name, prefix);
            if (has_name(family_.hooks, hook.name)) return fmt::format("hook '{}' stands twice", hook.name);
            if (auto bad = params(h, hook); !bad.empty()) return bad;
            if (!hook.noop_if.empty() && !is_setting(hook.noop_if))
                return fmt::format("hook '{}' does nothing if '{}', which is not SECTION/KEY=VALUE",
                                   hook.name, hook.noop_if);
            if (!hook.noop_unless.empty() && !has_name(hook.params, hook.noop_unless))
                return fmt::format("hook '{}' does nothing unless '{}', which is no parameter of it",
                                   hook.name, hook.noop_unless);
            family_.hooks.push_back(std::move(hook));
        }
        return {};
    }

    std::string params(const dmevent_hook& h, HookType& hook) {
        const Table table{h.params, h.n_params, d_.param_size};
        if (table.size() > 64 || !table.readable())
            return fmt::format("the table of parameters of hook '{}' cannot be read", hook.name);
        for (size_t i = 0; i < table.size(); ++i) {
            const auto p = table[i];
            const auto name = text(p.name);
            if (!is_word(name, true))
                return fmt::format("parameter {} of hook '{}' is named '{}'", i, hook.name, name);
            for (const char* own : kStepKeys)
                if (name == own)
                    return fmt::format("parameter '{}' of hook '{}' is reserved", name, hook.name);
            if (has_name(hook.params, name))
                return fmt::format("parameter '{}' of hook '{}' stands twice", name, hook.name);
            const auto kind = param_kind(p.kind);
            if (!kind) return fmt::format("parameter '{}' of hook '{}' has kind {}", name, hook.name, p.kind);
            hook.params.push_back({name, *kind, p.required != 0, text(p.help)});
        }
        return {};
    }

    const dmevent_plugin& d_;
    const std::string& file_;
    Family family_;
    std::string remedy_;
};

} // namespace

Result<Family> read_descriptor(const dmevent_plugin& descriptor, const std::string& file) {
    return Reader{descriptor, file}.read();
}

} // namespace dmev
