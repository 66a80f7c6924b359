// SPDX-License-Identifier: Apache-2.0
// The running kernel as a Source: the control device tells that something happened, uevents tell some of
// what, readers look. The dispatcher's side of it never blocks.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "model/catalogue.hpp"
#include "process/launcher.hpp"
#include "source/reader.hpp"
#include "source/source.hpp"
#include "source/tracker.hpp"

namespace dmev {

struct KernelOptions {
    std::vector<TargetClaim> claims;
    bool all_statuses = false;     // while recording: also of targets that nobody claims; never their tables
    bool hide_diskseq = false;     // as kernels before 5.15
    bool hide_list_extras = false; // as kernels before ioctl 4.45
    int readers = 2;               // one may hang for as long as the deadline, and others are still read
    // After any sign of life devices left suspended are looked for so often, in silence ever more seldom: one
    // ioctl for each that asks no target.
    Duration suspended_sweep = std::chrono::seconds{15};
    TrackerOptions tracker;
    std::function<Time()>
        clock; // never runs backwards; none: the time of day at the start, steadily advanced
};

// Fails with unavailable where the kernel has no device-mapper, and with not_permitted. LAUNCHER, and the
// loop given to start(), must outlive the source; its destructor waits for nothing.
Result<std::unique_ptr<Source>> kernel_source(KernelOptions options, Launcher& launcher);

} // namespace dmev
