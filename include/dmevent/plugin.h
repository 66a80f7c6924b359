/* SPDX-License-Identifier: Apache-2.0
 *
 * dmevent plugin ABI 1: everything a plugin and its host know of each other.
 *
 * A plugin says what is TRUE of a target now. The host compares that with what was true before and
 * raises the events: it alone knows first sights, repetitions, thresholds, time and configuration.
 *
 *  - Functions are pure: same input, same words. No kept state, clock, I/O or locks.
 *    The host may call them from any thread, several at a time.
 *  - Every pointer, both ways, is borrowed until the call returns. Neither side frees the other's memory.
 *  - Nothing is raised before a function has returned DMEVENT_OK; after any other result its words are dropped.
 *  - No C++ exception may leave a function (plugin.hpp sees to it).
 *  - Structs grow at the end only and carry their size; what lies beyond the size is absent.
 *    DMEVENT_ABI rises only when that is not enough, and a host refuses any other number.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define DMEVENT_ABI 1u
#define DMEVENT_EXPORT __attribute__((visibility("default")))
/* Does this host know MEMBER? For what was added after ABI 1's first release. */
#define DMEVENT_HAS(type, p, member) ((p)->size >= offsetof(type, member) + sizeof((p)->member))

enum dmevent_severity {
    DMEVENT_INFO = 1,
    DMEVENT_NOTICE,
    DMEVENT_WARNING,
    DMEVENT_ERROR,
    DMEVENT_CRITICAL
};
enum dmevent_result {
    DMEVENT_OK = 0,
    DMEVENT_UNKNOWN = 1, /* look, uevent: text not understood; the host reports it and keeps what held */
    DMEVENT_REFUSED = 2, /* plan: does not apply, because() says why */
    DMEVENT_FAULT = 3    /* the plugin itself failed, because() says how */
};
enum dmevent_truth {
    DMEVENT_NO = 0,
    DMEVENT_YES = 1,
    DMEVENT_SAME = 2,  /* cannot be told, or inside the hysteresis: as before */
    DMEVENT_LAPSED = 3 /* no sign of it, but a reset would look the same: it ends only if for
                          30 s nothing says YES again. NO where it did not hold. */
};
enum dmevent_value { DMEVENT_INT = 1, DMEVENT_UINT, DMEVENT_REAL, DMEVENT_BOOL, DMEVENT_TEXT, DMEVENT_LIST };

/* Bytes of the kernel: hostile, perhaps not UTF-8. From the host also NUL-terminated. */
struct dmevent_str {
    const char *data;
    size_t size;
};
struct dmevent_field {       /* fixed for ABI 1 */
    struct dmevent_str name; /* [a-z0-9_]+; empty in a list */
    uint32_t kind, count;    /* dmevent_value; count of items, for a list */
    union {
        int64_t i;
        uint64_t u; /* also a bool, 0 or 1 */
        double real;
        struct dmevent_str text;
        const struct dmevent_field *items;
    } v;
};

/* ---- what the host shows ---- */

struct dmevent_device {
    uint32_t size, major, minor;
    struct dmevent_str name, uuid; /* the kernel's own bytes */
    struct dmevent_str vg, lv;     /* split by the host; empty when LVM did not make it */
};
struct dmevent_target {
    uint32_t size, index; /* index: position in the device's table, from 0 */
    const struct dmevent_device *device;
    uint64_t start, length;                 /* sectors of 512 bytes */
    struct dmevent_str type, table, status; /* table empty unless the claim asks for it */
};
struct dmevent_var {
    struct dmevent_str name, value;
};
struct dmevent_event { /* for hooks: what was raised, and the target as it was then */
    uint32_t size, severity;
    const char *type;
    struct dmevent_str key;
    const struct dmevent_target *target;
    const struct dmevent_field *fields;
    size_t n_fields;
};

/* ---- what the plugin says ---- */

struct dmevent_say {
    uint32_t size;
    /* A fact of this observation: goes into every event it raises, into rules and messages. */
    void (*field)(const struct dmevent_say *, const struct dmevent_field *);
    /* TYPE (index into types) is so for the part KEY (a path, a leg; else empty). The host raises TYPE when it
     * becomes YES and its ends_as when it becomes NO. One that look() did not mention is forgotten silently (its
     * path left the table); one that uevent() did not mention stays. MORE: fields for this part alone. */
    void (*condition)(const struct dmevent_say *, uint32_t type, struct dmevent_str key, enum dmevent_truth,
                      const struct dmevent_field *more, size_t n_more);
    /* Something that happened between before and now and leaves no condition. REQUIRES: before != NULL, or
     * uevent(). For a DMEVENT_BY_UEVENT type, which may also be a condition that came and went: dropped where
     * uevents since BEFORE already told of it; a field "times" says how many they would have to be. */
    void (*happened)(const struct dmevent_say *, uint32_t type, struct dmevent_str key,
                     const struct dmevent_field *more, size_t n_more);
    /* USED of TOTAL, in the gauge's unit. */
    void (*gauge)(const struct dmevent_say *, uint32_t gauge, uint64_t used, uint64_t total);
    /* The kernel will not announce what may come next: read within MS. The soonest wish counts. */
    void (*read_within)(const struct dmevent_say *, uint32_t ms);
    /* The reason of a result that is not OK. */
    void (*because)(const struct dmevent_say *, struct dmevent_str why);
};
struct dmevent_plan { /* one program, run by the host under its limits; no shell */
    uint32_t size;
    void (*arg)(const struct dmevent_plan *, struct dmevent_str); /* the first is an absolute path */
    void (*env)(const struct dmevent_plan *, struct dmevent_str name, struct dmevent_str value);
    void (*because)(const struct dmevent_plan *, struct dmevent_str why);
    /* One program at a time for each KEY ("vg:data"). By default the device's own. */
    void (*lock)(const struct dmevent_plan *, struct dmevent_str key);
    /* It changes storage: it is never killed, not even when it takes too long or the host ends. */
    void (*uninterruptible)(const struct dmevent_plan *);
    /* Who else may act on this device: "dmeventd", "multipathd". The host asks before it starts the program. If
     * WHO does, the arguments given after this call are run instead; without any, nothing is, and that is said. */
    void (*unless_managed_by)(const struct dmevent_plan *, struct dmevent_str who);
    /* An exit status of 0 proves nothing. Each of these must be so in a look after the program ended, else it
     * had no effect: */
    void (*until_ended)(const struct dmevent_plan *, uint32_t type, struct dmevent_str key); /* the condition does
                                                  not hold for KEY; an empty KEY: for no part at all */
    void (*until_grown)(const struct dmevent_plan *, uint32_t gauge); /* its total is larger than before */
    void (*until_field)(const struct dmevent_plan *, const struct dmevent_field *); /* look() states this value */
};

/* ---- what the plugin is ---- */

/* Claim flags. */
#define DMEVENT_TABLE 1u    /* show the table line: without it, it is not even kept */
#define DMEVENT_SERVED_BY 2u /* the table's first word is the device (major:minor) that answers its status
                                calls: both are read in turn, and hang together. Implies DMEVENT_TABLE. */
#define DMEVENT_SETTLES 4u  /* the first status after a resume, a reload or the creation may not be true yet:
                               the host reads again before it asks */
#define DMEVENT_TABLE_MOVES 8u /* the table line also shows state: another text alone is no reload */
struct dmevent_claim {
    const char *target; /* "thin-pool" */
    uint32_t flags;
};

enum dmevent_kind {
    DMEVENT_CONDITION = 1, /* holds for a while: raised, then ended */
    DMEVENT_HAPPENING = 2  /* an instant */
};
/* Type flags. */
#define DMEVENT_BY_UEVENT 1u    /* the kernel sends a uevent for it: a status that shows it first waits for that
                                   uevent, for the next status, or 250 ms; then it is raised as inferred */
#define DMEVENT_EACH 2u         /* every uevent that states it is an event, though it states nothing new (repeat) */
#define DMEVENT_LISTS_SERVED 4u /* the host adds "volumes": the names of the devices that this one serves */
struct dmevent_type {
    const char *name, *alias;      /* "thin.low_water": the plugin's name, a dot, [a-z0-9_]+; alias or NULL */
    uint32_t severity, kind, flags; /* dmevent_severity, dmevent_kind */
    const char *ends_as;           /* condition: the happening raised when it ends, or NULL: itself, cleared */
    const char *message;           /* "{device}: {data_free} of {data_total} blocks free": {device}, {key}, fields */
    const char *summary, *help;    /* one line for lists; what it means and what to do */
};
struct dmevent_gauge {
    const char *name, *raises, *unit; /* "data", "thin.data_threshold" or NULL for mere progress, "blocks" */
    double at, step, clear;           /* percent; defaults for the configuration's thresholds. at 0: off */
};
struct dmevent_param {
    const char *name;
    uint32_t kind, required; /* dmevent_value */
    const char *help;
};
struct dmevent_hook {
    const char *name, *help; /* "thin.extend": the plugin's name, a dot, [a-z0-9_]+ */
    const struct dmevent_param *params;
    size_t n_params;
    /* A setting of lvm.conf that makes it do nothing, "activation/raid_fault_policy=warn", and the parameter that
     * overrides it; NULL for none. For whoever checks a configuration. */
    const char *noop_if, *noop_unless;
};

struct dmevent_plugin {
    uint32_t abi, size;                                    /* read before anything else */
    uint32_t claim_size, type_size, gauge_size, hook_size; /* strides, so that the entries can grow */
    uint32_t param_size, flags;                            /* flags: none yet */
    const char *name, *version;                            /* name: the family, [a-z][a-z0-9_]* */
    const struct dmevent_claim *claims;
    size_t n_claims;
    const struct dmevent_type *types;
    size_t n_types;
    const struct dmevent_gauge *gauges;
    size_t n_gauges;
    const struct dmevent_hook *hooks;
    size_t n_hooks;
    /* BEFORE: the last text of the same target (lifetime, index, type) that look() understood, or NULL.
     * Never suspended. */
    enum dmevent_result (*look)(const struct dmevent_target *before, const struct dmevent_target *now,
                                const struct dmevent_say *);
    /* One uevent of the device, in kernel order. LAST: its texts, empty when none was read yet.
     * NULL if the target has no uevents. */
    enum dmevent_result (*uevent)(const struct dmevent_target *last, const struct dmevent_var *, size_t n,
                                  const struct dmevent_say *);
    /* What to run for HOOK on this event; NULL without hooks. */
    enum dmevent_result (*plan)(uint32_t hook, const struct dmevent_event *, const struct dmevent_field *args,
                                size_t n, const struct dmevent_plan *);
};
extern DMEVENT_EXPORT const struct dmevent_plugin dmevent_plugin_entry;

#ifdef __cplusplus
}
#endif
