// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin.hpp"

#include <fmt/format.h>

#include <exception>
#include <tuple>

#include "plugin/descriptor.hpp"
#include "plugin/values.hpp"

namespace dmev {
namespace {

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
            to.said->conditions.push_back({type, own(key), kTruths[truth], own(more, n)});
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
            to.said->happenings.push_back({type, own(key), own(more, n)});
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

// Makes CALL, and turns its result and whatever it broke into the outcome.
template <class Call>
void run(Said& said, Listener& to, Call&& call) {
    dmevent_result result = DMEVENT_FAULT;
    try {
        result = call(&to.say);
    } catch (...) {
        to.violation = what_left_it();
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

} // namespace

Result<Plugin> Plugin::adopt(const dmevent_plugin* descriptor, std::string file, std::shared_ptr<void> keep) {
    auto family = read_descriptor(*descriptor, file);
    if (!family) return std::move(family).error();
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
        return descriptor_->look(old ? &old->target() : nullptr, &shown.target(), say);
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
        return descriptor_->uevent(&shown.target(), vars.data(), vars.size(), say);
    });
    return said;
}

} // namespace dmev
