// SPDX-License-Identifier: Apache-2.0
// Events, devices and a plugin's family as the output tests show them: a plain one, and a hostile one.
#pragma once
#include <limits>

#include "model/catalogue.hpp"
#include "model/decision.hpp"
#include "model/device_state.hpp"
#include "model/event.hpp"

namespace dmev::test {

inline Event low_water() {
    Event e;
    e.id = "20260131T101502.123456789-11-1";
    e.time = *parse_utc("2026-01-31T10:15:02.123456789Z");
    e.type = "thin.low_water";
    e.severity = Severity::warning;
    e.state = State::raised;
    e.source = "kernel";
    e.message = "thin pool vg-pool: 240 of 1024 data blocks free";
    e.device = DeviceId{"vg-pool", "LVM-x-tpool", {253, 1}, 11};
    e.target = EventTarget{"thin-pool", 0};
    e.kernel = EventKernel{1, 1};
    e.data = {{"data_used", {std::uint64_t{784}}}, {"data_percent", {76.56}}};
    return e;
}

inline Event path_failed() {
    Event e = low_water();
    e.type = "multipath.path_failed";
    e.initial = e.repeat = e.inferred = true;
    e.source = "uevent";
    e.message = "mp: path 8:32 failed";
    e.part = "8:32";
    e.kernel.reset();
    e.uevent = EventUevent{"change", 1130, 1, "PATH_FAILED"};
    e.data = {{"path", {std::string{"8:32"}}},
              {"volumes", {Value::List{{std::string{"a b"}}, {std::string{"c"}}}}},
              {"offset", {std::int64_t{-3}}},
              {"queueing", {true}},
              {"share", {std::numeric_limits<double>::quiet_NaN()}}};
    return e;
}

// Every string as bad as the kernel allows.
inline Event hostile() {
    Event e = low_water();
    e.severity = Severity::critical;
    e.message = "a\nb\x1b[2J\xFF\" \\";
    e.device = DeviceId{"a\\x20b\xFF\n", "u\xFE", {253, 7}, {}};
    e.part = "\x01";
    e.data = {{"text", {std::string{"=\"x y\"\r\xC2\x9B"}}}};
    return e;
}

// Of the program itself.
inline Event overrun() {
    Event e;
    e.id = "20260131T101503.000000000-0-2";
    e.time = *parse_utc("2026-01-31T10:15:03Z");
    e.type = "monitor.overrun";
    e.severity = Severity::warning;
    e.source = "resync";
    e.message = "some uevents are lost";
    return e;
}

inline Decision decision() {
    Decision d;
    d.time = low_water().time;
    d.rule = "grow";
    d.what = Decision::What::fires;
    d.why = "raised";
    d.event = low_water().id;
    d.event_type = "thin.low_water";
    d.device = "vg-pool";
    d.steps = {{"thin.extend",
                {"/usr/sbin/lvm", "lvextend", "vg/pool"},
                {{"dmeventd", {}}, {"other", {"/bin/x"}}},
                {},
                {}},
               {"log", {}, {}, "a line", {}},
               {"raid.repair", {}, {}, {}, "no RAID"}};
    return d;
}
inline Decision waiting() {
    auto d = decision();
    d.what = Decision::What::waits;
    d.until = d.time;
    d.device.clear();
    return d;
}

inline std::vector<DeviceState> devices() {
    DeviceState pool;
    pool.id = *low_water().device;
    pool.event_nr = 1;
    pool.suspended = pool.read_only = true;
    pool.targets = {"thin-pool"};
    pool.holding = {{"thin.low_water", Severity::warning, "", low_water().target, low_water().time,
                     "few blocks free", low_water().data},
                    {"device.suspended_long", Severity::warning, "2", {}, low_water().time, "suspended", {}}};
    DeviceState odd;
    odd.id = *hostile().device;
    odd.event_nr = 4'294'967'295;
    return {pool, odd};
}

inline Family thin_family() {
    Family f;
    f.name = "thin";
    f.version = "0.1.0";
    f.file = "/plugins/thin.so";
    f.claims = {{"thin-pool", true, false, false}, {"thin", true, true, false}};
    EventType low;
    low.name = "thin.low_water";
    low.alias = "_thin_low_water";
    low.severity = Severity::warning;
    low.kind = Kind::condition;
    low.summary = "free data blocks are at or below the low water mark that the pool's table line sets";
    low.help = "Extend the pool.";
    EventType full = low;
    full.name = "thin.metadata_low_water";
    full.alias = "";
    full.ends_as = "thin.recovered";
    full.summary = "short";
    f.types = {low, full};
    f.hooks = {
        {"thin.extend",
         "extends the pool by LVM's policy, and by what is needed when that is more than the policy asks "
         "for",
         {{"max_size", ParamKind::unsigned_integer, false, "in bytes; never beyond"},
          {"why", ParamKind::text, true, "said to whoever asks"}},
         "activation/thin_pool_autoextend_threshold=100",
         "max_size"}};
    return f;
}

} // namespace dmev::test
