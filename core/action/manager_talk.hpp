// SPDX-License-Identifier: Apache-2.0
// What talking to dmeventd and to multipathd has in common: a moment by which it must be over.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "action/managers.hpp"

namespace dmev::manager {

class Deadline {
 public:
    explicit Deadline(std::chrono::milliseconds within) : at_(Clock::now() + within) {}
    int remaining_ms() const; // never negative
    bool over() const { return Clock::now() >= at_; }

 private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point at_;
};

// Whether a process holds the lock on PIDFILE, as a daemon does from its start to its end.
Managed runs(const std::string& pidfile);

// Non-blocking descriptors; false and none: it did not come to it in time, or the other side is gone.
bool write_all(int fd, std::string_view bytes, const Deadline& deadline);
std::optional<std::string> read_exactly(int fd, std::size_t size, const Deadline& deadline);

Managed ask_dmeventd(std::string_view uuid, const ManagerPlaces& places, const Deadline& deadline);
Managed ask_multipathd(std::string_view map, const ManagerPlaces& places, const Deadline& deadline);

} // namespace dmev::manager
