// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin.hpp"

#include <fmt/format.h>

#include <exception>
#include <stdexcept>
#include <tuple>

#include "plugin/descriptor.hpp"

namespace dmev {
namespace {

dmevent_str borrow(std::string_view s) { return {s.data() ? s.data() : "", s.size()}; }

// More than any status holds. A plugin that says so has its sizes wrong, and is better not believed.
constexpr size_t kLongestText = 16u << 20, kMostFields = 65536;

size_t believed(size_t n, size_t most, const char* what) {
    if (n > most) throw std::length_error(fmt::format("{} {}", n, what));
    return n;
}

std::string own(dmevent_str s) {
    return s.data ? std::string{s.data, believed(s.size, kLongestText, "bytes of text")} : std::string{};
}

// A value as the plugin gave it; DEPTH keeps lists of lists of lists from eating the stack.
Value own(const dmevent_field& f, int depth = 0) {
    switch (f.kind) {
        case DMEVENT_INT: return {f.v.i};
        case DMEVENT_UINT: return {f.v.u};
        case DMEVENT_REAL: return {f.v.real};
        case DMEVENT_BOOL: return {f.v.u != 0};
        case DMEVENT_LIST: {
            Value::List list;
            believed(f.count, kMostFields, "items of a list");
            for (std::uint32_t i = 0; i < f.count && depth < 4; ++i)
                list.push_back(own(f.v.items[i], depth + 1));
            return {std::move(list)};
        }
        default: return {own(f.v.text)};
    }
}

// Where a call's words go. The plugin holds a pointer to the first member, which is how we find the rest.
struct Listener {
    dmevent_say say;
    Said* said;
    const Family* family;
    bool may_happen;
    std::string violation;

    static Listener& of(const dmevent_say* say) {
        return *reinterpret_cast<Listener*>(const_cast<dmevent_say*>(say));
    }

    // A condition may have "happened" where the kernel's uevents tell of it: it came and went unseen.
    bool type_fits(std::uint32_t type, Kind kind) {
        const auto& types = family->types;
        if (type >= types.size())
            violation = fmt::format("it named event type {}, it has {}", type, types.size());
        else if (types[type].kind != kind && !(kind == Kind::happening && types[type].by_uevent))
            violation = fmt::format("it stated '{}', which is a {}, as a {}", types[type].name,
                                    kind_name(types[type].kind), kind_name(kind));
        else
            return true;
        return false;
    }
    static const char* kind_name(Kind kind) { return kind == Kind::condition ? "condition" : "happening"; }

    // Takes in what the plugin said by TAKE. An exception of ours (a size that no memory has) must not run
    // through the plugin's frames, which may be plain C.
    template <class Take>
    static void hear(const dmevent_say* say, Take&& take) noexcept {
        auto& to = of(say);
        try {
            take(to);
        } catch (const std::exception& e) {
            to.violation = std::string{"it said what cannot be taken in: "} + e.what();
        }
    }
    static Fields fields(const dmevent_field* more, size_t n) {
        Fields out;
        out.reserve(believed(n, kMostFields, "fields"));
        for (size_t i = 0; i < n; ++i) out.emplace_back(own(more[i].name), own(more[i]));
        return out;
    }
};

void on_field(const dmevent_say* say, const dmevent_field* f) {
    Listener::hear(say, [&](Listener& to) { set_field(to.said->fields, own(f->name), own(*f)); });
}
void on_condition(const dmevent_say* say, std::uint32_t type, dmevent_str key, dmevent_truth truth,
                  const dmevent_field* more, size_t n) {
    Listener::hear(say, [&](Listener& to) {
        if (!to.type_fits(type, Kind::condition)) return;
        static constexpr Truth kTruths[] = {Truth::no, Truth::yes, Truth::same, Truth::lapsed};
        if (static_cast<unsigned>(truth) > DMEVENT_LAPSED)
            to.violation = fmt::format("it stated truth {}", static_cast<unsigned>(truth));
        else
            to.said->conditions.push_back({type, own(key), kTruths[truth], Listener::fields(more, n)});
    });
}
void on_happened(const dmevent_say* say, std::uint32_t type, dmevent_str key, const dmevent_field* more,
                 size_t n) {
    Listener::hear(say, [&](Listener& to) {
        if (!to.type_fits(type, Kind::happening)) return;
        if (!to.may_happen)
            to.violation =
                fmt::format("it said that '{}' happened at first sight", to.family->types[type].name);
        else
            to.said->happenings.push_back({type, own(key), Listener::fields(more, n)});
    });
}
void on_gauge(const dmevent_say* say, std::uint32_t gauge, std::uint64_t used, std::uint64_t total) {
    Listener::hear(say, [&](Listener& to) {
        if (const auto n = to.family->gauges.size(); gauge >= n)
            to.violation = fmt::format("it named gauge {}, it has {}", gauge, n);
        else
            to.said->gauges.push_back({gauge, used, total});
    });
}
void on_read_within(const dmevent_say* say, std::uint32_t ms) {
    auto& wish = Listener::of(say).said->read_within_ms;
    if (!wish || ms < *wish) wish = ms;
}
void on_because(const dmevent_say* say, dmevent_str why) {
    Listener::hear(say, [&](Listener& to) { to.said->because = own(why); });
}

Listener listen(Said& said, const Family& family, bool may_happen) {
    return {{sizeof(dmevent_say), on_field, on_condition, on_happened, on_gauge, on_read_within, on_because},
            &said,
            &family,
            may_happen,
            {}};
}

// Device and target in the ABI's form, for the length of a call. The kernel's strings are NUL-terminated
// because they come from std::string.
struct Shown {
    LvmName lvm;
    dmevent_device device;
    dmevent_target target;
    explicit Shown(const TargetView& view) : lvm(split_lvm(*view.device)) {
        const auto& id = *view.device;
        device = {sizeof device,   id.number.major, id.number.minor, borrow(id.name),
                  borrow(id.uuid), borrow(lvm.vg),  borrow(lvm.lv)};
        target = {sizeof target,      view.index,         &device, view.start, view.length, borrow(view.type),
                  borrow(view.table), borrow(view.status)};
    }
    Shown(const Shown&) = delete;
};

dmevent_field lend(std::string_view name, const Value& value,
                   std::vector<std::vector<dmevent_field>>& lists) {
    dmevent_field f{borrow(name), DMEVENT_TEXT, 0, {}};
    if (const auto* i = std::get_if<std::int64_t>(&value.v))
        f.kind = DMEVENT_INT, f.v.i = *i;
    else if (const auto* u = std::get_if<std::uint64_t>(&value.v))
        f.kind = DMEVENT_UINT, f.v.u = *u;
    else if (const auto* d = std::get_if<double>(&value.v))
        f.kind = DMEVENT_REAL, f.v.real = *d;
    else if (const auto* b = std::get_if<bool>(&value.v))
        f.kind = DMEVENT_BOOL, f.v.u = *b;
    else if (const auto* s = std::get_if<std::string>(&value.v))
        f.v.text = borrow(*s);
    else if (const auto* l = std::get_if<Value::List>(&value.v)) {
        std::vector<dmevent_field> items;
        for (const auto& item : *l) items.push_back(lend({}, item, lists));
        f.kind = DMEVENT_LIST, f.count = static_cast<std::uint32_t>(items.size()), f.v.items = items.data();
        lists.push_back(std::move(items)); // moving a vector keeps its elements where they are
    }
    return f;
}

// Makes CALL, and turns its result and whatever it broke into the outcome.
template <class Call>
void run(Said& said, Listener& to, Call&& call) {
    dmevent_result result = DMEVENT_FAULT;
    try {
        result = call(&to.say);
    } catch (const std::exception& e) {
        to.violation = std::string{"an exception left it: "} + e.what();
    } catch (...) {
        to.violation = "an exception left it";
    }
    if (!to.violation.empty())
        said = Said{Said::Outcome::fault, std::move(to.violation), {}, {}, {}, {}, {}};
    else if (result == DMEVENT_UNKNOWN)
        said = Said{Said::Outcome::unknown, std::move(said.because), {}, {}, {}, {}, {}};
    else if (result != DMEVENT_OK) {
        auto why = said.because.empty() ? fmt::format("it returned {}", static_cast<int>(result))
                                        : std::move(said.because);
        said = Said{Said::Outcome::fault, std::move(why), {}, {}, {}, {}, {}};
    }
}

struct Planner {
    dmevent_plan plan;
    Planned* planned;
    std::string violation;
    template <class Take>
    static void hear(const dmevent_plan* p, Take&& take) noexcept { // as Listener::hear
        auto& to = *reinterpret_cast<Planner*>(const_cast<dmevent_plan*>(p));
        try {
            take(*to.planned);
        } catch (const std::exception& e) {
            to.violation = std::string{"it said what cannot be taken in: "} + e.what();
        }
    }
};
void on_arg(const dmevent_plan* p, dmevent_str a) {
    Planner::hear(p, [&](Planned& to) { to.argv.push_back(own(a)); });
}
void on_env(const dmevent_plan* p, dmevent_str n, dmevent_str v) {
    Planner::hear(p, [&](Planned& to) { to.env.emplace_back(own(n), own(v)); });
}
void on_refusal(const dmevent_plan* p, dmevent_str why) {
    Planner::hear(p, [&](Planned& to) { to.because = own(why); });
}

} // namespace

Result<Plugin> Plugin::adopt(const dmevent_plugin* descriptor, std::string file, std::shared_ptr<void> keep) {
    auto family = read_descriptor(*descriptor, file);
    if (!family) return std::move(family).error();
    if (auto hooks = read_hooks(*descriptor, file); !hooks) return std::move(hooks).error();
    Plugin plugin;
    plugin.family_ = *std::move(family);
    plugin.descriptor_ = descriptor;
    plugin.keep_ = std::move(keep);
    return plugin;
}

bool Plugin::has_uevent() const { return descriptor_->uevent != nullptr; }

void Plugin::tune(std::string_view type, double at, double step, double clear) {
    for (auto& gauge : family_.gauges)
        if (gauge.raises == type) std::tie(gauge.at, gauge.step, gauge.clear) = std::tie(at, step, clear);
}

Said Plugin::look(const TargetView* before, const TargetView& now) const {
    Said said;
    auto to = listen(said, family_, before != nullptr);
    const Shown shown{now};
    const auto old = before ? std::make_optional<Shown>(*before) : std::nullopt;
    run(said, to, [&](const dmevent_say* say) {
        return descriptor_->look(old ? &old->target : nullptr, &shown.target, say);
    });
    return said;
}

Said Plugin::uevent(const TargetView& last, const UeventReading& uevent) const {
    Said said;
    if (!has_uevent()) return said; // it has nothing to say to any of them
    auto to = listen(said, family_, true);
    const Shown shown{last};
    std::vector<dmevent_var> vars;
    vars.reserve(uevent.env.size());
    for (const auto& [name, value] : uevent.env) vars.push_back({borrow(name), borrow(value)});
    run(said, to, [&](const dmevent_say* say) {
        return descriptor_->uevent(&shown.target, vars.data(), vars.size(), say);
    });
    return said;
}

Planned Plugin::plan(std::uint32_t hook, const Event& event, const TargetView& target,
                     const Fields& args) const {
    Planned planned;
    Planner planner{{sizeof(dmevent_plan), on_arg, on_env, on_refusal}, &planned, {}};
    const auto fault = [&](std::string why) {
        Planned out;
        out.outcome = Planned::Outcome::fault;
        out.because = std::move(why);
        return out;
    };
    if (hook >= descriptor_->n_hooks || !descriptor_->plan)
        return fault(fmt::format("it has no hook {}", hook));
    const Shown shown{target};
    std::vector<std::vector<dmevent_field>> lists;
    std::vector<dmevent_field> data, arguments;
    for (const auto& [name, value] : event.data) data.push_back(lend(name, value, lists));
    for (const auto& [name, value] : args) arguments.push_back(lend(name, value, lists));
    const dmevent_event shown_event{sizeof(dmevent_event),
                                    static_cast<std::uint32_t>(event.severity),
                                    event.type.c_str(),
                                    borrow(event.part),
                                    &shown.target,
                                    data.data(),
                                    data.size()};
    dmevent_result result = DMEVENT_FAULT;
    try {
        result = descriptor_->plan(hook, &shown_event, arguments.data(), arguments.size(), &planner.plan);
    } catch (const std::exception& e) {
        return fault(std::string{"an exception left it: "} + e.what());
    } catch (...) {
        return fault("an exception left it");
    }
    if (!planner.violation.empty()) return fault(planner.violation);
    if (result == DMEVENT_REFUSED) {
        planned.outcome = Planned::Outcome::refused;
        planned.argv.clear();
    } else if (result != DMEVENT_OK) {
        return fault(planned.because.empty() ? fmt::format("it returned {}", static_cast<int>(result))
                                             : planned.because);
    } else if (planned.argv.empty() || !planned.argv.front().starts_with('/')) {
        return fault("its plan names no program by an absolute path");
    }
    return planned;
}

} // namespace dmev
