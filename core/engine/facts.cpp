// SPDX-License-Identifier: Apache-2.0
// What holds now, for those who act on it: nothing here changes anything.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/impl.hpp"
#include "engine/message.hpp"

namespace dmev {
namespace {

// Tells conditions of one device apart that began at the same time: 28 bits of FNV-1a.
std::uint64_t short_hash(const ConditionKey& key) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : fmt::format("{} {} {}", key.target, key.type->name, key.part))
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash >> 36;
}

} // namespace

const Device* Engine::Impl::same_device(const DeviceId& id) const {
    const auto it = registry.all().find(id.number);
    return it != registry.all().end() && Registry::same_lifetime(*it->second, id) ? it->second.get()
                                                                                  : nullptr;
}

// Looked at anew, which is cheaper than to keep for every target what only an action asks for.
std::optional<TargetFacts> Engine::Impl::facts(const Device& device, std::uint32_t index) const {
    if (index >= device.targets.size() || !device.targets[index].understood) return std::nullopt;
    const auto& target = device.targets[index];
    const TargetView view{&device.id,         index,       target.last_start,
                          target.last_length, target.type, target.last_table,
                          target.last_status};
    const auto said = target.plugin->look(nullptr, view);
    TargetFacts facts;
    facts.device = device.id;
    facts.index = index;
    facts.read = device.concluded;
    facts.text = {target.last_start, target.last_length, target.type, target.last_table, target.last_status};
    facts.fields = said.fields.copy();
    for (const auto& gauge : said.gauges)
        facts.gauges.push_back({target.plugin->family().gauges[gauge.gauge].name, gauge.used, gauge.total});
    for (const auto& [key, holding] : device.holding)
        if (key.target == index) facts.holding.emplace(key.type->name, key.part);
    return facts;
}

std::optional<Event> Engine::Impl::current(const Event& event) const {
    if (event.state != State::raised) return std::nullopt;
    if (!event.device && event.type == "monitor.plugin_failed" && set_aside.contains(event.part))
        return event;
    if (!event.device) return std::nullopt;
    const auto* device = same_device(*event.device);
    const auto* type = catalogue.find(event.type);
    if (!device || !type) return std::nullopt;
    const auto index = event.target ? event.target->index : kNoTarget;
    const auto it = device->holding.find({index, type, event.part});
    if (it == device->holding.end()) return std::nullopt;
    Event now_is = event;
    now_is.time = it->second.since;
    now_is.device = device->id;
    now_is.data = it->second.data;
    if (const auto facts_now = facts(*device, index)) refresh(now_is, *facts_now);
    now_is.message = format_message(type->message, device->id.name, event.part, now_is.data);
    return now_is;
}

// The values of the last look in place of those of the look that raised EVENT.
void Engine::Impl::refresh(Event& event, const TargetFacts& facts_now) const {
    for (const auto& [name, value] : facts_now.fields)
        if (find_field(event.data, name)) set_field(event.data, name, value);
    const auto claim = claims.find(facts_now.text.type);
    if (claim == claims.end()) return;
    for (const auto& type : claim->second.first->family().gauges)
        for (const auto& gauge : facts_now.gauges) {
            if (type.raises != event.type || gauge.name != type.name || gauge.total == 0) continue;
            const double percent = 100.0 * static_cast<double>(gauge.used) / static_cast<double>(gauge.total);
            set_field(event.data, "percent", {std::round(percent * 100) / 100});
            set_field(event.data, "used", {gauge.used});
            set_field(event.data, "total", {gauge.total});
        }
}

std::vector<Event> Engine::Impl::standing() const {
    std::vector<Event> out;
    for (const auto& [number, device] : registry.all())
        for (const auto& [key, holding] : device->holding) {
            Event event;
            event.type = key.type->name;
            event.severity = key.type->severity;
            event.state = State::raised;
            event.initial = true;
            event.source = "start";
            event.part = key.part;
            event.device = device->id;
            if (key.target < device->targets.size())
                event.target = EventTarget{device->targets[key.target].type, key.target};
            if (device->read) event.kernel = EventKernel{device->event_nr, 0};
            auto now_is = current(event);
            if (!now_is) continue;
            now_is->id = fmt::format("{:016x}-s{:07x}-{:x}", now_is->time.time_since_epoch().count(),
                                     short_hash(key), device->id.diskseq.value_or(0));
            out.push_back(*std::move(now_is));
        }
    return out;
}

std::vector<Event> Engine::standing() const { return impl_->standing(); }

std::optional<TargetFacts> Engine::target(const DeviceId& id, std::uint32_t index) const {
    const auto* device = impl_->same_device(id);
    return device ? impl_->facts(*device, index) : std::nullopt;
}

std::optional<Event> Engine::current(const Event& event) const { return impl_->current(event); }

void Engine::retune(const EngineOptions& options, std::span<const std::string> raised_by_gauges) {
    impl_->retune(options, raised_by_gauges);
}

void Engine::Impl::retune(const EngineOptions& new_options, std::span<const std::string> types) {
    options = new_options;
    for (const auto& [number, device] : registry.all()) {
        for (auto& target : device->targets) {
            for (std::size_t i = 0; i < target.gauges.size(); ++i) {
                const auto& raises = target.plugin->family().gauges[i].raises;
                if (std::find(types.begin(), types.end(), raises) != types.end()) target.gauges[i].retune();
            }
        }
        if (!device->awaited) wish(*device, true);
    }
}

} // namespace dmev
