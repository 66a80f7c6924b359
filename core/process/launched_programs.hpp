// SPDX-License-Identifier: Apache-2.0
// Programs in earnest: a shepherd of the launcher's for each. Programs and shepherds outlive this; what is
// left behind is found again in RUN_DIR/jobs.
#pragma once
#include <deque>
#include <map>
#include <memory>

#include "base/loop.hpp"
#include "process/job_files.hpp"
#include "process/launcher.hpp"
#include "process/programs.hpp"

namespace dmev {

class LaunchedPrograms : public Programs {
 public:
    // RUN_DIR is made where it is missing; empty, or where it cannot be used: no job is kept, and what we
    // leave behind is not found again. LOOP and LAUNCHER must outlive this, which must not be destroyed from
    // within SINK.
    static Result<std::unique_ptr<LaunchedPrograms>> open(Loop& loop, Launcher& launcher,
                                                          const std::string& run_dir, Sink sink);
    ~LaunchedPrograms() override; // kills nothing
    LaunchedPrograms(const LaunchedPrograms&) = delete;
    LaunchedPrograms& operator=(const LaunchedPrograms&) = delete;

    Result<> start(const std::string& id, const Program& program) override;
    std::vector<Found> adopt() override;
    Result<std::optional<Found>> claim(const std::string& id) override;
    void done(const std::string& id) override;

    // Programs may be started soon: what takes longest of a start, the fork of a shepherd, is done before it.
    void expect();
    // The same for LVM's programs: LVM is kept ready to run one, as it waits; none: no longer. See
    // process/lvm_script.hpp.
    void expect_lvm(std::optional<Program> lvm);

 private:
    struct Job {
        pid_t shepherd = 0;
        Fd socket;         // its shepherd's, of one that we started
        Fd file;           // of an adopted one: it is ours while this is open
        ProcessId program; // of one that we started, once it was forked
        Fd pidfd;          // of whom we wait for without a socket: the program, or an adopted one's shepherd
        Loop::TimerId timer = 0;
        enum class Phase { running, stuck, over } phase = Phase::running; // stuck: said so, and there still
        bool done = false;
        bool lvm = false;    // one that lvm_ could run
        bool unread = false; // it was said that its end cannot be read
    };

    LaunchedPrograms(Loop& loop, Launcher& launcher, std::string jobs, Sink sink);
    void on_readable(const std::string& id);
    void look_at(const std::string& id);
    void look_later(const std::string& id);
    bool wait_for(const std::string& id, Fd pidfd);
    void finish(const std::string& id, Ended&& ended);
    void gone(const std::string& id);
    void let_go(Job& job);
    Found take_over(JobFiles::Orphan&& orphan);
    Result<Launcher::Child> take_shepherd(const Program& program);
    bool runs_lvm() const;
    void refill(std::chrono::milliseconds pause);
    void refill_now();

    Loop& loop_;
    Launcher& launcher_;
    std::string dir_; // empty: no job is kept
    JobFiles files_;
    Sink sink_;
    ProcessId self_;
    std::map<std::string, Job> jobs_;      // until they are over and done with
    std::optional<Launcher::Child> spare_; // a shepherd that waits for its order
    bool expected_ = false;
    std::deque<Launcher::Child> ready_; // those whose lvm waits
    std::optional<Program> lvm_;        // what that is, while it is expected
    Loop::TimerId refill_ = 0;
};

} // namespace dmev
