// SPDX-License-Identifier: Apache-2.0
// DIR/ID.job says that a shepherd watches a program, and holds a lock while that is so; DIR/ID.ended says how
// it ended. Shepherds write them; dispatchers read them and remove them once the end is reported, so that no
// end is lost to a dispatcher that dies.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "process/messages.hpp"

namespace dmev {

// What ID.job holds for a successor; the rest of it is for people.
struct JobRecord {
    ProcessId dispatcher;
    pid_t shepherd = 0;
    std::string note;
    bool claim = false; // there is no shepherd, and none may come: the dispatcher has taken the id
};
std::string write_claim(const std::string& id, const ProcessId& dispatcher);
std::string write_job(const Order& order, const ProcessId& shepherd);
std::optional<JobRecord> read_job(const std::string& text);

bool is_job_id(std::string_view id);

class JobFiles {
 public:
    explicit JobFiles(std::string dir) : dir_(std::move(dir)) {}
    // Makes RUN_DIR and the directory for jobs in it, which nobody but us may enter. The result is absolute.
    static Result<std::string> make_dir(const std::string& run_dir);

    // A shepherd's: writes ID.job, locked as long as the result is open. An empty one: a dispatcher has
    // claimed the id, and nothing is to be started.
    Result<Fd> keep(const Order& order, const ProcessId& shepherd) const;
    Result<> leave(const std::string& id, const Ended& ended) const;

    // A dispatcher's. An orphan's dispatcher is gone; while its file is open here, nobody else takes it.
    struct Orphan {
        std::string id;
        JobRecord record;
        Fd file;
    };
    // Damaged files are named in a warning and removed, and so is what a removal left half done. What cannot
    // be read is left where it is.
    std::vector<Orphan> take_orphans() const;
    // Makes ID.job in place of a shepherd that may still come; or gives the job of the one that came. The
    // error: neither can be had.
    Result<std::optional<Orphan>> claim(const std::string& id) const;
    static bool watched(const Fd& job); // does its shepherd live?
    // The error: it cannot be read now.
    Result<std::optional<Ended>> ended(const std::string& id) const;
    void remove(const std::string& id) const;

 private:
    std::string path(const std::string& id, const char* suffix) const { return dir_ + "/" + id + suffix; }
    struct Taken {
        std::optional<Orphan> orphan;
        bool claimed = false;
        bool gone = false;   // there is no such job
        std::string why_not; // not taken
    };
    Taken take(const std::string& id) const;
    void sweep_claim(const std::string& id) const;
    std::string dir_;
};

} // namespace dmev
