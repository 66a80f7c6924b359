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
};
std::string write_job(const Order& order, const ProcessId& shepherd);
std::optional<JobRecord> read_job(const std::string& text);

bool is_job_id(std::string_view id);

class JobFiles {
 public:
    explicit JobFiles(std::string dir) : dir_(std::move(dir)) {}
    // Makes RUN_DIR and the directory for jobs in it, which nobody but us may enter. The result is absolute.
    static Result<std::string> make_dir(const std::string& run_dir);

    // A shepherd's: writes ID.job, locked as long as the result is open.
    Result<Fd> keep(const Order& order) const;
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
    static bool watched(const Fd& job); // does its shepherd live?
    // The error: it cannot be read now.
    Result<std::optional<Ended>> ended(const std::string& id) const;
    void remove(const std::string& id) const;

 private:
    std::string path(const std::string& id, const char* suffix) const { return dir_ + "/" + id + suffix; }
    std::optional<Orphan> take(const std::string& id) const;
    std::string dir_;
};

} // namespace dmev
