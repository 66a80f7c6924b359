// SPDX-License-Identifier: Apache-2.0
#include "engine/judge.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/message.hpp"

namespace dmev {
namespace {

// Room for what the engine itself adds.
constexpr std::size_t kAdded = 5;

Fields merged(const StatedFields& common, const StatedFields& more) {
    Fields out;
    out.reserve(common.size() + more.size() + kAdded);
    out.assign(common.begin(), common.end());
    for (const auto& [name, value] : more) set_field(out, name, value);
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

// Takes N off the times that DATA says something happened (once, if it does not say); what is left of them.
std::uint64_t take_times(Fields& data, std::uint64_t n) {
    const auto* field = find_field(data, "times");
    const auto* number = field ? std::get_if<std::uint64_t>(&field->v) : nullptr;
    const std::uint64_t times = number ? *number : 1;
    if (times <= n) return 0;
    set_field(data, "times", {times - n});
    return times - n;
}

// May something come of it that a condition of DEVICE is said to be so? Not where nothing can end.
bool matters(const Device& device, Truth truth) {
    if (truth == Truth::same) return false;
    return truth == Truth::yes || !device.holding.empty() || !device.waiting.empty();
}

bool is_type_of(const Family& family, const EventType* type) {
    return !family.types.empty() && type >= &family.types.front() && type <= &family.types.back();
}

bool is_raised_by_gauge(const Family& family, const EventType* type) {
    return std::any_of(family.gauges.begin(), family.gauges.end(),
                       [&](const GaugeType& gauge) { return gauge.raises == type->name; });
}

} // namespace

Fields Judge::Words::take() { return common ? merged(*common, *more) : std::move(own); }

void Judge::emit(const Device* device, const ConditionKey& key, State state, Fields data, const Cause& cause,
                 Marks marks) {
    const EventType& type = *key.type;
    Event event;
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
        event.device = device->id;
        if (key.target < device->targets.size())
            event.target = EventTarget{device->targets[key.target].type, key.target};
        if (device->read) event.kernel = EventKernel{device->event_nr, cause.steps};
        touch(*device);
    }
    if (type.lists_served && (marks.initial || cause.source == "restart") && postponing_)
        postponed_.push_back(std::move(event));
    else
        send(type, std::move(event));
}

void Judge::send(const EventType& type, Event&& event) {
    const std::uint64_t lifetime = event.device ? event.device->diskseq.value_or(0) : 0;
    event.id = fmt::format(FMT_COMPILE("{:016x}-{:08x}-{:x}"), now_.time_since_epoch().count(), ++counter_,
                           lifetime);
    event.time = now_;
    // What is of no device in particular is of all of them.
    const std::string_view name = event.device ? std::string_view{event.device->name} : "every device";
    event.message = event.state == State::cleared
                        ? over(type, name, event.part)
                        : format_message(type.message, name, event.part, event.data);
    sink_(std::move(event));
}

void Judge::postpone(bool on) {
    postponing_ = on;
    if (on) return;
    for (auto& event : std::exchange(postponed_, {})) {
        set_field(event.data, "volumes", served_(event.device->number));
        send(*catalogue_.find(event.type), std::move(event));
    }
}

const EventType* Judge::ends_as(const EventType& type) const {
    return type.ends_as.empty() ? nullptr : catalogue_.find(type.ends_as);
}

void Judge::raise(Device& device, const ConditionKey& key, Fields data, const Cause& cause, Marks marks) {
    if (key.type->lists_served) set_field(data, "volumes", served_(device.id.number));
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
bool Judge::wait(Device& device, const ConditionKey& key, Waiting::What what, Words& words,
                 const Cause& cause) {
    if (drop_waiting(device, key, what)) return false;
    device.waiting.push_back({key, what, now_ + options_.uevent_grace, words.take(), cause});
    touch(device);
    return true;
}

void Judge::state(Device& device, const ConditionKey& key, Truth truth, Words&& words, const Cause& cause,
                  bool initial, std::vector<Ended>& ended) {
    if (!matters(device, truth)) return;
    const bool by_uevent = key.type->by_uevent && !initial;
    // A change that an earlier status showed did happen, though this one shows the opposite.
    if (truth == Truth::yes)
        overtaken(device, key, Waiting::What::end, ended);
    else
        overtaken(device, key, Waiting::What::raise, ended);
    const auto it = device.holding.find(key);
    const bool holds = it != device.holding.end();
    if (truth == Truth::yes) {
        if (holds) {
            if (std::exchange(it->second.lapses, std::nullopt)) touch(device);
        } else if (!by_uevent || !wait(device, key, Waiting::What::raise, words, cause)) {
            raise(device, key, words.take(), cause, {.initial = initial, .inferred = by_uevent});
        }
    } else if (truth == Truth::no) {
        if (holds && (!by_uevent || !wait(device, key, Waiting::What::end, words, cause)))
            end(device, key, words.take(), cause, {.inferred = by_uevent}, ended);
    } else if (holds && !it->second.lapses) {
        it->second.lapses = now_ + options_.lapse;
        it->second.data = words.take();
        touch(device);
    }
}

// Concludes what waits of KEY.
void Judge::overtaken(Device& device, const ConditionKey& key, Waiting::What what,
                      std::vector<Ended>& ended) {
    std::vector<Waiting> late;
    std::erase_if(device.waiting, [&](Waiting& w) {
        if (w.what != what || w.key < key || key < w.key) return false;
        late.push_back(std::move(w));
        return true;
    });
    for (auto& w : late) tell(device, std::move(w), ended);
    if (what == Waiting::What::end) conclude(device, ended);
}

// What waited is told as inferred, unless it has become so, or untrue, by other means.
void Judge::tell(Device& device, Waiting&& w, std::vector<Ended>& ended) {
    const bool holds = device.holding.contains(w.key);
    if (w.what == Waiting::What::happened)
        emit(&device, w.key, State::happened, std::move(w.data), w.cause, {.inferred = true});
    else if (w.what == Waiting::What::raise && !holds)
        raise(device, w.key, std::move(w.data), w.cause, {.inferred = true});
    else if (w.what == Waiting::What::end && holds)
        end(device, w.key, std::move(w.data), w.cause, {.inferred = true}, ended);
}

// Uevents that the change of a condition itself accounts for explain nothing else. A change that none of them
// told, since it was lost or nobody watched, accounts for none.
TargetState::Parts Judge::account(const Device& device, TargetState& target, const Said& said) {
    TargetState::Parts shown;
    for (const auto& c : said.conditions) {
        const auto& type = target.plugin->family().types[c.type];
        if (!type.by_uevent) continue;
        const bool was = !target.shown.empty() && target.shown.contains({type.name, c.part});
        const bool is = c.truth == Truth::same ? was : c.truth == Truth::yes;
        if (is) shown.emplace(type.name, c.part);
        if (is == was || target.told.empty() || device.holding.contains({target.index, &type, c.part}) != is)
            continue;
        const auto told = target.told.find({is ? type.name : type.ends_as, c.part});
        if (told != target.told.end() && --told->second == 0) target.told.erase(told);
    }
    return shown;
}

// Does the raise or the end of a condition, which this look brings, tell of KEY by itself? It does where the
// last status showed the condition as it is, and only uevents told meanwhile that it was not.
bool Judge::tells_itself(const Device& device, const TargetState& target, const Said& said,
                         const ConditionKey& key, const TargetState::Parts& shown_before) {
    const auto& types = target.plugin->family().types;
    return std::any_of(said.conditions.begin(), said.conditions.end(), [&](const Said::Condition& c) {
        const auto& type = types[c.type];
        const bool is = c.truth == Truth::yes;
        if (c.part != key.part || (is ? type.name : type.ends_as) != key.type->name ||
            (!is && c.truth != Truth::no))
            return false;
        const ConditionKey condition{target.index, &type, c.part};
        const auto same = [&](const Waiting& w) {
            return w.what != Waiting::What::happened && !(w.key < condition) && !(condition < w.key);
        };
        return shown_before.contains({type.name, c.part}) == is && device.holding.contains(condition) != is &&
               std::none_of(device.waiting.begin(), device.waiting.end(), same); // else that is told too
    });
}

void Judge::looked(Device& device, TargetState& target, const Said& said, const Cause& cause, bool initial) {
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

    const auto shown_before = std::exchange(target.shown, account(device, target, said));
    for (const auto& h : said.happenings) {
        const ConditionKey key{target.index, &family.types[h.type], h.part};
        auto data = merged(said.fields, h.more);
        if (!key.type->by_uevent) {
            emit(&device, key, State::happened, std::move(data), cause, {});
            continue;
        }
        if (tells_itself(device, target, said, key, shown_before) && take_times(data, 1) == 0) continue;
        const auto told = target.told.find({key.type->name, key.part});
        if (told != target.told.end() && take_times(data, told->second) == 0) continue;
        device.waiting.push_back(
            {key, Waiting::What::happened, now_ + options_.uevent_grace, std::move(data), cause});
        touch(device);
    }
    target.told.clear();

    std::vector<Ended> ended;
    for (const auto& c : said.conditions) {
        if (!matters(device, c.truth)) continue;
        const ConditionKey key{target.index, &family.types[c.type], c.part};
        state(device, key, c.truth, {&said.fields, &c.more, {}}, cause, initial, ended);
    }
    conclude(device, ended);
    forget_unmentioned(device, target, said);
    gauges(device, target, said, cause, initial);
}

// What a look does not mention any more is of a part that the table has not any more.
void Judge::forget_unmentioned(Device& device, const TargetState& target, const Said& said) {
    if (device.holding.empty() && device.waiting.empty()) return;
    const auto& family = target.plugin->family();
    std::vector<std::pair<const EventType*, std::string_view>> mentioned;
    mentioned.reserve(said.conditions.size());
    for (const auto& c : said.conditions) mentioned.emplace_back(&family.types[c.type], c.part);
    std::sort(mentioned.begin(), mentioned.end());
    const auto gone = [&](const ConditionKey& key) {
        return key.target == target.index && is_type_of(family, key.type) &&
               !std::binary_search(mentioned.begin(), mentioned.end(),
                                   std::pair{key.type, std::string_view{key.part}}) &&
               !is_raised_by_gauge(family, key.type);
    };
    if (std::erase_if(device.holding, [&](const auto& h) { return gone(h.first); }) > 0) touch(device);
    std::erase_if(device.waiting,
                  [&](const Waiting& w) { return w.what != Waiting::What::happened && gone(w.key); });
}

void Judge::gauges(Device& device, TargetState& target, const Said& said, const Cause& cause, bool initial) {
    const auto& family = target.plugin->family();
    for (const auto& reading : said.gauges) {
        const auto& gauge = family.gauges[reading.gauge];
        auto& state = target.gauges[reading.gauge];
        const auto was = state.saved();
        const auto news = state.update(gauge, reading.used, reading.total, now_);
        // A step may be armed again without a word.
        if (state.saved().level != was.level || reading.total != was.total) touch(device);
        if (!news) continue;
        const ConditionKey key{target.index, catalogue_.find(gauge.raises), ""};
        Fields data = said.fields.copy();
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

void Judge::told(Device& device, TargetState& target, const Said& said, const Cause& cause) {
    touch(device); // what it explains is not told again, whatever becomes of it
    const auto& family = target.plugin->family();
    std::vector<Ended> ended;
    const auto explain = [&](const EventType* type, const std::string& part) {
        ++target.told[{type->name, part}];
        const ConditionKey key{target.index, type, part};
        std::erase_if(device.waiting, [&key](Waiting& w) {
            return w.what == Waiting::What::happened && !(w.key < key) && !(key < w.key) &&
                   take_times(w.data, 1) == 0;
        });
    };
    for (const auto& c : said.conditions) {
        const ConditionKey key{target.index, &family.types[c.type], c.part};
        if (c.truth != Truth::yes && c.truth != Truth::no) continue;
        drop_waiting(device, key, Waiting::What::raise, Waiting::What::end);
        auto data = merged(said.fields, c.more);
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
    for (const auto& h : said.happenings) {
        const ConditionKey key{target.index, &family.types[h.type], h.part};
        explain(key.type, key.part);
        emit(&device, key, State::happened, merged(said.fields, h.more), cause, {});
    }
    conclude(device, ended);
}

void Judge::core(Device& device, const ConditionKey& key, bool is, Fields data, const Cause& cause,
                 bool initial) {
    std::vector<Ended> ended;
    state(device, key, is ? Truth::yes : Truth::no, {nullptr, nullptr, std::move(data)}, cause, initial,
          ended);
    conclude(device, ended);
}

void Judge::happened(Device* device, const EventType& type, Fields data, const Cause& cause) {
    emit(device, {kNoTarget, &type, ""}, State::happened, std::move(data), cause, {});
}

void Judge::program(const EventType& type, const std::string& part, bool is, Fields data, const Cause& cause,
                    bool initial) {
    emit(nullptr, {kNoTarget, &type, part}, is ? State::raised : State::cleared, std::move(data), cause,
         {.initial = initial});
}

void Judge::forget(Device& device, std::uint32_t target) {
    touch(device);
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
    for (auto& w : due) tell(device, std::move(w), ended);
    std::vector<std::pair<ConditionKey, Fields>> lapsed;
    for (auto& [key, holding] : device.holding)
        if (holding.lapses && *holding.lapses <= now_) lapsed.emplace_back(key, std::move(holding.data));
    // In the order of the plugin's types, which is the order in which its uevents tell them.
    std::stable_sort(lapsed.begin(), lapsed.end(), [](const auto& a, const auto& b) {
        return std::less<const EventType*>{}(a.first.type, b.first.type);
    });
    for (auto& [key, data] : lapsed)
        end(device, key, std::move(data), {"poll", 0, {}}, {.inferred = true}, ended);
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
