// SPDX-License-Identifier: Apache-2.0
// The configuration as plain values. The table beside each struct is its whole description: reader, effective
// configuration, editors' schema and manual walk it.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "config/node.hpp"

namespace dmev {

using Millis = std::chrono::milliseconds;

// So many bytes.
struct Size {
    std::uint64_t bytes = 0;
};

// A word that is resolved later, against what the plugins registered.
struct Spelled {
    std::string text;
    Place at;
};

// What a number or a duration (in milliseconds) may be; MOST 0: whatever its type may be.
struct Range {
    double least = 0, most = 0;
};

template <class S, class T>
struct Key {
    const char* name;
    T S::*member;
    const char* help; // for the manual and for editors
    Range range{};
};
template <class S, class T>
Key(const char*, T S::*, const char*) -> Key<S, T>;
template <class S, class T>
Key(const char*, T S::*, const char*, Range) -> Key<S, T>;

template <class S>
struct Schema;

struct PollSettings {
    Millis interval{10'000};
    Millis fastest{250};
};
template <>
struct Schema<PollSettings> {
    static constexpr std::tuple keys{Key{"interval",
                                         &PollSettings::interval,
                                         "how often what raises no kernel event is read, far from a limit",
                                         {100, 86'400'000}},
                                     Key{"fastest",
                                         &PollSettings::fastest,
                                         "never more often than this, however near a limit is",
                                         {10, 3'600'000}}};
};

// A device is ignored when all that is given matches.
struct IgnoreSettings {
    std::optional<Spelled> uuid; // globs
    std::optional<Spelled> name;
};
template <>
struct Schema<IgnoreSettings> {
    static constexpr std::tuple keys{Key{"uuid", &IgnoreSettings::uuid, "a glob of device UUIDs"},
                                     Key{"name", &IgnoreSettings::name, "a glob of device names"}};
};

// What is not given is as the plugin declares it.
struct ThresholdSettings {
    Spelled type;                          // the key: "thin.data_threshold"
    std::optional<double> at, step, clear; // percent
};
template <>
struct Schema<ThresholdSettings> {
    static constexpr std::tuple keys{
        Key{"at",
            &ThresholdSettings::at,
            "percent; used above it raises the event; 0 turns it off",
            {0, 100}},
        Key{"step",
            &ThresholdSettings::step,
            "percent; told again at each further step; 0: only at 100 %",
            {0, 100}},
        Key{"clear", &ThresholdSettings::clear, "percent; it ends below", {0, 100}}};
};

// A user, and a group if it is not the user's own: "nobody", "nobody:adm".
struct RunAs {
    Spelled who; // empty: as the program itself
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups; // resolved when the configuration is loaded
};

struct LogSettings {
    Spelled level{"info", {}}; // debug, info, warning, error
    Spelled message{"{message}", {}};
};
template <>
struct Schema<LogSettings> {
    static constexpr std::tuple keys{
        Key{"level", &LogSettings::level, "debug, info, warning or error"},
        Key{"message", &LogSettings::message, "the line; placeholders are replaced"}};
};

// One of exec, log and systemd.
struct ActionSettings {
    Spelled name; // the key under actions:, or empty where it was written in place
    std::vector<Spelled> exec;
    std::optional<LogSettings> log;
    std::optional<Spelled> systemd; // "start UNIT@{device}"
    std::optional<Millis> timeout;  // 30 s
    RunAs run_as;
    std::vector<std::pair<Spelled, Spelled>> env;
};
template <>
struct Schema<ActionSettings> {
    static constexpr std::tuple keys{
        Key{"exec", &ActionSettings::exec,
            "a program by its absolute path, and its arguments; no shell; placeholders are replaced within "
            "one argument"},
        Key{"log", &ActionSettings::log, "a line in the program's own log"},
        Key{"systemd", &ActionSettings::systemd,
            "start UNIT: a unit to start; placeholders in its instance are escaped"},
        Key{"timeout",
            &ActionSettings::timeout,
            "then it gets TERM, and 5 s later KILL, with all that it started",
            {1, 0}},
        Key{"run_as", &ActionSettings::run_as, "the user, or user:group, whose rights it has"},
        Key{"env", &ActionSettings::env, "more environment variables"}};
};

// A step of a rule: a named action, a plugin's hook with its parameters, or an action in place.
struct StepSettings {
    Spelled name; // empty: in_place
    std::vector<std::pair<Spelled, Node>> arguments;
    std::optional<ActionSettings> in_place;
};

struct MatchSettings {                                           // checked and compiled by the rules
    std::vector<std::pair<Spelled, std::vector<Spelled>>> terms; // a list is any of
};

struct RemindSettings { // "once", "every 1h", "diminishing", "diminishing 6h"
    enum class How { once, every, diminishing };
    How how = How::once;
    Millis interval{0}; // the first, when diminishing: it doubles up to 32 times that
};

struct MaxRunsSettings {     // "5 per 10m"
    std::uint32_t count = 0; // 0: no limit
    Millis per{0};
};

struct BackoffSettings { // "1s..5m", or "10s": always that
    Millis first{1'000}, longest{300'000};
};
struct RetrySettings {
    std::uint32_t attempts = 5;
    BackoffSettings backoff;
};
template <>
struct Schema<RetrySettings> {
    static constexpr std::tuple keys{
        Key{"attempts",
            &RetrySettings::attempts,
            "how often a step is tried in all, while the condition holds",
            {1, 1000}},
        Key{"backoff", &RetrySettings::backoff,
            "the wait before the next attempt: it doubles from the first to the second"}};
};

struct RuleSettings {
    Spelled name;
    std::vector<Spelled> on;
    MatchSettings match;
    std::vector<StepSettings> steps;
    Millis hold{0}; // for:
    Millis cooldown{0};
    RemindSettings remind;
    MaxRunsSettings max_runs;
    std::optional<RetrySettings> retry;
    bool enabled = true;
    bool dry_run = false;
};
template <>
struct Schema<RuleSettings> {
    static constexpr std::tuple keys{
        Key{"name", &RuleSettings::name, "unique; shown wherever the rule is spoken of"},
        Key{"on", &RuleSettings::on, "families, types, globs or aliases of events"},
        Key{"match", &RuleSettings::match, "what else must be so of the event; see MATCHING"},
        Key{"do", &RuleSettings::steps, "the steps, in order: hooks, named actions, or actions in place"},
        Key{"for", &RuleSettings::hold, "only if it still holds after this time"},
        Key{"cooldown", &RuleSettings::cooldown,
            "the least time between two runs for one device; what comes earlier waits"},
        Key{"remind", &RuleSettings::remind,
            "while it lasts: once, every DURATION, or diminishing [DURATION]"},
        Key{"max_runs", &RuleSettings::max_runs, "N per DURATION, for one device; then action.suspended"},
        Key{"retry", &RuleSettings::retry,
            "tries a step that failed or had no effect again; left out: never"},
        Key{"enabled", &RuleSettings::enabled, "false: the rule is checked and never runs"},
        Key{"dry_run", &RuleSettings::dry_run, "true: what it would do is said and not done"}};
};

struct LimitSettings {
    std::uint32_t programs = 8;
    std::uint32_t queue = 1000;
    std::uint32_t pinned_mib = 64;
    bool waiting_lvm = true;
    Millis stale_after{3'600'000};
};
template <>
struct Schema<LimitSettings> {
    static constexpr std::tuple keys{
        Key{"programs", &LimitSettings::programs, "how many programs run at a time", {1, 256}},
        Key{"queue",
            &LimitSettings::queue,
            "how many runs may wait; beyond it the least severe fails",
            {1, 100'000}},
        Key{"pinned_mib",
            &LimitSettings::pinned_mib,
            "MiB of programs that are kept in memory to start without their disk; 0: nothing is kept",
            {0, 65'536}},
        Key{"waiting_lvm", &LimitSettings::waiting_lvm,
            "false: no lvm is kept waiting for the next command of a hook, and each is started when it is "
            "needed"},
        Key{"stale_after",
            &LimitSettings::stale_after,
            "what happened longer ago than this is not acted upon after a restart; what still holds is",
            {1000, 0}}};
};

// What happened, on disk.
struct HistorySettings {
    Spelled file{"/var/lib/dmevent_tool/history.db", {}};
    Millis keep{90LL * 86'400'000};
    Size max_size{256ULL << 20};
};
template <>
struct Schema<HistorySettings> {
    static constexpr std::tuple keys{
        Key{"file", &HistorySettings::file,
            "the file, by its absolute path, or none; read at the start alone"},
        Key{"keep", &HistorySettings::keep, "what is older is removed", {60'000, 0}},
        Key{"max_size",
            &HistorySettings::max_size,
            "where the file is larger, the oldest is removed, from 1MiB",
            {1 << 20, 0}}};
};

struct Settings {
    std::uint32_t version = 1;
    std::vector<Spelled> monitor;
    std::vector<IgnoreSettings> ignore;
    PollSettings poll;
    std::vector<ThresholdSettings> thresholds; // a map in YAML, by type
    std::vector<ActionSettings> actions;       // a map in YAML, by name
    std::vector<RuleSettings> rules;
    LimitSettings limits;
    std::vector<Spelled> keep;
    HistorySettings history;
    bool dry_run = false;
    std::vector<std::string> files; // what was read, in order
};
template <>
struct Schema<Settings> {
    static constexpr std::tuple keys{
        Key{"version", &Settings::version, "of the configuration's form; must be there, and is 1", {1, 1}},
        Key{"monitor", &Settings::monitor, "the EVENT_TYPEs to monitor when the command line names none"},
        Key{"ignore", &Settings::ignore, "devices that are never reported"},
        Key{"poll", &Settings::poll, "reading of what raises no kernel event"},
        Key{"thresholds", &Settings::thresholds, "tunes the gauges that plugins declare, by event type"},
        Key{"actions", &Settings::actions, "named actions, by name"},
        Key{"rules", &Settings::rules, "what is done about which events"},
        Key{"keep", &Settings::keep,
            "files, by absolute paths, that are kept in memory beside the programs of exec: those that hooks "
            "run, and what they read; see WHEN THE DISK HANGS"},
        Key{"limits", &Settings::limits, "bounds of what runs, how many and how late"},
        Key{"history", &Settings::history,
            "what happened is kept in a file, for --query and for after a reboot"},
        Key{"dry_run", &Settings::dry_run, "true: as with --dry-run"}};
};

} // namespace dmev
