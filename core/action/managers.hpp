// SPDX-License-Identifier: Apache-2.0
// Asks who else acts on a device. Read-only, starts nothing, and takes two seconds at most; for the process
// that runs a program, since it blocks.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace dmev {

// unknown: it runs and gives no answer that can be understood.
enum class Managed { no, yes, unknown };

// Where they are found.
struct ManagerPlaces {
    // Their pid files, which they keep locked: what merely listens may be systemd, which would start them.
    std::string dmeventd_pidfile = "/run/dmeventd.pid";
    std::string multipathd_pidfile = "/run/multipathd.pid";
    std::string dmeventd_client = "/run/dmeventd-client"; // a FIFO to it
    std::string dmeventd_server = "/run/dmeventd-server"; // and one from it
    // Tried in this order; @ stands for the NUL of an abstract name.
    std::vector<std::string> multipathd_sockets{"@/org/kernel/linux/storage/multipathd",
                                                "/run/multipathd.socket"};
    std::chrono::milliseconds limit{2000};
};

// WHO: "dmeventd" (ABOUT: the uuid) or "multipathd" (ABOUT: the map's name); of any other, nothing is known.
Managed managed_by(std::string_view who, std::string_view about, const ManagerPlaces& places = {});

} // namespace dmev
