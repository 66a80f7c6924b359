// SPDX-License-Identifier: Apache-2.0
// What several modes need: plugins, the selection, the output, the way to standard output.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "model/catalogue.hpp"
#include "output/output.hpp"
#include "plugin/marker.hpp"
#include "plugin/plugin.hpp"

namespace dmev {

// The event types there are, and the plugins that know them. Not moved, since engines refer to it.
class Vocabulary {
 public:
    // Loads every plugin that will; names each that will not on standard error.
    explicit Vocabulary(const Options& options);
    Vocabulary(const Vocabulary&) = delete;
    Vocabulary& operator=(const Vocabulary&) = delete;

    // For whoever watches for long, from the thread that calls the plugins: their calls are timed, and one
    // that brings the program down is named in RUN_DIR and not called by the next.
    void watch_calls(const std::string& run_dir);
    // A reload: plugins that were set aside are called again.
    void bring_back();

    Catalogue catalogue;
    std::vector<Plugin> plugins;

 private:
    std::optional<PluginMarker> marker_;
};

std::unique_ptr<Output> make_output(const Options& options, Output::Lines lines);

// Standard output for modes that may wait for its reader. A reader that went away is no error: nothing more
// is written, and the program ends quietly.
class Stdout {
 public:
    void write(std::string&& lines);
    bool open() const { return errno_value_ == 0; }
    // The error of what could not be written, unless the reader just left.
    Result<> result() const;

    static bool reader_left(int errno_value);

 private:
    int errno_value_ = 0;
};

// Says the error, if it is one; gives the exit status.
int conclude(const Result<int>& result);

} // namespace dmev
