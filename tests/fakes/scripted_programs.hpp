// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "process/programs.hpp"

namespace dmev {

// Programs that run only in the test's mind: start() writes down, the test ends them by hand. Holds both
// sides to the seam's promises: who breaks one gets an exception.
class ScriptedPrograms : public Programs {
 public:
    explicit ScriptedPrograms(Sink to = {}) : sink(std::move(to)) {}

    Result<> start(const std::string& id, const Program& program) override {
        if (id.empty() || id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") != id.npos)
            throw std::logic_error("not an id: " + id);
        if (program.argv.empty() || program.argv[0].empty() || program.argv[0][0] != '/')
            throw std::logic_error("no absolute path: " + id);
        if (!ids_.insert(id).second) throw std::logic_error("started twice: " + id);
        if (refusal) return *refusal;
        started.push_back({id, program});
        running_[id] = false;
        return {};
    }

    std::vector<Found> adopt() override {
        if (std::exchange(adopted_, true)) throw std::logic_error("adopted twice");
        for (const auto& found : left_behind) {
            ids_.insert(found.id);
            running_[found.id] = false;
        }
        return left_behind;
    }

    Result<std::optional<Found>> claim(const std::string& id) override {
        if (!adopted_) throw std::logic_error("claimed before what is there was adopted: " + id);
        if (running_.contains(id) || !ids_.insert(id).second) throw std::logic_error("known already: " + id);
        claimed.push_back(id);
        if (claim_refusal) return *claim_refusal;
        if (!late || late->id != id) return std::optional<Found>{};
        running_[id] = false;
        return late;
    }

    // Calls the sink. ID was started or adopted and has not ended.
    void end(const std::string& id) { end(id, exited(0)); }
    void end(const std::string& id, Ended ended) {
        if (running_.erase(id) == 0) throw std::logic_error("does not run: " + id);
        undone_.insert(id);
        if (ended.stuck) stuck_.insert(id);
        sink.ended(id, std::move(ended));
    }
    // ID has ended, stuck.
    void release(const std::string& id) {
        if (stuck_.erase(id) == 0) throw std::logic_error("is not stuck: " + id);
        sink.released(id);
    }
    void done(const std::string& id) override {
        if (undone_.erase(id) == 0) throw std::logic_error("has not ended, or is done with: " + id);
    }
    bool is_done(const std::string& id) const {
        return ids_.contains(id) && !running_.contains(id) && !undone_.contains(id);
    }
    void overdue(const std::string& id, std::chrono::milliseconds after) {
        const auto it = running_.find(id);
        if (it == running_.end()) throw std::logic_error("does not run: " + id);
        if (std::exchange(it->second, true)) throw std::logic_error("overdue twice: " + id);
        sink.overdue(id, after);
    }
    // The one started last.
    const std::string& last() const { return started.at(started.size() - 1).id; }
    bool runs(const std::string& id) const { return running_.contains(id); }
    std::size_t running() const { return running_.size(); }

    static Ended exited(int status, std::string output = "") {
        Ended ended;
        ended.how = Ended::How::exited;
        ended.status = status;
        ended.duration = std::chrono::milliseconds{10};
        ended.output_bytes = output.size();
        ended.output = std::move(output);
        return ended;
    }

    struct Started {
        std::string id;
        Program program;
    };
    Sink sink;                          // may be set after construction, as when who listens needs this first
    std::vector<Started> started;       // in order
    std::vector<Found> left_behind;     // what adopt() finds
    std::optional<Error> refusal;       // what start() answers while it is set
    std::optional<Found> late;          // what claim() finds, for its id
    std::optional<Error> claim_refusal; // what claim() answers while it is set
    std::vector<std::string> claimed;

 private:
    std::map<std::string, bool> running_; // whether it was said to be overdue
    std::set<std::string> ids_, undone_, stuck_;
    bool adopted_ = false;
};

} // namespace dmev
