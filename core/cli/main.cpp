// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "base/json.hpp"
#include "base/log.hpp"
#include "cli/modes.hpp"
#include "cli/setup.hpp"

namespace dmev {
namespace {

// A standard stream that was closed becomes /dev/null the wrong way round: no descriptor of ours takes its
// number, and its use fails as it would have.
void occupy_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(stream, F_GETFD) < 0)
            while (open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) < stream) {
            }
}

Result<int> print(std::string&& text) {
    Stdout out;
    out.write(std::move(text));
    if (auto r = out.result(); !r) return r.error();
    return 0;
}

// With --json help and version are objects too: nothing but JSON goes to standard output then.
std::string as_json(const char* name, std::string_view text) {
    std::string line;
    JsonWriter{line}.begin_object().member("program", "dmevent_tool").member(name, text).end_object();
    return line + "\n";
}

Result<int> run(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options) return options.error();
    log::open(log::Sink::standard_error, options->debug ? log::Level::debug : log::Level::info);
    switch (options->mode) {
        case Mode::monitor: return monitor_mode(*options);
        case Mode::replay: return replay_mode(*options);
        case Mode::query: return query_mode(*options);
        case Mode::list_events: return list_mode(*options);
        case Mode::check_config: return check_mode(*options);
        case Mode::explain: return explain_mode(*options);
        case Mode::launcher: return launcher_mode(*options);
        case Mode::historian: return historian_mode(*options);
        case Mode::help: return print(options->json ? as_json("help", help_text()) : help_text());
        case Mode::version:
            return print(options->json ? as_json("version", DMEVENT_VERSION)
                                       : "dmevent_tool " DMEVENT_VERSION "\n");
    }
    return 0;
}

} // namespace
} // namespace dmev

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN); // a reader that leaves is an error of write(), not of ours
    dmev::occupy_standard_streams();
    return dmev::conclude(dmev::run(argc, argv));
}
