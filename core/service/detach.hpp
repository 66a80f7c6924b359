// SPDX-License-Identifier: Apache-2.0
// Into the background, with a parent that tells the truth: it returns once the child is ready, or with what
// the child said and its exit status when it is not.
#pragma once
#include <functional>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace dmev {

// The child's side. Until ready() what it writes to standard error comes out of the parent's.
class Readiness {
 public:
    Readiness(Fd errors, Fd status) : errors_(std::move(errors)), status_(std::move(status)) {}

    // Sends standard error to the parent. Whatever was forked before keeps /dev/null, so that nothing that
    // lives long holds the caller's terminal or pipe.
    void speak();

    // Lets the parent return success. Standard error is /dev/null from here on, the working directory is /.
    // Fails when nobody waits any more: who gave up on the start does not want it.
    Result<> ready();

 private:
    Fd errors_, status_;
};

// Runs CHILD in a new session, its standard streams on /dev/null; its return value is that process's exit
// status. Returns in the parent alone, the exit status to end with. REQUIRES: single-threaded.
Result<int> detach(const std::function<int(Readiness&)>& child);

} // namespace dmev
