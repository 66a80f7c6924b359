// SPDX-License-Identifier: Apache-2.0
// One call's words as they come in: copied, or refused as a whole with what was wrong first.
#pragma once
#include <dmevent/plugin.h>

#include <cstring>
#include <exception>
#include <string>

#include "plugin/crash_note.hpp"
#include "plugin/values.hpp"

namespace dmev {

class Hearing {
 public:
    Intake in;

    // Takes in a word by TAKE, unless there was a wrong one already. An exception of ours must not run
    // through the plugin's frames, which may be plain C.
    template <class Take>
    void hear(Take&& take) noexcept {
        if (broken_) return;
        try {
            in.statement();
            take();
        } catch (const std::exception& e) {
            broken_ = true;
            try {
                violation_ = std::string{"it said what cannot be taken in: "} + e.what();
            } catch (const std::exception&) {
                // There is no memory even to say so.
            }
        }
    }
    void violated(std::string why) {
        if (!broken_) violation_ = std::move(why);
        broken_ = true;
    }

    bool broken() const { return broken_; }
    std::string violation() const {
        return violation_.empty() ? "it said what cannot be taken in" : violation_;
    }

 private:
    bool broken_ = false;
    std::string violation_; // the first one
};

// The number that a plugin gave as CODE. It may be none of the enumerators, and must not be looked at as one.
template <class Enum>
int code_of(const Enum& code) {
    static_assert(sizeof code == sizeof(int));
    int number = 0;
    std::memcpy(&number, &code, sizeof number);
    return number;
}

// Makes CALL by MAKE, which gives the plugin's result.
template <class Make>
int call_plugin(const PluginCall& call, Hearing& hearing, Make&& make) {
    const CallUnderWay under_way{call};
    try {
        const dmevent_result result = make();
        return code_of(result);
    } catch (...) {
        hearing.violated(what_left_it()); // which asks the exception, and is the plugin's code too
    }
    return DMEVENT_FAULT;
}

} // namespace dmev
