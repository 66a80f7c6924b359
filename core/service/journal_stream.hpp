// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dmev {

// Whether FD goes into the journal, as $JOURNAL_STREAM tells a service (systemd.exec(5)). Then it is better
// to write there directly, with fields and priorities.
bool is_journal_stream(int fd);

} // namespace dmev
