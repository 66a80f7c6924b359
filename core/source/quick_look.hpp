// SPDX-License-Identifier: Apache-2.0
// A reader's second and every later look at a device: its status, and whether its table is still the known
// one. The device that says so was there the whole time: the kernel tells of each that leaves or comes, and
// whoever hears of that asks for a whole reading.
#pragma once
#include <optional>

#include "base/fd.hpp"
#include "source/dm_ioctl.hpp"
#include "source/look.hpp"

namespace dmev {

class QuickLook {
 public:
    // SETUP must outlive it.
    explicit QuickLook(const ReaderSetup& setup);

    // The answer, without a diskseq; none if the device is suspended, has another table than the request
    // knows, keeps a secret, or cannot be read: then it must be read as if nothing were known.
    std::optional<ReadReply> read(const ReadRequest& request);

 private:
    Look look(LookAt what, DevNum number);

    const ReaderSetup& setup_;
    Fd control_;
    DmIoctl calls_;
};

} // namespace dmev
