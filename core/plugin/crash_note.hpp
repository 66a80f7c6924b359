// SPDX-License-Identifier: Apache-2.0
// Which plugin call is under way, and a line about it should the program end in its midst: by a fault, an
// abort or an exit(). SIGKILL leaves no line, so that whoever kills us blames nobody.
#pragma once
#include <string>

#include "base/result.hpp"

namespace dmev {

struct TargetView;

// A call under way; borrowed for its length.
struct PluginCall {
    const char* plugin = nullptr; // members of a JSON object that tell which one it is; null: no line is left
    const char* function = nullptr; // "look"
    const TargetView* target = nullptr;
};

// What costs nothing to keep, two stores a call, is read by nobody but the signal handler.
class CallUnderWay {
 public:
    explicit CallUnderWay(const PluginCall& call);
    ~CallUnderWay();
    CallUnderWay(const CallUnderWay&) = delete;
};

// From here on a crash in a plugin call of this thread leaves a line of JSON in FILE, which is created, and
// the program ends as it would have. Handlers stay for the life of the program; the calling thread gets a
// stack of its own for them, since a plugin may have used up the other one. Again: another file.
Result<> note_crashes(const std::string& file);

} // namespace dmev
