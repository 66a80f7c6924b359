// SPDX-License-Identifier: Apache-2.0
#include "engine/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/message.hpp"

namespace dmev {
namespace {

Fields merged(const Fields& common, Fields&& more) {
    Fields out = common;
    for (auto& [name, value] : more) set_field(out, name, std::move(value));
    return out;
}

// Removes what waits for KEY; true when there was some.
template <class... What>
bool drop_waiting(Device& device, const ConditionKey& key, What... what) {
    return std::erase_if(device.waiting, [&](const Waiting& w) {
               return ((w.what == what) || ...) && !(w.key < key) && !(key < w.key);
           }) > 0;
}

// The type's message says what is so; of what is so no more, the summary is said.
std::string over(const EventType& type, std::string_view device, const std::string& part) {
    return fmt::format("{}{}{}: no longer so: {}", device, part.empty() ? "" : " ", part,
                       type.summary.empty() ? type.name : type.summary);
}

bool is_type_of(const Family& family, const EventType* type) {
    return !family.types.empty() && type >= &family.types.front() && type <= &family.types.back();
}

bool is_raised_by_gauge(const Family& family, const EventType* type) {
    return std::any_of(family.gauges.begin(), family.gauges.end(),
                       [&](const GaugeType& gauge) { return gauge.raises == type->name; });
}

} // namespace

void Judge::emit(const Device* device, const ConditionKey& key, State state, Fields data, const Cause& cause,
                 Marks marks) {
    const EventType& type = *key.type;
    Event event;
    const std::uint64_t lifetime = device ? device->id.diskseq.value_or(0) : 0;
    event.id = fmt::format("{:016x}-{:08x}-{:x}", now_.time_since_epoch().count(), ++counter_, lifetime);
    event.time = now_;
    event.type = type.name;
    event.severity = type.severity;
    event.state = state;
    event.initial = marks.initial;
    event.repeat = marks.repeat;
    event.inferred = marks.inferred;
    event.source = cause.source;
    event.part = key.part;
    event.uevent = cause.uevent;
    event.data = std::move(data);
    if (device) {
        if (type.lists_served) {
            Value::List volumes;
            for (auto& name : served_(*device)) volumes.push_back({std::move(name)});
            set_field(event.data, "volumes", {std::move(volumes)});
        }
        event.device = device->id;
        if (key.target < device->targets.size())
            event.target = EventTarget{device->targets[key.target].type, key.target};
        if (device->read) event.kernel = EventKernel{device->event_nr, cause.steps};
    }
    const std::string_view name = device ? std::string_view{device->id.name} : "";
    event.message = state == State::cleared ? over(type, name, key.part)
                                            : format_message(type.message, name, key.part, event.data);
    sink_(std::move(event));
}

const EventType* Judge::ends_as(const EventType& type) const {
    return type.ends_as.empty() ? nullptr : catalogue_.find(type.ends_as);
}

void Judge::raise(Device& device, const ConditionKey& key, Fields data, const Cause& cause, Marks marks) {
    auto& holding = device.holding[key];
    holding.since = now_;
    holding.lapses.reset();
    holding.data = data;
    holding.message = format_message(key.type->message, device.id.name, key.part, data);
    emit(&device, key, State::raised, std::move(data), cause, marks);
}

void Judge::end(Device& device, const ConditionKey& key, Fields data, const Cause& cause, Marks marks,
                std::vector<Ended>& ended) {
    device.holding.erase(key);
    if (key.type->ends_as.empty())
        emit(&device, key, State::cleared, std::move(data), cause, marks);
    else
        ended.push_back({key, std::move(data), cause, marks});
}

// Conditions of one part that share their end: it is raised once, when none of them holds any more.
void Judge::conclude(Device& device, std::vector<Ended>& ended) {
    for (auto first = ended.begin(); first != ended.end(); ++first) {
        if (!first->key.type) continue; // told with an earlier one
        const ConditionKey key = first->key;
        const auto shares = [&key](const ConditionKey& k) {
            return k.type && k.target == key.target && k.part == key.part &&
                   k.type->ends_as == key.type->ends_as;
        };
        const bool another_holds = std::any_of(device.holding.begin(), device.holding.end(),
                                               [&](const auto& h) { return shares(h.first); });
        Value::List names;
        for (auto& e : ended) {
            if (!shares(e.key)) continue;
            names.push_back({e.key.type->name});
            e.key.type = nullptr;
        }
        const auto* type = ends_as(*key.type);
        if (another_holds || !type) continue;
        if (!key.type->each) set_field(first->data, "ended", {std::move(names)});
        emit(&device, {key.target, type, key.part}, State::happened, std::move(first->data), first->cause,
             first->marks);
    }
    ended.clear();
}

// True when the change has to wait for its uevent; false when it has waited for a second status already.
bool Judge::wait(Device& device, const ConditionKey& key, Waiting::What what, Fields& data,
                 const Cause& cause) {
    if (drop_waiting(device, key, what)) return false;
    device.waiting.push_back({key, what, now_ + options_.uevent_grace, std::move(data), cause});
    return true;
}

void Judge::state(Device& device, const ConditionKey& key, Truth truth, Fields data, const Cause& cause,
                  bool initial, std::vector<Ended>& ended) {
    const auto it = device.holding.find(key);
    const bool holds = it != device.holding.end();
    const bool by_uevent = key.type->by_uevent && !initial;
    switch (truth) {
        case Truth::same: break;
        case Truth::yes:
            drop_waiting(device, key, Waiting::What::end);
            if (holds)
                it->second.lapses.reset();
            else if (!by_uevent || !wait(device, key, Waiting::What::raise, data, cause))
                raise(device, key, std::move(data), cause, {.initial = initial, .inferred = by_uevent});
            break;
        case Truth::no:
            drop_waiting(device, key, Waiting::What::raise);
            if (holds && (!by_uevent || !wait(device, key, Waiting::What::end, data, cause)))
                end(device, key, std::move(data), cause, {.inferred = by_uevent}, ended);
            break;
        case Truth::lapsed:
            drop_waiting(device, key, Waiting::What::raise);
            if (holds && !it->second.lapses) {
                it->second.lapses = now_ + options_.lapse;
                it->second.data = std::move(data);
            }
            break;
    }
}

void Judge::looked(Device& device, TargetState& target, Said&& said, const Cause& cause, bool initial) {
    const auto& family = target.plugin->family();
    // What an earlier status showed and no uevent has explained until this one.
    std::vector<Waiting> unexplained;
    std::erase_if(device.waiting, [&](Waiting& w) {
        if (w.key.target != target.index || w.what != Waiting::What::happened) return false;
        unexplained.push_back(std::move(w));
        return true;
    });
    for (auto& w : unexplained)
        emit(&device, w.key, State::happened, std::move(w.data), w.cause, {.inferred = true});

    for (auto& h : said.happenings) {
        const ConditionKey key{target.index, &family.types[h.type], h.part};
        if (!key.type->by_uevent)
            emit(&device, key, State::happened, merged(said.fields, std::move(h.more)), cause, {});
        else if (!target.told.contains({key.type->name, key.part}))
            device.waiting.push_back({key, Waiting::What::happened, now_ + options_.uevent_grace,
                                      merged(said.fields, std::move(h.more)), cause});
    }
    target.told.clear();

    std::vector<Ended> ended;
    std::set<ConditionKey> mentioned;
    for (auto& c : said.conditions) {
        const ConditionKey key{target.index, &family.types[c.type], c.part};
        mentioned.insert(key);
        state(device, key, c.truth, merged(said.fields, std::move(c.more)), cause, initial, ended);
    }
    conclude(device, ended);

    const auto gone = [&](const ConditionKey& key) {
        return key.target == target.index && is_type_of(family, key.type) && !mentioned.contains(key) &&
               !is_raised_by_gauge(family, key.type);
    };
    std::erase_if(device.holding, [&](const auto& h) { return gone(h.first); });
    std::erase_if(device.waiting,
                  [&](const Waiting& w) { return w.what != Waiting::What::happened && gone(w.key); });

    gauges(device, target, said, cause, initial);
}

void Judge::gauges(Device& device, TargetState& target, const Said& said, const Cause& cause, bool initial) {
    const auto& family = target.plugin->family();
    for (const auto& reading : said.gauges) {
        const auto& gauge = family.gauges[reading.gauge];
        const auto news = target.gauges[reading.gauge].update(gauge, reading.used, reading.total, now_);
        if (!news) continue;
        const ConditionKey key{target.index, catalogue_.find(gauge.raises), ""};
        Fields data = said.fields;
        set_field(data, "percent", {std::round(news->percent * 100) / 100});
        set_field(data, "threshold", {news->threshold});
        set_field(data, "used", {reading.used});
        set_field(data, "total", {reading.total});
        if (!gauge.unit.empty()) set_field(data, "unit", {gauge.unit});
        std::vector<Ended> ended;
        if (news->raised)
            raise(device, key, std::move(data), cause, {.initial = initial});
        else
            end(device, key, std::move(data), cause, {}, ended);
    }
}

void Judge::told(Device& device, TargetState& target, Said&& said, const Cause& cause) {
    const auto& family = target.plugin->family();
    std::vector<Ended> ended;
    const auto explain = [&](const EventType* type, const std::string& part) {
        target.told.emplace(type->name, part);
        drop_waiting(device, {target.index, type, part}, Waiting::What::happened);
    };
    for (auto& c : said.conditions) {
        const ConditionKey key{target.index, &family.types[c.type], c.part};
        if (c.truth != Truth::yes && c.truth != Truth::no) continue;
        drop_waiting(device, key, Waiting::What::raise, Waiting::What::end);
        auto data = merged(said.fields, std::move(c.more));
        const auto it = device.holding.find(key);
        const bool holds = it != device.holding.end();
        if (c.truth == Truth::yes) {
            explain(key.type, key.part);
            if (!holds) {
                raise(device, key, std::move(data), cause, {});
            } else {
                it->second.lapses.reset();
                if (key.type->each)
                    emit(&device, key, State::raised, std::move(data), cause, {.repeat = true});
            }
            continue;
        }
        const auto* end_type = ends_as(*key.type);
        explain(end_type ? end_type : key.type, key.part);
        if (holds)
            end(device, key, std::move(data), cause, {}, ended);
        else if (key.type->each && end_type)
            emit(&device, {target.index, end_type, key.part}, State::happened, std::move(data), cause,
                 {.repeat = true});
    }
    for (auto& h : said.happenings) {
        const ConditionKey key{target.index, &family.types[h.type], h.part};
        explain(key.type, key.part);
        emit(&device, key, State::happened, merged(said.fields, std::move(h.more)), cause, {});
    }
    conclude(device, ended);
}

void Judge::core(Device& device, const ConditionKey& key, bool is, Fields data, const Cause& cause,
                 bool initial) {
    std::vector<Ended> ended;
    state(device, key, is ? Truth::yes : Truth::no, std::move(data), cause, initial, ended);
    conclude(device, ended);
}

void Judge::happened(Device* device, const EventType& type, Fields data, const Cause& cause) {
    emit(device, {kNoTarget, &type, ""}, State::happened, std::move(data), cause, {});
}

void Judge::forget(Device& device, std::uint32_t target) {
    std::erase_if(device.holding, [&](const auto& h) { return h.first.target == target; });
    std::erase_if(device.waiting, [&](const Waiting& w) { return w.key.target == target; });
}

void Judge::fire(Device& device, bool all_waiting) {
    std::vector<Waiting> due;
    std::erase_if(device.waiting, [&](Waiting& w) {
        if (!all_waiting && w.deadline > now_) return false;
        due.push_back(std::move(w));
        return true;
    });
    std::vector<Ended> ended;
    for (auto& w : due) {
        const bool holds = device.holding.contains(w.key);
        if (w.what == Waiting::What::happened)
            emit(&device, w.key, State::happened, std::move(w.data), w.cause, {.inferred = true});
        else if (w.what == Waiting::What::raise && !holds)
            raise(device, w.key, std::move(w.data), w.cause, {.inferred = true});
        else if (w.what == Waiting::What::end && holds)
            end(device, w.key, std::move(w.data), w.cause, {.inferred = true}, ended);
    }
    for (auto it = device.holding.begin(); it != device.holding.end();) {
        const auto here = it++;
        if (!here->second.lapses || *here->second.lapses > now_) continue;
        const auto key = here->first;
        end(device, key, std::move(here->second.data), {"poll", 0, {}}, {.inferred = true}, ended);
    }
    conclude(device, ended);
}

std::optional<Time> Judge::due(const Device& device) {
    std::optional<Time> soonest;
    const auto consider = [&](Time t) {
        if (!soonest || t < *soonest) soonest = t;
    };
    for (const auto& w : device.waiting) consider(w.deadline);
    for (const auto& [key, holding] : device.holding)
        if (holding.lapses) consider(*holding.lapses);
    return soonest;
}

} // namespace dmev
