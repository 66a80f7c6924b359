// SPDX-License-Identifier: Apache-2.0
// A reader process: makes the table and status calls, which can hang for ever, and then it alone with them.
#pragma once
#include "source/reader_protocol.hpp"

namespace dmev {

// Answers requests until the other end closes. What may leave it, the first frame tells.
int reader_main(int socket);

// One device as table, status, table show it. Secrets stay: only claimed targets show a table, crypt and
// integrity never.
ReadReply read_device(const ReaderSetup& setup, const ReadRequest& request);

} // namespace dmev
