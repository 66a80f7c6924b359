// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "model/observation.hpp"
#include "service/outlet.hpp"

namespace dmev {

// Writes everything a source says to a file, whatever of it is shown. A full disk is said once for each time
// it happens, and stops nothing.
class Recorder {
 public:
    // FILE is created, readable by its owner alone, or emptied. LOOP outlives the recorder.
    static Result<std::unique_ptr<Recorder>> open(Loop& loop, const std::string& file);
    ~Recorder(); // drains, and says how many lines were lost

    void record(const Observation& observation);
    void drain() { outlet_->drain(); }

 private:
    explicit Recorder(std::string file) : file_(std::move(file)) {}
    std::string file_;
    std::unique_ptr<Outlet> outlet_;
};

} // namespace dmev
