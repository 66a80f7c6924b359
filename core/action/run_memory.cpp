// SPDX-License-Identifier: Apache-2.0
#include "action/run_memory.hpp"

#include <algorithm>

#include "rules/memory.hpp"

namespace dmev {

std::string write_run(const RememberedRun& run) {
    std::string line;
    JsonWriter json{line};
    const auto& firing = run.firing;
    json.begin_object();
    memory::put_numbers(json, "steps", firing.steps);
    json.member("at", std::uint64_t{run.at}).member("program", run.program);
    memory::put_numbers(json, "failed", run.outcome.failed);
    json.member("ok", run.outcome.ok).member("attempt", firing.attempt).member("reminder", firing.reminder);
    json.member("coalesced", firing.coalesced).member("because", firing.because).end_object();
    return line;
}

Result<RememberedRun> read_run(std::string_view text) {
    try {
        const auto json = memory::parse(text);
        RememberedRun run;
        if (!memory::find(json, "steps")) throw memory::Bad{"steps is missing"};
        run.firing.steps = memory::numbers(json, "steps");
        run.firing.attempt = std::max(1U, memory::small(json, "attempt"));
        run.firing.reminder = memory::small(json, "reminder");
        run.firing.coalesced = memory::small(json, "coalesced");
        run.firing.because = memory::text(json, "because");
        run.at = memory::small(json, "at");
        run.program = memory::text(json, "program");
        run.outcome.failed = memory::numbers(json, "failed");
        run.outcome.ok = memory::flag(json, "ok");
        return run;
    } catch (const memory::Bad& bad) {
        return Error{ErrorKind::failed, "cannot take over", "", bad.why, {}};
    }
}

} // namespace dmev
