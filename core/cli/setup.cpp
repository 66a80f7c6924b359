// SPDX-License-Identifier: Apache-2.0
#include "cli/setup.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "base/log.hpp"
#include "plugin/loader.hpp"

namespace dmev {
namespace {

std::vector<std::filesystem::path> plugin_directories(const Options& options) {
    auto directories = options.plugin_dirs;
    for (auto& shipped : default_plugin_directories()) {
        const bool named = std::any_of(directories.begin(), directories.end(), [&](const auto& directory) {
            std::error_code ignored;
            return std::filesystem::equivalent(directory, shipped, ignored);
        });
        if (!named) directories.push_back(std::move(shipped));
    }
    return directories;
}

std::int64_t monotonic_now() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

bool colour_wanted() {
    const auto set = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string_view{value ? value : ""};
    };
    return isatty(STDOUT_FILENO) == 1 && set("NO_COLOR").empty() && set("TERM") != "dumb";
}

} // namespace

Vocabulary::Vocabulary(const Options& options) {
    LoadOptions load;
    load.directories = plugin_directories(options);
    auto loaded = load_plugins(load, catalogue);
    plugins = std::move(loaded.plugins);
    // Of paths and of what the linker says about them, nothing of which is escaped yet.
    for (const auto& error : loaded.refused) log::warning("{}", escape(error.text()));
    if (!plugins.empty()) return;
    std::string searched;
    for (const auto& directory : load.directories)
        searched += (searched.empty() ? "" : ", ") + escape(directory.string());
    log::warning("no plugin was loaded from {}: only the core's own events are known", searched);
}

void Vocabulary::watch_calls(const std::string& run_dir) {
    for (auto& plugin : plugins) plugin.conduct().time_by(monotonic_now);
    auto opened = PluginMarker::open(run_dir);
    if (!opened)
        return log::warning("{}; should a plugin crash, the next start will call it again",
                            escape(opened.error().text()));
    marker_.emplace(*std::move(opened));
    marker_->attend(plugins);
}

void Vocabulary::bring_back() {
    for (auto& plugin : plugins)
        if (plugin.conduct().bring_back())
            log::info("plugin '{}' was set aside, and is called again", plugin.family().name);
    if (!marker_) return;
    if (auto r = marker_->forget(); !r) log::warning("{}", escape(r.error().text()));
}

std::unique_ptr<Output> make_output(const Options& options, Output::Lines lines) {
    if (options.json) return json_output(std::move(lines));
    return text_output(std::move(lines), TextStyle{colour_wanted(), options.verbosity});
}

void Stdout::write(std::string&& lines) {
    for (std::string_view rest = lines; open() && !rest.empty();) {
        const auto n = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (n >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EAGAIN) { // somebody else made the terminal non-blocking
            pollfd writable{STDOUT_FILENO, POLLOUT, 0};
            poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            errno_value_ = errno;
        }
    }
}

Result<> Stdout::result() const {
    if (open() || reader_left(errno_value_)) return {};
    return errno_error("cannot write to standard output", "", errno_value_);
}

bool Stdout::reader_left(int errno_value) {
    // EBADF: it was closed from the start; EIO: the terminal hung up.
    return errno_value == EPIPE || errno_value == EBADF || (errno_value == EIO && isatty(STDOUT_FILENO) != 0);
}

int conclude(const Result<int>& result) {
    if (!result) log::error("{}", result.error().text());
    log::drain();
    if (result) return *result;
    return exit_status(result.error().kind);
}

} // namespace dmev
