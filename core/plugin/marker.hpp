// SPDX-License-Identifier: Apache-2.0
// A plugin that took the program down is not called by the next one: who was called when it ended stands in a
// file of the run directory, a line of JSON for each crash. A plugin's file that is another one since is
// called again; so are all of them after forget(), or once somebody removed the file.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plugin/plugin.hpp"

namespace dmev {

class PluginMarker {
 public:
    // Reads what DIRECTORY/plugin.mark tells of earlier programs, and has crashes of this one noted there.
    // The directory is made if need be. Of the thread that will call the plugins, once.
    static Result<PluginMarker> open(const std::string& directory);

    // Sets those aside that crashed. Each of them is named, should it crash from here on.
    void attend(std::span<Plugin> plugins) const;

    // All are to have another try, also in the next program.
    Result<> forget() const;

 private:
    explicit PluginMarker(std::string file) : file_(std::move(file)) {}
    Result<> read();

    std::string file_;
    std::vector<std::string> lines_; // as they were at the start
};

} // namespace dmev
