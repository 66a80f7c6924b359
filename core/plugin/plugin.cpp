// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "plugin/descriptor.hpp"
#include "plugin/hearing.hpp"
#include "plugin/values.hpp"

namespace dmev {
namespace {

// Where a call's words go. The plugin holds a pointer to the first member, which is how we find the rest.
struct Listener {
    dmevent_say say;
    Said* said;
    const Family* family;
    bool may_happen;
    Hearing hearing;

    static Listener& of(const dmevent_say* say) {
        return *reinterpret_cast<Listener*>(const_cast<dmevent_say*>(say));
    }

    // A condition may have "happened" where the kernel's uevents tell of it: it came and went unseen.
    bool type_fits(std::uint32_t type, Kind kind) {
        const auto& types = family->types;
        if (type >= types.size())
            hearing.violated(fmt::format("it named event type {}, it has {}", type, types.size()));
        else if (types[type].kind != kind && !(kind == Kind::happening && types[type].by_uevent))
            hearing.violated(fmt::format("it stated '{}', which is a {}, as a {}", types[type].name,
                                         kind_name(types[type].kind), kind_name(kind)));
        else
            return true;
        return false;
    }
    static const char* kind_name(Kind kind) { return kind == Kind::condition ? "condition" : "happening"; }

    template <class Take>
    static void hear(const dmevent_say* say, Take&& take) noexcept {
        auto& to = of(say);
        to.hearing.hear([&] { take(to, to.hearing.in); });
    }
};

void on_field(const dmevent_say* say, const dmevent_field* f) {
    Listener::hear(say, [&](Listener& to, Intake& in) {
        in.field(f, to.said->fields);
        if (to.said->fields.size() > kMostFields) to.hearing.violated("it stated fields without end");
    });
}
void on_condition(const dmevent_say* say, std::uint32_t type, dmevent_str key, dmevent_truth truth,
                  const dmevent_field* more, size_t n) {
    Listener::hear(say, [&](Listener& to, Intake& in) {
        if (!to.type_fits(type, Kind::condition)) return;
        static constexpr Truth kTruths[] = {Truth::no, Truth::yes, Truth::same, Truth::lapsed};
        const auto code = code_of(truth);
        if (code < 0 || code > DMEVENT_LAPSED)
            return to.hearing.violated(fmt::format("it stated truth {}", code));
        auto& condition = to.said->conditions.add();
        condition.type = type;
        condition.truth = kTruths[code];
        in.key(key, condition.part);
        in.fields(more, n, condition.more);
    });
}
void on_happened(const dmevent_say* say, std::uint32_t type, dmevent_str key, const dmevent_field* more,
                 size_t n) {
    Listener::hear(say, [&](Listener& to, Intake& in) {
        if (!to.type_fits(type, Kind::happening)) return;
        if (!to.may_happen)
            return to.hearing.violated(
                fmt::format("it said that '{}' happened at first sight", to.family->types[type].name));
        auto& happened = to.said->happenings.add();
        happened.type = type;
        in.key(key, happened.part);
        in.fields(more, n, happened.more);
    });
}
void on_gauge(const dmevent_say* say, std::uint32_t gauge, std::uint64_t used, std::uint64_t total) {
    Listener::hear(say, [&](Listener& to, Intake&) {
        if (const auto n = to.family->gauges.size(); gauge >= n)
            to.hearing.violated(fmt::format("it named gauge {}, it has {}", gauge, n));
        else
            to.said->gauges.add() = {gauge, used, total};
    });
}
void on_read_within(const dmevent_say* say, std::uint32_t ms) {
    auto& wish = Listener::of(say).said->read_within_ms;
    if (!wish || ms < *wish) wish = ms;
}
void on_because(const dmevent_say* say, dmevent_str why) {
    Listener::hear(say, [&](Listener& to, Intake&) { to.said->because = Intake::reason(why); });
}

Listener listen(Said& said, const Family& family, bool may_happen) {
    return {{sizeof(dmevent_say), on_field, on_condition, on_happened, on_gauge, on_read_within, on_because},
            &said,
            &family,
            may_happen,
            {}};
}

// Is each element of LIST greater than the one before it, by LESS? Then none is there twice.
template <class T, class Less>
bool ascends(const Reused<T>& list, Less less) {
    return std::adjacent_find(list.begin(), list.end(),
                              [&](const T& a, const T& b) { return !less(a, b); }) == list.end();
}

// What is wrong with SAID as a whole; empty when nothing is. One thing is not both so and not so.
std::string flaw(const Said& said, const Family& family) {
    const auto before = [](const Said::Condition& a, const Said::Condition& b) {
        return a.type != b.type ? a.type < b.type : a.part < b.part;
    };
    // As plugins do that go through their tables.
    if (ascends(said.conditions, before) &&
        ascends(said.gauges, [](const auto& a, const auto& b) { return a.gauge < b.gauge; }))
        return {};
    std::set<std::pair<std::uint32_t, std::string_view>> conditions;
    for (const auto& c : said.conditions)
        if (!conditions.emplace(c.type, c.part).second)
            return fmt::format("it stated '{}' twice for the part '{}'", family.types[c.type].name, c.part);
    std::set<std::uint32_t> gauges;
    for (const auto& g : said.gauges)
        if (!gauges.insert(g.gauge).second)
            return fmt::format("it stated gauge '{}' twice", family.gauges[g.gauge].name);
    return {};
}

// What the words in TO come to, where the call gave RESULT.
void conclude(Listener& to, int result) {
    auto& said = *to.said;
    if (to.hearing.broken())
        said.drop(Said::Outcome::fault, to.hearing.violation());
    else if (result == DMEVENT_UNKNOWN)
        said.drop(Said::Outcome::unknown, said.because);
    else if (result != DMEVENT_OK)
        said.drop(Said::Outcome::fault,
                  said.because.empty() ? fmt::format("it returned {}", result) : said.because);
    else if (auto why = flaw(said, *to.family); !why.empty())
        said.drop(Said::Outcome::fault, std::move(why));
}

// Makes CALL, which is FUNCTION about TARGET of the device it is given, unless the plugin is set aside.
template <class Call>
void run(Conduct& conduct, const char* function, const TargetView& target, const Family& family,
         bool may_happen, Said& said, Call&& call) {
    if (!conduct.set_aside().empty()) return said.drop(Said::Outcome::set_aside, conduct.set_aside());
    said.clear();
    auto to = listen(said, family, may_happen);
    const ShownDevice device{*target.device};
    const PluginCall about{conduct.members(), function, &target};
    const auto begun = conduct.now();
    const int result = call_plugin(about, to.hearing, [&] { return call(device, &to.say); });
    conclude(to, result);
    const auto fault =
        said.outcome == Said::Outcome::fault ? std::string_view{said.because} : std::string_view{};
    conduct.judge(about, begun, fault, true);
}

} // namespace

Result<Plugin> Plugin::adopt(const dmevent_plugin* descriptor, std::string file, std::shared_ptr<void> keep) {
    auto family = read_descriptor(*descriptor, file);
    if (!family) return std::move(family).error();
    Plugin plugin;
    plugin.family_ = *std::move(family);
    plugin.conduct_ = std::make_shared<Conduct>(plugin.family_.name);
    plugin.descriptor_ = descriptor;
    plugin.keep_ = std::move(keep);
    return plugin;
}

bool Plugin::has_uevent() const { return descriptor_->uevent != nullptr; }

void Plugin::tune(std::string_view type, double at, double step, double clear) {
    for (auto& gauge : family_.gauges)
        if (gauge.raises == type) std::tie(gauge.at, gauge.step, gauge.clear) = std::tie(at, step, clear);
}

void Plugin::look(const TargetView* before, const TargetView& now, Said& said) const {
    run(*conduct_, "look", now, family_, before != nullptr, said,
        [&](const ShownDevice& device, const dmevent_say* say) {
            const auto shown = device.target(now);
            if (!before) return descriptor_->look(nullptr, &shown, say);
            const auto old = device.target(*before);
            return descriptor_->look(&old, &shown, say);
        });
}

void Plugin::uevent(const TargetView& last, const UeventReading& uevent, Said& said) const {
    if (!has_uevent()) return said.clear(); // it has nothing to say to any of them
    std::vector<dmevent_var> vars;
    vars.reserve(uevent.env.size());
    for (const auto& [name, value] : uevent.env) vars.push_back({borrow(name), borrow(value)});
    run(*conduct_, "uevent", last, family_, true, said,
        [&](const ShownDevice& device, const dmevent_say* say) {
            const auto shown = device.target(last);
            return descriptor_->uevent(&shown, vars.data(), vars.size(), say);
        });
}

Said Plugin::look(const TargetView* before, const TargetView& now) const {
    Said said;
    look(before, now, said);
    return said;
}

Said Plugin::uevent(const TargetView& last, const UeventReading& uevent) const {
    Said said;
    this->uevent(last, uevent, said);
    return said;
}

} // namespace dmev
