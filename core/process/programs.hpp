// SPDX-License-Identifier: Apache-2.0
// The seam behind which programs run: the launcher's in earnest, a script in tests.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "process/program.hpp"

namespace dmev {

class Programs {
 public:
    struct Sink {
        std::function<void(const std::string& id, Ended&&)> ended; // once for each
        std::function<void(const std::string& id, std::chrono::milliseconds)>
            overdue;                                         // at most once, before ended
        std::function<void(const std::string& id)> released; // once, after an end that was stuck
    };
    virtual ~Programs() = default;

    // Starts PROGRAM and returns at once; how it went comes through the sink, from the loop, never from
    // within this call. ID is unique, [0-9a-z-]+, and names its files. The error: nothing was started; of kind
    // `bad_config` when PROGRAM never can be, `unavailable` when nothing can for now; else another try may do.
    virtual Result<> start(const std::string& id, const Program& program) = 0;

    // A program that an earlier instance started and left behind, running or ended since.
    struct Found {
        std::string id;
        std::string note;
        bool running = false;
    };
    // Takes over what was left behind: each then ends through the sink like our own. To be called once.
    virtual std::vector<Found> adopt() = 0;

    // ID is of a start() that an earlier instance may not have come to the end of. None: what may still come of
    // it starts nothing any more, and ID is used up. Else it was started after all, and is taken over as by
    // adopt(). The error: neither can be known. After adopt().
    virtual Result<std::optional<Found>> claim(const std::string& id) = 0;

    // What came of ID was said where it must be: nothing of it is kept any longer. After its end, also from
    // within the sink. Until then an instance that follows finds it, and says it once more.
    virtual void done(const std::string& id) = 0;
};

} // namespace dmev
