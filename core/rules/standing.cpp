// SPDX-License-Identifier: Apache-2.0
// A condition is told once. A rule that was not there then, or was another, is offered what holds now.
#include <utility>

#include "rules/decider_impl.hpp"
#include "rules/memory.hpp"

namespace dmev {
namespace {

constexpr const char* kind = "rule";

} // namespace

std::vector<std::size_t> Decider::Impl::acquaint() {
    std::vector<std::size_t> fresh;
    auto before = std::exchange(met, {});
    for (std::size_t i = 0; i < book->rules.size(); ++i) {
        const auto& name = book->rules[i].settings.name.text;
        met[name] = fingerprints[i];
        const auto it = before.find(name);
        if (it == before.end() || it->second != fingerprints[i]) {
            fresh.push_back(i);
            met_changed.insert(name);
        }
        if (it != before.end()) before.erase(it);
    }
    for (auto& [name, fingerprint] : before) met_changed.insert(name);
    return fresh;
}

void Decider::Impl::offer_standing() {
    const auto fresh = acquaint();
    if (fresh.empty() || !ports.standing) return;
    std::vector<Lane*> offered; // processed in the end, so that one run stands for all of a device
    for (const auto& event : ports.standing()) {
        const auto subject = subject_of(event);
        for (const auto index : fresh) {
            if (!against(book->rules[index], event).empty()) continue;
            const auto it = lanes.find({index, identity_of(event)});
            const bool told = it != lanes.end() &&
                              (it->second.waiting.has(subject) || it->second.windows.contains(subject));
            if (!told)
                offered.push_back(&offer(index, event, std::min(event.time, now), "it held already"));
        }
    }
    for (auto* lane : offered) process(*lane);
}

// One that cannot be read is as good as none: the rule is offered once more what holds.
void Decider::Impl::take_rule(const Remembered& row) {
    if (row.kind != kind) return;
    try {
        met[row.key] = memory::text(memory::parse(row.value), "settings");
    } catch (const memory::Bad&) {
        met[row.key] = "";
    }
}

void Decider::Impl::changed_rules(std::vector<Remembered>& out) {
    for (const auto& name : std::exchange(met_changed, {})) {
        const auto it = met.find(name);
        std::string value;
        if (it != met.end()) JsonWriter{value}.begin_object().member("settings", it->second).end_object();
        out.push_back({kind, name, std::move(value)});
    }
}

} // namespace dmev
