// SPDX-License-Identifier: Apache-2.0
// How a reading becomes known: whose it is, what changed about the device itself, and when its targets are
// looked at. A suspended device concludes nothing; a provisional reading waits for a second one.
#include <algorithm>
#include <numeric>

#include "engine/impl.hpp"

namespace dmev {
namespace {

// A recording that does not tell why: the first sight of what was there, a number that moved, or neither.
const char* source_of(const DeviceReading& reading, std::uint32_t steps, bool announced, bool first) {
    if (reading.why != Why::unsaid) return why_name(reading.why);
    if (first) return announced ? "start" : "kernel";
    return steps > 0 ? "kernel" : "poll";
}

bool settles(const Device& device) {
    return std::any_of(device.targets.begin(), device.targets.end(),
                       [](const TargetState& t) { return t.plugin && t.claim->settles; });
}

bool another_table(const Device& device, const DeviceReading& reading) {
    return !std::equal(device.targets.begin(), device.targets.end(), reading.targets.begin(),
                       reading.targets.end(), [](const TargetState& was, const TargetReading& is) {
                           const bool texts_count =
                               was.table && is.table && !(was.claim && was.claim->table_moves);
                           return was.type == is.type && was.start == is.start && was.length == is.length &&
                                  (!texts_count || *was.table == *is.table);
                       });
}

} // namespace

void Engine::Impl::take(const DeviceReading& reading) {
    if (registry.is_past(reading.id)) return;
    Device* device = registry.find(reading.id.number);
    bool unwatched = came_unwatched(device);
    if (device && !goes_on(*device, reading)) {
        end_lifetime(*device, {unwatched ? "restart" : source_of(reading, 0, true, false), 0, {}});
        device = nullptr;
        unwatched = came_unwatched(device);
    }
    if (!device) {
        device = &registry.create(reading.id);
        device->announced = !unwatched && (!baseline_done || reading.why == Why::start);
    }
    const bool first = !device->read;
    const bool known = !first && !device->targets.empty();
    const auto steps = first ? 0 : reading.event_nr - device->event_nr;
    Cause cause{unwatched ? "restart" : source_of(reading, steps, device->announced, first), steps, {}};
    // What no event may tell of, and yet a successor has to know.
    if (first || steps > 0 || device->id.uuid != reading.id.uuid || device->id.diskseq != reading.id.diskseq)
        touched.insert(reading.id.number);
    device->read = true;
    device->event_nr = reading.event_nr;
    // What an event announced may stand in the status only a moment later (a mirror's legs after its sync),
    // or bring about what has no event (a raid's recovery begins, I/O moves to another group of paths): look
    // again, ever less soon.
    if (steps > 0)
        device->follow_up = options.poll_fastest;
    else
        device->follow_up =
            4 * device->follow_up < options.poll_interval ? 4 * device->follow_up : Duration{};
    identify(*device, reading, cause);
    if (device->awaited) welcome_back(*device, cause);
    if (first && !device->announced) {
        judge.happened(device, core_type("device.added"), {}, cause);
        unsettle(*device, !unwatched);
    }
    device->announced = true;
    compare_targets(*device, reading, cause, known);
    note_suspension(*device, reading, cause);

    const bool asleep = reading.suspended || reading.internal_suspend;
    if (device->held && !asleep) { // this one is in its place
        cause.steps += device->held->cause.steps;
        if (device->held->cause.source == "restart") cause.source = "restart";
    }
    if (asleep) {
        device->held.reset();
    } else if (device->unsettled && settles(*device)) {
        device->held = Held{reading, std::move(cause)};
        unsettle(*device, false);
    } else {
        device->held.reset();
        unsettle(*device, false);
        look(*device, reading, cause);
    }
    wish(*device, device->held.has_value());
    reschedule(*device);
}

void Engine::Impl::conclude_held(Device& device) {
    const auto held = std::move(*device.held);
    device.held.reset();
    look(device, held.reading, held.cause);
    wish(device, false);
}

void Engine::Impl::identify(Device& device, const DeviceReading& reading, const Cause& cause) {
    device.id.uuid = reading.id.uuid;
    if (reading.id.diskseq) device.id.diskseq = reading.id.diskseq;
    if (device.id.name == reading.id.name) return;
    const auto old_name = std::exchange(device.id.name, reading.id.name);
    judge.happened(&device, core_type("device.renamed"), {{"old_name", {old_name}}}, cause);
}

void Engine::Impl::compare_targets(Device& device, const DeviceReading& reading, const Cause& cause,
                                   bool known) {
    const auto sectors = std::accumulate(reading.targets.begin(), reading.targets.end(), std::uint64_t{0},
                                         [](std::uint64_t sum, const auto& t) { return sum + t.length; });
    const bool another = another_table(device, reading);
    if (known && !reading.targets.empty() && another) {
        const auto old_sectors = device.sectors();
        unsettle(device, true);
        judge.happened(&device, core_type("device.table_changed"), {}, cause);
        if (old_sectors != sectors && old_sectors && sectors)
            judge.happened(&device, core_type("device.resized"),
                           {{"old_sectors", {old_sectors}}, {"sectors", {sectors}}}, cause);
    }
    for (std::uint32_t i = 0; i < device.targets.size(); ++i)
        if (i >= reading.targets.size() || device.targets[i].type != reading.targets[i].type)
            retire(device, i, cause);
    if (another) touched.insert(device.id.number);
    device.targets.resize(reading.targets.size());
    for (std::uint32_t i = 0; i < reading.targets.size(); ++i) {
        auto& target = device.targets[i];
        const auto& now_is = reading.targets[i];
        if (target.type != now_is.type) {
            target = {};
            target.index = i;
            target.type = now_is.type;
            if (const auto it = claims.find(now_is.type); it != claims.end()) {
                std::tie(target.plugin, target.claim) = it->second;
                target.gauges.resize(target.plugin->family().gauges.size());
            }
        }
        target.start = now_is.start;
        target.length = now_is.length;
        if (now_is.table && target.table != now_is.table) target.table = now_is.table;
    }
    if (!reading.targets.empty()) {
        device.read_only = reading.read_only;
        if (reading.read_only || !device.holding.empty())
            judge.core(device, {kNoTarget, &core_type("device.read_only"), ""}, reading.read_only, {}, cause,
                       !known);
    }
    for (const auto& target : device.targets) {
        const bool is = target.type == "error";
        if (!is && device.holding.empty()) continue;
        judge.core(device, {target.index, &core_type("device.table_error"), std::to_string(target.index)}, is,
                   {}, cause, !known);
    }
}

// A target is gone, or another type stands in its place: what its plugin stated of it is forgotten in
// silence, what the core itself said of it ends.
void Engine::Impl::retire(Device& device, std::uint32_t target, const Cause& cause) {
    for (const char* name : {"device.table_error", "device.status_unknown"})
        judge.core(device, {target, &core_type(name), std::to_string(target)}, false, {}, cause, false);
    if (const auto* plugin = device.targets[target].plugin)
        judge.core(device, {target, &core_type("monitor.plugin_failed"), plugin->family().name}, false, {},
                   cause, false);
    judge.forget(device, target);
}

// Whether the next reading is provisional; a successor has to know where that counts.
void Engine::Impl::unsettle(Device& device, bool is) {
    if (std::exchange(device.unsettled, is) != is && settles(device)) touched.insert(device.id.number);
}

void Engine::Impl::note_suspension(Device& device, const DeviceReading& reading, const Cause& cause) {
    const bool asleep = reading.suspended || reading.internal_suspend;
    if (device.suspended && !asleep) unsettle(device, true);
    if (std::exchange(device.suspended, asleep) != asleep) touched.insert(device.id.number);
    // A device that the kernel itself suspended (a thin with its pool) is not the one to be reported.
    const bool counts = reading.suspended && !reading.internal_suspend && !reading.targets.empty();
    if (counts != device.suspended_since.has_value()) touched.insert(device.id.number);
    if (counts && !device.suspended_since) device.suspended_since = now;
    if (counts) return;
    device.suspended_since.reset();
    if (device.holding.empty()) return;
    judge.core(device, {kNoTarget, &core_type("device.suspended_long"), ""}, false, {}, cause, false);
}

void Engine::Impl::look(Device& device, const DeviceReading& reading, const Cause& cause) {
    device.concluded = now;
    for (auto& target : device.targets)
        if (target.plugin && reading.targets[target.index].status) {
            look(device, target, reading.targets[target.index], cause);
            note_set_aside(*target.plugin, cause);
        }
}

void Engine::Impl::look(Device& device, TargetState& target, const TargetReading& reading,
                        const Cause& cause) {
    const auto view = [&](std::uint64_t start, std::uint64_t length, std::string_view table,
                          std::string_view status) {
        return TargetView{&device.id, target.index, start, length, target.type, table, status};
    };
    const std::string_view table = reading.table ? std::string_view{*reading.table} : std::string_view{};
    const bool recalled = std::exchange(target.recalled, false);
    if (!recalled && target.understood && !target.in_doubt && target.told.empty() && device.waiting.empty() &&
        target.last_status == *reading.status && target.last_table == table &&
        target.last_length == reading.length &&
        std::none_of(target.gauges.begin(), target.gauges.end(), [](const auto& g) { return g.retuned(); })) {
        for (auto& gauge : target.gauges) gauge.unchanged(now); // the same text says nothing new
        return;
    }
    const auto before = view(target.last_start, target.last_length, target.last_table, target.last_status);
    const auto current = view(reading.start, reading.length, table, *reading.status);
    const bool initial = !target.understood;
    auto& said = said_of[target.claim].by_look;
    target.plugin->look(initial ? nullptr : &before, current, said);
    if (said.outcome != Said::Outcome::ok) {
        not_understood(device, target, said, *reading.status, cause, initial);
        return;
    }
    const bool was_in_doubt = std::exchange(target.in_doubt, false);
    if (initial || was_in_doubt) touched.insert(device.id.number);
    target.understood = true;
    target.last_table = table;
    target.last_status = *reading.status;
    target.last_start = reading.start;
    target.last_length = reading.length;
    target.wish.reset();
    if (said.read_within_ms) target.wish = std::chrono::milliseconds{*said.read_within_ms};
    if (was_in_doubt || recalled) understood_again(device, target, *reading.status, cause);
    judge.looked(device, target, said, cause, initial);
}

void Engine::Impl::not_understood(Device& device, TargetState& target, const Said& said,
                                  std::string_view text, const Cause& cause, bool initial) {
    if (!std::exchange(target.in_doubt, true)) touched.insert(device.id.number);
    target.wish = options.poll_interval; // until it is understood again
    if (said.outcome == Said::Outcome::fault)
        judge.core(device, {target.index, &core_type("monitor.plugin_failed"), target.plugin->family().name},
                   true, {{"reason", {said.because}}, {"target", {target.type}}}, cause, initial);
    Fields data{{"status", {std::string{text}}}, {"target", {target.type}}};
    if (!said.because.empty()) data.emplace_back("reason", Value{said.because});
    judge.core(device, {target.index, &core_type("device.status_unknown"), std::to_string(target.index)},
               true, std::move(data), cause, initial);
}

void Engine::Impl::understood_again(Device& device, const TargetState& target, const std::string& text,
                                    const Cause& cause) {
    judge.core(device, {target.index, &core_type("device.status_unknown"), std::to_string(target.index)},
               false, {{"status", {text}}, {"target", {target.type}}}, cause, false);
    judge.core(device, {target.index, &core_type("monitor.plugin_failed"), target.plugin->family().name},
               false, {{"reason", {std::string{"it works again"}}}}, cause, false);
}

// When the device has to be read again though the kernel may say nothing; the soonest reason counts.
void Engine::Impl::wish(Device& device, bool soon) {
    std::optional<Duration> wait;
    // Metadata grows by messages too, what is discarded is no write, and a device may hang that nobody writes
    // to.
    auto unwritten = options.poll_interval;
    bool near = false;
    const auto consider = [&](Duration d) { wait = wait ? std::min(*wait, d) : d; };
    if (device.suspended) consider(options.poll_interval); // a resume wakes nobody
    for (const auto& target : device.targets) {
        if (!target.plugin || device.suspended) continue;
        if (device.follow_up > Duration{}) consider(device.follow_up);
        if (target.wish) consider(std::max(*target.wish, options.poll_fastest));
    }
    if (soon) wait = options.reread;
    if (wait) unwritten = std::min(unwritten, *wait);
    // What gauges show grows with what is written.
    for (const auto& target : device.targets)
        for (size_t i = 0; target.plugin && !device.suspended && i < target.gauges.size(); ++i) {
            const auto& type = target.plugin->family().gauges[i];
            if (const auto d = target.gauges[i].next_read(type, options)) consider(*d);
            near |= target.gauges[i].near(type);
        }
    if (!wait && !device.wished) return;
    device.wished = wait.has_value();
    auto& wish = wishes[device.id.number] = {device.id.number, std::nullopt};
    if (wait) wish.by = now + *wait;
    // Near a limit it is also read as soon as it was written to, however long it stood still.
    if (wait && (near || *wait < unwritten)) wish.unwritten_by = now + unwritten;
    wish.near_limit = near;
}

void Engine::Impl::take(const DeviceRemoved& removed) {
    Device* device = registry.find(removed.id.number);
    if (device && Registry::same_lifetime(*device, removed.id)) end_lifetime(*device, {"kernel", 0, {}});
}

void Engine::Impl::take(const Unresponsive& unresponsive) {
    if (registry.is_past(unresponsive.id)) return;
    Device* device = registry.find(unresponsive.id.number);
    bool unwatched = came_unwatched(device);
    if (device && !Registry::same_lifetime(*device, unresponsive.id)) {
        end_lifetime(*device, {unwatched ? "restart" : "kernel", 0, {}});
        device = nullptr;
        unwatched = came_unwatched(device);
    }
    if (!device) {
        device = &registry.create(unresponsive.id);
        device->announced = !baseline_done;
    }
    device->seen = true;
    Value::List names;
    for (const auto& name : unresponsive.devices) names.push_back({name});
    const auto& type = core_type("device.unresponsive");
    judge.core(*device, {kNoTarget, &type, ""}, true, {{"devices", {std::move(names)}}},
               {unwatched      ? "restart"
                : device->read ? "kernel"
                               : "start",
                0,
                {}},
               !device->read);
}

void Engine::Impl::take(const Responsive& responsive) {
    Device* device = registry.find(responsive.id.number);
    if (!device || !Registry::same_lifetime(*device, responsive.id)) return;
    const auto& type = core_type("device.unresponsive");
    judge.core(*device, {kNoTarget, &type, ""}, false, {}, {"kernel", 0, {}}, false);
}

} // namespace dmev
