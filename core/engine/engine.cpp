// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include <algorithm>
#include <cassert>

#include "engine/impl.hpp"

namespace dmev {

Engine::Impl::Impl(const Catalogue& c, std::span<const Plugin> plugins, EngineOptions o, Sink sink)
    : catalogue(c),
      options(o),
      judge(options, catalogue, touched, std::move(sink), [this](DevNum n) { return served_by(n); }) {
    for (const auto& plugin : plugins)
        for (const auto& claim : plugin.family().claims) claims.try_emplace(claim.target, &plugin, &claim);
}

void Engine::Impl::observe(const Observation& observation) {
    const Time at = std::max(observation.at, now);
    advance(at);
    set_now(at);
    if (std::holds_alternative<BaselineDone>(observation.what)) end_missing();
    judge.postpone(!baseline_done && is_of_baseline(observation));
    const auto* uevent = std::get_if<UeventReading>(&observation.what);
    if (!batch.empty()) {
        const auto number = uevent && is_path_uevent(*uevent) ? uevent->device() : std::nullopt;
        if (number != batch.device()) flush_batch();
    }
    struct {
        Impl& engine;
        Time at;
        void operator()(const SourceStarted&) {}
        void operator()(const Tick&) {}
        void operator()(const BaselineDone&) {
            engine.baseline_done = true;
            // Set aside from the start, and perhaps without a device.
            for (const auto& [target, claim] : engine.claims)
                engine.note_set_aside(*claim.first, {"start", 0, {}});
        }
        void operator()(const DeviceReading& r) { engine.take(r); }
        void operator()(const DeviceRemoved& r) { engine.take(r); }
        void operator()(const Unresponsive& u) { engine.take(u); }
        void operator()(const Responsive& r) { engine.take(r); }
        void operator()(const UeventReading& u) { engine.take(u, at); }
        void operator()(const Overrun&) {
            engine.judge.happened(nullptr, engine.core_type("monitor.overrun"), {}, {"resync", 0, {}});
        }
    } visitor{*this, at};
    std::visit(visitor, observation.what);
}

bool Engine::Impl::is_of_baseline(const Observation& observation) {
    if (std::holds_alternative<SourceStarted>(observation.what)) return true;
    const auto* reading = std::get_if<DeviceReading>(&observation.what);
    return reading && (reading->why == Why::start || reading->why == Why::unsaid);
}

void Engine::Impl::set_now(Time t) {
    now = t;
    judge.set_time(t);
}

void Engine::Impl::advance(Time until) {
    for (auto next = due(); next && *next <= until; next = due()) {
        set_now(std::max(*next, now));
        if (!batch.empty() && batch.ends() <= now)
            flush_batch();
        else
            fire(*registry.soonest());
    }
    if (until > now) set_now(until);
}

void Engine::Impl::finish() {
    if (!batch.empty()) flush_batch();
    for (const auto& [number, device] : registry.all()) {
        if (device->awaited) continue;
        if (device->held) conclude_held(*device);
        judge.fire(*device, true);
        reschedule(*device);
    }
    judge.postpone(false);
}

std::optional<Time> Engine::Impl::due() const {
    const auto device = registry.soonest_due();
    if (batch.empty()) return device;
    return device ? std::min(*device, batch.ends()) : batch.ends();
}

// REQUIRES: something of DEVICE is due; it will not be due for the same again.
void Engine::Impl::fire(Device& device) {
    judge.fire(device, false);
    const auto& type = core_type("device.suspended_long");
    if (device.suspended_since && now >= *device.suspended_since + options.suspended_long &&
        !device.holding.contains({kNoTarget, &type, ""})) {
        const auto limit = std::chrono::duration_cast<std::chrono::seconds>(options.suspended_long).count();
        judge.core(device, {kNoTarget, &type, ""}, true, {{"limit_s", {std::int64_t{limit}}}},
                   {"poll", 0, {}}, false);
    }
    reschedule(device);
}

void Engine::Impl::reschedule(Device& device) {
    if (device.awaited) return; // nothing is due before it was read
    auto soonest = Judge::due(device);
    const auto consider = [&](Time t) {
        if (!soonest || t < *soonest) soonest = t;
    };
    if (device.suspended_since &&
        !device.holding.contains({kNoTarget, &core_type("device.suspended_long"), ""}))
        consider(*device.suspended_since + options.suspended_long);
    registry.schedule(device, soonest);
}

void Engine::Impl::end_lifetime(Device& device, const Cause& cause) {
    if (device.read || device.announced) judge.happened(&device, core_type("device.removed"), {}, cause);
    if (device.wished) wishes[device.id.number] = {device.id.number, std::nullopt};
    touched.insert(device.id.number);
    registry.erase(device);
}

const EventType& Engine::Impl::core_type(std::string_view name) const {
    const auto* type = catalogue.find(name);
    assert(type); // the catalogue's own families
    return *type;
}

Value Engine::Impl::served_by(DevNum server) const {
    const auto number = server.text();
    Value::List names;
    for (const auto& [n, device] : registry.all())
        for (const auto& target : device->targets)
            if (target.claim && target.claim->served_by && target.table &&
                std::string_view{*target.table}.substr(0, target.table->find(' ')) == number) {
                names.push_back({device->id.name});
                break;
            }
    return {std::move(names)};
}

Engine::Engine(const Catalogue& catalogue, std::span<const Plugin> plugins, EngineOptions options, Sink sink)
    : impl_(std::make_unique<Impl>(catalogue, plugins, options, std::move(sink))) {}
Engine::~Engine() = default;

void Engine::observe(const Observation& observation) { impl_->observe(observation); }
void Engine::advance(Time now) { impl_->advance(now); }
void Engine::finish() { impl_->finish(); }
std::optional<Time> Engine::due() const { return impl_->due(); }

std::vector<Wish> Engine::take_wishes() {
    std::vector<Wish> out;
    out.reserve(impl_->wishes.size());
    for (const auto& [number, wish] : impl_->wishes) out.push_back(wish);
    impl_->wishes.clear();
    return out;
}

// One that grows by a fifth at its limit is within that of it again.
constexpr double soon_percent = 20;

Engine::Prospect Engine::prospect(const std::set<std::string>& families) const {
    const auto is_near = [](const TargetState& target) {
        const auto& types = target.plugin->family().gauges;
        bool limited = false;
        for (std::size_t i = 0; i < types.size(); ++i) {
            limited |= types[i].at > 0 && !types[i].raises.empty();
            if (i < target.gauges.size() && target.gauges[i].near(types[i], soon_percent)) return true;
        }
        return !limited;
    };
    Prospect prospect;
    for (const auto& [number, device] : impl_->registry.all()) {
        if (!device->id.uuid.starts_with("LVM-")) continue;
        for (const auto& target : device->targets) {
            if (!target.plugin || !families.contains(target.plugin->family().name)) continue;
            prospect.near |= is_near(target);
            prospect.newest = std::max(prospect.newest, device->serial);
        }
    }
    return prospect;
}

std::vector<DeviceState> Engine::devices() const {
    std::vector<DeviceState> out;
    for (const auto& [number, device] : impl_->registry.all()) {
        DeviceState state{device->id, device->event_nr, device->suspended, device->read_only, {}, {}};
        for (const auto& target : device->targets) state.targets.push_back(target.type);
        for (const auto& [key, holding] : device->holding) {
            std::optional<EventTarget> target;
            if (key.target < device->targets.size()) target = {device->targets[key.target].type, key.target};
            HoldingCondition shown{key.type->name, key.type->severity, key.part,    std::move(target),
                                   holding.since,  holding.message,    holding.data};
            if (key.type->lists_served) set_field(shown.data, "volumes", impl_->served_by(device->id.number));
            state.holding.push_back(std::move(shown));
        }
        out.push_back(std::move(state));
    }
    return out;
}

} // namespace dmev
