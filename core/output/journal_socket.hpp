// SPDX-License-Identifier: Apache-2.0
// How an entry is handed to the journal: one datagram of all its fields, or a file in memory where that is
// too large for one. See systemd.io/JOURNAL_NATIVE_PROTOCOL.
#pragma once
#include <span>
#include <string>

#include "base/fd.hpp"

namespace dmev {

// Of "NAME=VALUE" each, what the journal is told. A value may hold any byte.
std::string journal_entry(std::span<const std::string> fields);

class JournalSocket {
 public:
    explicit JournalSocket(std::string path = "/run/systemd/journal/socket");

    bool is_there() const; // and may be written to
    // Waits while the journal's queue is full. False: it did not take the entry, and errno says why.
    bool send(std::span<const std::string> fields) const;

 private:
    bool send_file(const std::string& entry) const;

    std::string path_;
    Fd socket_;
};

} // namespace dmev
