// SPDX-License-Identifier: Apache-2.0
// The command line as a value. One table drives the parser, the help text and the check of what goes with
// what.
#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/event.hpp"

namespace dmev {

enum class Mode {
    monitor,
    replay,
    query,
    list_events,
    check_config,
    explain,
    launcher,
    historian,
    help,
    version
};

struct Options {
    Mode mode = Mode::monitor;
    bool foreground = false;
    bool debug = false;
    bool all = false;
    bool json = false;
    bool once = false;
    bool no_config = false;
    bool dry_run = false;
    bool forget = false;
    bool explain = false; // also with replay
    int verbosity = 0;
    std::string pidfile;                            // empty: the default when detached, none otherwise
    std::string replay;                             // "-" is standard input
    std::string record;                             // empty: nothing is recorded
    std::string config;                             // empty: the files in their usual place
    std::string run_dir = "/run/dmevent_tool";      // what runs is kept there, for whoever comes after us
    std::string launcher_socket;                    // of a launcher service; empty: programs are our own's
    std::string history;                            // empty: the configuration's
    std::string history_socket;                     // of a history service; empty: it is our own's
    bool no_history = false;                        // neither kept nor shown
    std::vector<std::string> ignore;                // UUIDs
    std::vector<std::filesystem::path> plugin_dirs; // searched before the default ones
    std::vector<std::string> types;                 // EVENT_TYPE operands, in order

    // What --query shows.
    struct Past {
        std::optional<Time> since, until;
        Severity least = Severity::info;
        // The newest so many; kEverything: all. None: the usual number, or all of a given time.
        std::optional<std::size_t> last;
        bool asked = false; // any of them was given, so that it must be there
    };
    static constexpr std::size_t kEverything = SIZE_MAX;
    Past past;
    std::vector<std::string> devices; // globs of names or UUIDs; empty: all
};

// ARGV[0] is the program. Every error is of kind usage and says what would be right.
Result<Options> parse_options(int argc, char* const* argv);

std::string help_text();

// The names of all long options, without dashes.
std::vector<std::string> long_options();

} // namespace dmev
