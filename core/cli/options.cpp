// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "cli/when.hpp"

namespace dmev {
namespace {

constexpr unsigned bit(Mode mode) { return 1U << static_cast<unsigned>(mode); }
constexpr unsigned monitoring = bit(Mode::monitor), replaying = bit(Mode::replay),
                   querying = bit(Mode::query), checking = bit(Mode::check_config),
                   explaining = bit(Mode::explain), launching = bit(Mode::launcher),
                   keeping = bit(Mode::historian);
constexpr unsigned watching = monitoring | replaying;
constexpr unsigned configured = watching | querying | checking | explaining;
constexpr unsigned everywhere = ~0U;

// Options without a letter are numbered above all letters.
enum : int {
    replay_code = 256,
    record_code,
    plugin_dir_code,
    config_code,
    no_config_code,
    check_config_code,
    dry_run_code,
    explain_code,
    run_dir_code,
    forget_code,
    launcher_code,
    launcher_socket_code,
    history_code,
    historian_code,
    history_socket_code,
    no_history_code,
    since_code,
    until_code,
    device_code,
    severity_code,
    last_code
};

struct Spec {
    int code; // its letter, or one of the above
    const char* name;
    const char* argument; // null: takes none
    unsigned modes;       // where it means something
    const char* help;
};

constexpr Spec specs[] = {
    {'f', "foreground", nullptr, everywhere, "stay in the foreground, events on standard output"},
    {'d', "debug", nullptr, everywhere, "say on standard error what goes on inside"},
    {'p', "pidfile", "PATH", monitoring, "write the process id to PATH and hold a lock on it"},
    {'i', "ignore", "UUID", watching | querying | explaining,
     "leave out the device with this UUID (repeatable)"},
    {'a', "all", nullptr, watching | querying | explaining, "all event types"},
    {'q', "query", nullptr, everywhere, "show every device and what holds now, then end"},
    {'l', "list-events", nullptr, everywhere, "show the event types that can be monitored, then end"},
    {'j', "json", nullptr, everywhere, "JSON, one object a line"},
    {'o', "once", nullptr, watching, "end after the first event"},
    {'v', "verbose", nullptr, everywhere, "more of each event (repeatable)"},
    {config_code, "config", "FILE", configured, "read this configuration, not the one in /etc/dmevent_tool"},
    {no_config_code, "no-config", nullptr, everywhere, "read no configuration"},
    {check_config_code, "check-config", nullptr, everywhere,
     "check the configuration, show what is in effect, then end"},
    {dry_run_code, "dry-run", nullptr, watching, "show what the rules would do, and do nothing"},
    {explain_code, "explain", nullptr, replaying | explaining | querying,
     "say of every rule why it fires or not (JSON events from standard input)"},
    {run_dir_code, "run-dir", "DIR", monitoring | launching | keeping,
     "keep what runs here (/run/dmevent_tool)"},
    {forget_code, "forget", nullptr, monitoring, "begin anew, whatever an earlier run left to go on with"},
    {launcher_code, "launcher", nullptr, everywhere, "start programs for others, as a service of its own"},
    {launcher_socket_code, "launcher-socket", "PATH", monitoring,
     "have programs started by the launcher that listens here"},
    {history_code, "history", "FILE", monitoring | querying,
     "keep what happens in FILE; --query: show what is kept there"},
    {historian_code, "historian", nullptr, everywhere,
     "write the history of another instance, as a service of its own"},
    {history_socket_code, "history-socket", "PATH", monitoring,
     "have the history written by the historian that listens here"},
    {no_history_code, "no-history", nullptr, monitoring | querying, "keep no history; --query: show none"},
    {since_code, "since", "WHEN", querying, "past events from WHEN on: a time, or so long ago (2h, 7d)"},
    {until_code, "until", "WHEN", querying, "past events up to WHEN"},
    {device_code, "device", "GLOB", querying, "only devices of this name or UUID (repeatable)"},
    {severity_code, "severity", "LEAST", querying, "past events of this severity or above"},
    {last_code, "last", "N", querying, "the newest N past events, or all (20)"},
    {replay_code, "replay", "FILE", everywhere, "take events from a recording (- is standard input)"},
    {record_code, "record", "FILE", monitoring, "write what the kernel says to FILE, to be replayed"},
    {plugin_dir_code, "plugin-dir", "DIR", everywhere, "look for plugins here first (repeatable)"},
    {'h', "help", nullptr, everywhere, "show this text and end"},
    {'V', "version", nullptr, everywhere, "show the version and end"},
};

const Spec* find_spec(int code) {
    const auto* it =
        std::find_if(std::begin(specs), std::end(specs), [code](const Spec& s) { return s.code == code; });
    return it == std::end(specs) ? nullptr : it;
}

Error usage(std::string what, std::string object, std::string why, std::string remedy) {
    return Error{ErrorKind::usage, std::move(what), std::move(object), std::move(why), std::move(remedy)};
}

const std::string see_help = "dmevent_tool --help lists every option";

Error unknown_long(std::string_view argument) {
    const auto word = argument.substr(2, argument.find('=') - 2);
    std::string matches;
    for (const auto& spec : specs)
        if (!word.empty() && std::string_view{spec.name}.starts_with(word))
            matches += (matches.empty() ? "--" : ", --") + std::string{spec.name};
    if (!matches.empty())
        return usage("option", "'--" + escape(word) + "'", "may mean " + matches, "write more of it");
    const auto names = long_options();
    const auto guess = nearest(word, names);
    return usage("unknown option", "'--" + escape(word) + "'", "",
                 (guess.empty() ? "" : "did you mean --" + std::string{guess} + "? ") + see_help);
}

Error unknown_letter(std::string_view argument, int letter) {
    // "-json" was read as -j -s ...: who writes that means --json.
    const auto word = argument.substr(1);
    for (const auto& spec : specs)
        if (word == spec.name)
            return usage("unknown option", "'" + escape(argument) + "'", "",
                         "did you mean --" + std::string{spec.name} + "? " + see_help);
    const char c = static_cast<char>(letter);
    return usage("unknown option", "'-" + escape({&c, 1}) + "'", "", see_help);
}

// What getopt_long() reports as '?' for ARGUMENT, with CODE in optopt.
Error refused(std::string_view argument, int code) {
    if (!argument.starts_with("--")) return unknown_letter(argument, code);
    if (const auto* spec = find_spec(code); code != 0 && spec)
        return usage("option", "--" + std::string{spec->name}, "takes no value", see_help);
    return unknown_long(argument);
}

Error empty_value(const Spec& spec) {
    return usage("option", "--" + std::string{spec.name}, std::string{"its "} + spec.argument + " is empty",
                 see_help);
}

// A mode option changes the mode once: two different ones contradict each other.
Result<> choose(Options& options, Mode mode) {
    if (options.mode != Mode::monitor && options.mode != mode)
        return usage(
            "only one of --query, --list-events, --check-config, --replay, --launcher and --historian can be "
            "done at a time",
            "", "", see_help);
    options.mode = mode;
    return {};
}

// Detached we are in another directory, and the file is read again at each SIGHUP.
std::string absolute(const char* path) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    return error ? path : whole.string();
}

Result<> read_when(const char* name, const char* value, std::optional<Time>& into) {
    into = parse_when(value, std::chrono::system_clock::now());
    if (into) return {};
    return usage("option", std::string{"--"} + name, "'" + escape(value) + "' is no time",
                 "write '2026-01-31 10:15', 2026-01-31T10:15:00Z, 10:15, today, yesterday, or how long ago: "
                 "90s, 2h, 7d");
}

Result<> read_severity(const char* value, Severity& into) {
    for (const auto severity :
         {Severity::info, Severity::notice, Severity::warning, Severity::error, Severity::critical})
        if (std::string_view{value} == severity_name(severity)) {
            into = severity;
            return {};
        }
    return usage("option", "--severity", "'" + escape(value) + "' is no severity",
                 "write info, notice, warning, error or critical");
}

Result<> read_last(std::string_view value, std::optional<std::size_t>& into) {
    std::uint32_t count = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), count);
    if (value != "all" && (code != std::errc{} || end != value.data() + value.size()))
        return usage("option", "--last", "'" + escape(value) + "' is no number", "write a number, or all");
    into = value == "all" ? Options::kEverything : count;
    return {};
}

// Of --query alone.
Result<> apply_past(Options& options, int code, const char* value) {
    options.past.asked = true;
    switch (code) {
        case since_code: return read_when("since", value, options.past.since);
        case until_code: return read_when("until", value, options.past.until);
        case severity_code: return read_severity(value, options.past.least);
        default: return read_last(value, options.past.last);
    }
}

Result<> apply(Options& options, int code, const char* value) {
    switch (code) {
        case 'f': options.foreground = true; break;
        case 'd': options.debug = true; break;
        case 'p': options.pidfile = value; break;
        case 'i': options.ignore.emplace_back(value); break;
        case 'a': options.all = true; break;
        case 'q': return choose(options, Mode::query);
        case 'l': return choose(options, Mode::list_events);
        case 'j': options.json = true; break;
        case 'o': options.once = true; break;
        case 'v': ++options.verbosity; break;
        case replay_code: options.replay = value; return choose(options, Mode::replay);
        case config_code: options.config = absolute(value); break;
        case no_config_code: options.no_config = true; break;
        case check_config_code: return choose(options, Mode::check_config);
        case dry_run_code: options.dry_run = true; break;
        case explain_code: options.explain = true; break;
        case run_dir_code: options.run_dir = absolute(value); break;
        case forget_code: options.forget = true; break;
        case launcher_code: return choose(options, Mode::launcher);
        case launcher_socket_code: options.launcher_socket = absolute(value); break;
        case historian_code: return choose(options, Mode::historian);
        case history_socket_code: options.history_socket = absolute(value); break;
        case history_code: options.history = absolute(value); break;
        case no_history_code: options.no_history = true; break;
        case since_code:
        case until_code:
        case severity_code:
        case last_code: return apply_past(options, code, value);
        case device_code: options.devices.emplace_back(value); break;
        case record_code: options.record = value; break;
        case plugin_dir_code: options.plugin_dirs.emplace_back(value); break;
        default: break;
    }
    return {};
}

const char* mode_option(Mode mode) {
    switch (mode) {
        case Mode::replay: return "--replay";
        case Mode::query: return "--query";
        case Mode::list_events: return "--list-events";
        case Mode::check_config: return "--check-config";
        case Mode::explain: return "--explain";
        case Mode::launcher: return "--launcher";
        case Mode::historian: return "--historian";
        default: return "monitoring";
    }
}

Result<> check(const Options& options, std::span<const Spec* const> given) {
    for (const auto* spec : given)
        if ((spec->modes & bit(options.mode)) == 0)
            return usage("option", "--" + std::string{spec->name},
                         std::string{"has no meaning with "} + mode_option(options.mode), see_help);
    if (options.mode == Mode::list_events && !options.types.empty())
        return usage("unexpected operand", "'" + escape(options.types.front()) + "'",
                     "--list-events always shows every type", see_help);
    if (options.mode == Mode::check_config && !options.types.empty())
        return usage("unexpected operand", "'" + escape(options.types.front()) + "'",
                     "--check-config checks all there is; name a file with --config", see_help);
    if ((options.mode == Mode::launcher || options.mode == Mode::historian) && !options.types.empty())
        return usage("unexpected operand", "'" + escape(options.types.front()) + "'",
                     std::string{mode_option(options.mode)} + " watches nothing", see_help);
    if (options.no_config && !options.config.empty())
        return usage("--config and --no-config contradict each other", "", "", see_help);
    if (options.no_config && options.mode == Mode::check_config)
        return usage("--check-config has nothing to check with --no-config", "", "", see_help);
    if (options.no_history &&
        (!options.history.empty() || !options.history_socket.empty() || options.past.asked))
        return usage("option", "--no-history", "contradicts the options that are about the history",
                     see_help);
    if (options.past.since && options.past.until && *options.past.until < *options.past.since)
        return usage("option", "--until", "is before --since", "turn them round");
    if (options.record == "-")
        return usage("option", "--record", "standard output is for events", "name a file");
    return {};
}

} // namespace

Result<Options> parse_options(int argc, char* const* argv) {
    std::string letters = "-:"; // operands in order, wherever they stand; missing values as ':'
    std::vector<option> longs;
    for (const auto& spec : specs) {
        longs.push_back({spec.name, spec.argument ? required_argument : no_argument, nullptr, spec.code});
        if (spec.code >= 256) continue;
        letters += static_cast<char>(spec.code);
        if (spec.argument) letters += ':';
    }
    longs.push_back({});

    Options options;
    std::vector<const Spec*> given;
    std::optional<Mode> asked; // help or version: given whatever else, wrong or right, stands on the line
    std::optional<Error> wrong;
    const auto note = [&wrong](Error error) {
        if (!wrong) wrong = std::move(error);
    };
    opterr = 0;
    optind = 0;
    for (int at = 1;; at = optind) {
        const int code = getopt_long(argc, argv, letters.c_str(), longs.data(), nullptr);
        if (code == -1) break;
        if (code == 1) {
            options.types.emplace_back(optarg);
            continue;
        }
        if (code == ':') {
            const auto* spec = find_spec(optopt);
            note(
                usage("option", spec ? "--" + std::string{spec->name} : argv[at], "needs a value", see_help));
        } else if (code == '?') {
            note(refused(argv[at], optopt));
        } else if (code == 'h' || code == 'V') {
            if (!asked) asked = code == 'h' ? Mode::help : Mode::version;
        } else if (const auto* spec = find_spec(code); spec->argument && *optarg == '\0') {
            note(empty_value(*spec));
        } else {
            if (auto r = apply(options, code, optarg); !r) note(r.error());
            given.push_back(spec);
        }
    }
    if (asked) {
        options.mode = *asked;
        return options;
    }
    if (wrong) return *wrong;
    for (int i = optind; i < argc; ++i) options.types.emplace_back(argv[i]);
    if (options.explain && options.mode == Mode::monitor) options.mode = Mode::explain;
    if (auto r = check(options, given); !r) return r.error();
    return options;
}

std::string help_text() {
    std::string out =
        "Usage: dmevent_tool [options] [EVENT_TYPE]...\n"
        "       dmevent_tool --query [options] [EVENT_TYPE]...\n"
        "       dmevent_tool --replay FILE [options] [EVENT_TYPE]...\n"
        "       dmevent_tool --list-events [options]\n"
        "       dmevent_tool --check-config [options]\n"
        "       dmevent_tool --explain [options] <EVENTS\n"
        "       dmevent_tool --launcher [options]\n"
        "       dmevent_tool --historian [options]\n"
        "Monitor device-mapper events.\n\n";
    for (const auto& spec : specs) {
        const auto letter = spec.code < 256 ? fmt::format("-{:c},", spec.code) : std::string{};
        const auto name =
            std::string{"--"} + spec.name + (spec.argument ? " " : "") + (spec.argument ? spec.argument : "");
        out += fmt::format("  {:3} {:20} {}\n", letter, name, spec.help);
    }
    out +=
        "\nEVENT_TYPE is a family (thin), a type (thin.low_water), a glob ('thin.*') or an alias "
        "(PATH_FAILED).\n"
        "Without --foreground it detaches, and events go to the journal or syslog.\n"
        "Exit status: 0 done, 1 failed, 2 usage, 69 no device-mapper,\n"
        "77 not permitted, 78 wrong configuration.\n";
    return out;
}

std::vector<std::string> long_options() {
    std::vector<std::string> names;
    for (const auto& spec : specs) names.emplace_back(spec.name);
    return names;
}

} // namespace dmev
