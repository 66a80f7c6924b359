// SPDX-License-Identifier: Apache-2.0
// Dispatchers that die. What a killed one leaves is kept apart from it: the ledger's rows, the shepherds with
// their job files, and what programs did. It dies before or after any call to a seam: from then on nothing
// that it does has an effect.
#pragma once
#include <map>
#include <memory>
#include <set>

#include "action/runner.hpp"
#include "rules/decider.hpp"

namespace mortal {

using namespace dmev;

// What outlives them.
struct Remains {
    struct Job {
        enum class Phase { ordered, runs, ended, claim } phase = Phase::ordered;
        std::string name; // of the program
        std::string note;
        Ended end;
    };
    std::map<std::pair<std::string, std::string>, Remembered> ledger;
    std::set<std::string> told; // events that the ledger's lanes know of
    std::map<std::string, Job> jobs;
    std::vector<std::string> ran, said;  // programs, and results that were told to the world
    std::map<std::string, int> failures; // left of each program
    Time now = Time{std::chrono::hours{1}};

    // The shepherd of ID comes to its job, and starts the program unless somebody has claimed it.
    void keep(Job& job) {
        if (job.phase != Job::Phase::ordered) return;
        job.phase = Job::Phase::runs;
        ran.push_back(job.name);
    }
    void keep_all() {
        for (auto& [id, job] : jobs) keep(job);
    }
    void end(Job& job) {
        job.phase = Job::Phase::ended;
        job.end.how = Ended::How::exited;
        job.end.status = failures[job.name]-- > 0 ? 1 : 0;
    }
    void end_all() {
        for (auto& [id, job] : jobs)
            if (job.phase == Job::Phase::runs) end(job);
    }
};

// How it goes on.
struct Fate {
    unsigned dies_at = 0; // the n-th point between two calls; 0: never
    bool late = false;    // shepherds dawdle
};

class Dispatcher {
 public:
    Dispatcher(Remains& remains, std::shared_ptr<const Rulebook> rules, LimitSettings limits, Fate fate)
        : remains_(remains),
          fate_(fate),
          decider_(std::move(rules), {[this](Firing&& f) { firings_.push_back(std::move(f)); },
                                      [](const Rule&, const Event&, State) {},
                                      [this](const Event& e) { return current(e); },
                                      {}}),
          programs_(*this),
          runner_(
              loop_, programs_, {}, catalogue_, limits,
              {[this] { return remains_.now; }, [](const DeviceId&, std::uint32_t) { return std::nullopt; },
               [this](const Event& e) { return current(e); }, [](DevNum, Time) {},
               [](const Event&) { return "{}"; }, [this](Event&& e) { say(std::move(e)); },
               [this](std::uint64_t id, const Decider::Outcome& o) {
                   return decider_.ended(id, o, remains_.now);
               },
               [this] { remember(); }}) {}

    // What an instance does first. DEVICES_READ: what else happens before it may begin.
    template <class F>
    void take_over(F devices_read) {
        std::vector<Remembered> rows;
        for (const auto& [key, row] : remains_.ledger) rows.push_back(row);
        auto restored = decider_.restore(rows, remains_.now, std::chrono::hours{1});
        bad = std::move(restored.bad);
        for (auto& error : runner_.restore(rows, std::move(restored.open))) bad.push_back(error);
        devices_read();
        decider_.begin(remains_.now);
        runner_.begin();
        pump();
        remember();
    }
    // Lives on until nothing is left to do, or it dies. HAPPENS: all that the kernel says.
    void live(const std::vector<Event>& happens) {
        for (const auto& e : happens)
            if (!remains_.told.contains(e.id)) {
                taken_.push_back(e.id);
                decider_.take(e);
            }
        pump();
        remember();
        while (alive() && step()) {
            pump();
            remember();
        }
    }

    bool alive() const { return !dead_; }
    unsigned points() const { return points_; }
    bool idle() const { return runner_.idle() && decider_.idle() && firings_.empty(); }
    // Of ends that it was not told of yet.
    void hear() {
        std::vector<std::string> ids;
        for (const auto& [id, job] : remains_.jobs)
            if (job.phase == Remains::Job::Phase::ended && programs_.knows(id)) ids.push_back(id);
        for (const auto& id : ids)
            if (alive()) runner_.ended(id, Ended{remains_.jobs.at(id).end});
    }

    std::vector<Error> bad;

 private:
    class Seam : public Programs {
     public:
        explicit Seam(Dispatcher& owner) : owner_(owner) {}
        Result<> start(const std::string& id, const Program& program) override {
            if (owner_.dies()) return {};
            auto& job = owner_.remains_.jobs[id];
            job.name = program.argv.at(0);
            job.note = program.note;
            if (!owner_.fate_.late) owner_.remains_.keep(job);
            known_.insert(id);
            owner_.dies();
            return {};
        }
        std::vector<Found> adopt() override {
            std::vector<Found> out;
            if (owner_.dies()) return out;
            for (const auto& [id, job] : owner_.remains_.jobs)
                if (job.phase != Remains::Job::Phase::claim && job.phase != Remains::Job::Phase::ordered)
                    out.push_back(found(id));
            return out;
        }
        Result<std::optional<Found>> claim(const std::string& id) override {
            if (owner_.dies()) return std::optional<Found>{};
            auto& job = owner_.remains_.jobs[id];
            const bool started =
                job.phase == Remains::Job::Phase::runs || job.phase == Remains::Job::Phase::ended;
            if (!started) job.phase = Remains::Job::Phase::claim;
            owner_.dies();
            return started ? std::optional{found(id)} : std::nullopt;
        }
        void done(const std::string& id) override {
            if (owner_.dies()) return;
            known_.erase(id);
            owner_.remains_.jobs.erase(id);
            owner_.dies();
        }
        bool knows(const std::string& id) const { return known_.contains(id); }

     private:
        Found found(const std::string& id) {
            known_.insert(id);
            const auto& job = owner_.remains_.jobs.at(id);
            return {id, job.note, job.phase == Remains::Job::Phase::runs};
        }
        Dispatcher& owner_;
        std::set<std::string> known_;
    };

    // One more point at which it may die; whether it is dead.
    bool dies() {
        if (!dead_ && ++points_ == fate_.dies_at) dead_ = true;
        return dead_;
    }
    std::optional<Event> current(const Event& e) const {
        return e.state == State::raised ? std::optional{e} : std::nullopt;
    }
    void say(Event&& e) {
        if (dies()) return;
        e.id = "a" + std::to_string(remains_.said.size());
        e.time = remains_.now;
        const auto* program = find_field(e.data, "program");
        remains_.said.push_back(e.type + " " + (program ? program->text() : "-"));
        inbox_.push_back(std::move(e));
    }
    // As a loop has to: what was said is the rules' before the programs that it is about are forgotten.
    void remember() {
        for (const auto& e : std::exchange(inbox_, {})) decider_.take(e);
        auto rows = decider_.changed();
        for (auto& row : runner_.changed()) rows.push_back(std::move(row));
        if (dies()) return;
        for (auto& row : rows) {
            const std::pair key{row.kind, row.key};
            if (row.value.empty())
                remains_.ledger.erase(key);
            else
                remains_.ledger.insert_or_assign(key, std::move(row));
        }
        for (auto& id : std::exchange(taken_, {})) remains_.told.insert(std::move(id));
        dies();
    }
    void pump() {
        while (!firings_.empty() || !inbox_.empty()) {
            for (const auto& e : std::exchange(inbox_, {})) decider_.take(e);
            for (auto& firing : std::exchange(firings_, {})) runner_.run(std::move(firing));
        }
    }
    // A program ends, or time goes on. False: nothing more will happen.
    bool step() {
        remains_.keep_all();
        hear();
        remains_.keep_all(); // of what followed at once
        if (!alive()) return false;
        for (auto& [id, job] : remains_.jobs)
            if (job.phase == Remains::Job::Phase::runs && programs_.knows(id)) {
                remains_.end(job);
                return true;
            }
        if (!firings_.empty() || !inbox_.empty()) return true;
        const auto due = decider_.due();
        if (!due) return false;
        remains_.now = std::max(remains_.now, *due);
        decider_.advance(remains_.now);
        return true;
    }

    Remains& remains_;
    Fate fate_;
    bool dead_ = false;
    unsigned points_ = 0;
    Loop loop_ = *Loop::create();
    Catalogue catalogue_;
    std::vector<Firing> firings_;
    std::vector<Event> inbox_;
    std::vector<std::string> taken_;
    Decider decider_;
    Seam programs_;
    Runner runner_;
};

} // namespace mortal
