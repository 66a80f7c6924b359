// SPDX-License-Identifier: Apache-2.0
// Programs in earnest: a shepherd of the launcher's for each. Programs and shepherds outlive this; what is
// left behind is found again in RUN_DIR/jobs.
#pragma once
#include <map>
#include <memory>

#include "base/loop.hpp"
#include "process/job_files.hpp"
#include "process/launcher.hpp"
#include "process/programs.hpp"

namespace dmev {

class LaunchedPrograms : public Programs {
 public:
    // RUN_DIR is made where it is missing; empty: no job is kept, and what we leave behind is not found
    // again. LOOP and LAUNCHER must outlive this, which must not be destroyed from within SINK.
    static Result<std::unique_ptr<LaunchedPrograms>> open(Loop& loop, Launcher& launcher,
                                                          const std::string& run_dir, Sink sink);
    ~LaunchedPrograms() override; // kills nothing
    LaunchedPrograms(const LaunchedPrograms&) = delete;
    LaunchedPrograms& operator=(const LaunchedPrograms&) = delete;

    Result<> start(const std::string& id, const Program& program) override;
    std::vector<Found> adopt() override;

 private:
    struct Own {
        pid_t shepherd = 0;
        Fd socket;
    };
    struct Adopted {
        Fd file;  // of its job: it is ours while this is open
        Fd pidfd; // of its shepherd, while it lives
        Loop::TimerId timer = 0;
        pid_t shepherd = 0;
    };

    LaunchedPrograms(Loop& loop, Launcher& launcher, std::string jobs, Sink sink);
    void on_readable(const std::string& id);
    void look_at(const std::string& id);
    void wait_for(const std::string& id);
    void finish(const std::string& id, Ended&& ended);

    Loop& loop_;
    Launcher& launcher_;
    std::string jobs_; // empty: none are kept
    JobFiles files_;
    Sink sink_;
    ProcessId self_;
    std::map<std::string, Own> own_;
    std::map<std::string, Adopted> adopted_;
};

} // namespace dmev
