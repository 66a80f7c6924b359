// SPDX-License-Identifier: Apache-2.0
// What a successor must know (conditions that were told, rules' limits, runs under way), in a file of the run
// directory, which is memory: it outlives a killed process, needs no disk, and ends with the boot. The loop's
// own; a commit is a few microseconds of copying.
#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/remembered.hpp"

namespace dmev {

class Ledger {
 public:
    // FILE is made where it is missing. One that is damaged, or of another boot or format, is set aside
    // (FILE.bad, the one before it removed) and begun anew; that is said in warnings(). REQUIRES: no other
    // process uses FILE; whoever acts holds RUN_DIR/acting.pid. PATIENCE: with who was killed a moment ago
    // and is still on its way out.
    static Result<Ledger> open(const std::string& file, const std::string& boot_id,
                               std::chrono::milliseconds patience = std::chrono::seconds{1});
    Ledger(Ledger&&) noexcept;
    Ledger& operator=(Ledger&&) noexcept;
    ~Ledger();

    const std::vector<std::string>& warnings() const { return warnings_; }
    bool begun_anew() const { return begun_anew_; }       // what was there could not be used
    const std::string& damage() const { return damage_; } // why, where it is not merely another's; or empty
    // Everything that is remembered, by kind and key.
    Result<std::vector<Remembered>> load();
    // All of it or nothing; once it has returned, a killed process has not forgotten it. After an error
    // nothing of the earlier commits is lost.
    Result<> commit(std::span<const Remembered> changes);
    // The last error is the file's own: it is damaged, was moved away, or written to by others. begin_anew()
    // mends that.
    bool is_faulty() const;
    // Goes on in a new file that has EVERYTHING, whole before it takes the place of the old one, which is set
    // aside. After an error nothing has changed, or commit() fails until this is called again.
    Result<> begin_anew(std::span<const Remembered> everything);

 private:
    struct Impl;
    explicit Ledger(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
    std::vector<std::string> warnings_;
    std::string damage_;
    bool begun_anew_ = false;
};

} // namespace dmev
