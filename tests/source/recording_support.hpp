// SPDX-License-Identifier: Apache-2.0
// Observations out of chance, and their comparison. Comparing by what would be written is no proof of a
// round trip, so it is done member by member.
#pragma once
#include <algorithm>
#include <random>
#include <string>

#include "model/observation.hpp"

namespace dmev::test {

class Chance {
 public:
    explicit Chance(unsigned seed) : engine_(seed) {}
    std::uint64_t below(std::uint64_t n) {
        return std::uniform_int_distribution<std::uint64_t>{0, n - 1}(engine_);
    }
    bool flag() { return below(2) == 1; }
    std::uint64_t u64() { return flag() ? engine_() : below(3); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(u64()); }

    // Plain words, valid UTF-8 with an awkward taste, and bytes at random.
    std::string text() {
        static const char* const kAwkward[] = {
            "",         "vg-pool",      "a\\x20b",      "\"\\/\b\f\n\r\t", "\xC3\xA9", "\xEF\xBF\xBD",
            "\xFF\xFE", "\xED\xA0\x80", "\x7F\xC2\x80", "0 1/2 "};
        if (flag()) return kAwkward[below(std::size(kAwkward))];
        std::string out(below(24), ' ');
        for (auto& c : out) c = static_cast<char>(below(256));
        return out;
    }

 private:
    std::mt19937_64 engine_;
};

inline DeviceId any_device(Chance& c) {
    DeviceId id{c.text(), c.text(), {c.u32(), c.u32()}, {}};
    if (c.flag()) id.diskseq = c.u64();
    return id;
}

inline DeviceReading any_reading(Chance& c) {
    DeviceReading d;
    d.why = static_cast<Why>(c.below(6));
    d.id = any_device(c);
    d.event_nr = c.u32();
    d.suspended = c.flag();
    d.internal_suspend = c.flag();
    d.read_only = c.flag();
    d.deferred_remove = c.flag();
    d.inactive_table = c.flag();
    for (auto n = c.below(4); n > 0; --n) {
        TargetReading t{c.u64(), c.u64(), c.text(), {}, {}};
        if (c.flag()) t.table = c.text();
        if (c.flag()) t.status = c.text();
        d.targets.push_back(std::move(t));
    }
    return d;
}

inline Observation any_observation(Chance& c) {
    Observation o{Time{Duration{static_cast<std::int64_t>(c.below(9'000'000'000'000'000'000ULL))}}, Tick{}};
    switch (c.below(10)) {
        case 0: o.what = SourceStarted{c.text(), c.text(), c.text(), c.text()}; break;
        case 1: o.what = BaselineDone{}; break;
        case 2: {
            UeventReading u;
            static const char* const kKeys[] = {"ACTION", "DEVPATH", "DM_NAME", "DM_UUID", "SYNTH_ARG_A"};
            for (auto n = c.below(8); n > 0; --n)
                u.env.emplace_back(kKeys[c.below(std::size(kKeys))], c.text());
            o.what = std::move(u);
            break;
        }
        case 3: o.what = DeviceRemoved{any_device(c)}; break;
        case 4: o.what = Overrun{}; break;
        case 5: {
            Unresponsive u{any_device(c), {}};
            for (auto n = c.below(4); n > 0; --n) u.devices.push_back(c.text());
            o.what = std::move(u);
            break;
        }
        case 6: o.what = Responsive{any_device(c)}; break;
        case 7: break;
        default: o.what = any_reading(c);
    }
    return o;
}

inline bool same(const DeviceId& a, const DeviceId& b) {
    return a.name == b.name && a.uuid == b.uuid && a.number == b.number && a.diskseq == b.diskseq;
}
inline bool same(const TargetReading& a, const TargetReading& b) {
    return a.start == b.start && a.length == b.length && a.type == b.type && a.table == b.table &&
           a.status == b.status;
}

// Does the same kind with the same members follow?
struct Same {
    const Observation& b;
    template <class T>
    const T& other() const {
        return std::get<T>(b.what);
    }

    bool operator()(const SourceStarted& a) const {
        const auto& o = other<SourceStarted>();
        return a.tool == o.tool && a.kernel == o.kernel && a.ioctl == o.ioctl && a.boot_id == o.boot_id;
    }
    bool operator()(const DeviceReading& a) const {
        const auto& o = other<DeviceReading>();
        return a.why == o.why && same(a.id, o.id) && a.event_nr == o.event_nr && a.suspended == o.suspended &&
               a.internal_suspend == o.internal_suspend && a.read_only == o.read_only &&
               a.deferred_remove == o.deferred_remove && a.inactive_table == o.inactive_table &&
               std::equal(a.targets.begin(), a.targets.end(), o.targets.begin(), o.targets.end(),
                          [](const auto& x, const auto& y) { return same(x, y); });
    }
    bool operator()(const UeventReading& a) const { return a.env == other<UeventReading>().env; }
    bool operator()(const DeviceRemoved& a) const { return same(a.id, other<DeviceRemoved>().id); }
    bool operator()(const Unresponsive& a) const {
        return same(a.id, other<Unresponsive>().id) && a.devices == other<Unresponsive>().devices;
    }
    bool operator()(const Responsive& a) const { return same(a.id, other<Responsive>().id); }
    template <class T>
    bool operator()(const T&) const {
        return true;
    } // nothing but its kind
};

inline bool same(const Observation& a, const Observation& b) {
    return a.at == b.at && a.what.index() == b.what.index() && std::visit(Same{b}, a.what);
}

} // namespace dmev::test
