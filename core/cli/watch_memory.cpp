// SPDX-License-Identifier: Apache-2.0
// What of the program outlives it: the ledger for a successor, the history for people and for after a reboot.
#include <sys/socket.h>

#include <algorithm>

#include "base/log.hpp"
#include "cli/watch.hpp"
#include "process/service_socket.hpp"

namespace dmev {

// Who looks for a moment, from a terminal, is shown all that holds, and leaves nothing behind.
bool Watch::serves() const {
    const auto& options = means_.options;
    return !options.once && (means_.system_log || means_.notify.listened_to() || !options.history.empty() ||
                             !configuration_.rules->rules.empty());
}

std::optional<std::vector<Remembered>> Watch::inherit() {
    if (!serves() || !acting_) return {};
    succession_.emplace(means_.options.run_dir);
    auto inherited = succession_->inherit(means_.options.forget);
    if (!inherited) return {};
    auto& rows = *inherited;
    for (const auto& error : monitor_.restore(rows)) log::warning("{}; it is forgotten", error.text());
    const auto is_device = [](const Remembered& row) { return row.kind == "device"; };
    if (const auto devices = std::count_if(rows.begin(), rows.end(), is_device); devices > 0)
        log::info("going on where an earlier instance was, with {} device{}; --forget begins anew", devices,
                  devices == 1 ? "" : "s");
    return std::move(rows);
}

void Watch::connect() {
    if (!succession_) return;
    open_archive();
    Succession::Ports ports;
    ports.changed = {[this] { return monitor_.changed(); }};
    ports.owed = [this] { return responder_->changed(); };
    ports.copy = [this](std::vector<Remembered> rows) {
        if (archive_) archive_->remember(std::move(rows));
    };
    ports.state = [this](const std::string& why) { responder_->store_state("ledger", why); };
    succession_->connect(std::move(ports));
}

void Watch::open_archive() {
    const auto& options = means_.options;
    const auto& settings = configuration_.settings.history;
    const auto& file = options.history.empty() ? settings.file.text : options.history;
    if (options.no_history || file == "none") return;
    StoreSetup setup;
    setup.options.file = file;
    setup.options.keep = std::chrono::duration_cast<std::chrono::seconds>(settings.keep);
    setup.options.max_size = settings.max_size.bytes;
    setup.boot_id = boot_id();
    archive_ = std::make_unique<Archive>(
        means_.loop, std::move(setup),
        Archive::Ports{.process = [this]() -> Result<Fd> {
                           if (const auto& path = means_.options.history_socket; !path.empty())
                               return connect_to(path, SOCK_STREAM);
                           auto process = means_.helpers.new_store();
                           if (!process) return process.error();
                           return std::move(process->socket);
                       },
                       .everything = [this] { return succession_->everything(); },
                       .state = [this](const std::string& why) { responder_->store_state("history", why); },
                       .remembered =
                           [this](std::vector<Remembered>&& rows) {
                               responder_->restore_late(rows, configuration_.settings.limits.stale_after);
                               succession_->keep();
                               archive_->earlier_settled();
                           }});
}

// Once for all that comes in within a moment.
void Watch::keep_soon() {
    constexpr std::chrono::milliseconds moment{10};
    if (!succession_) return;
    succession_->keep_owed();
    if (keep_ != 0 || !monitor_.engine().has_changed()) return;
    keep_ = means_.loop.after(moment, [this] {
        keep_ = 0;
        succession_->keep();
    });
}

void Watch::end() {
    if (!succession_) return;
    means_.loop.cancel(std::exchange(keep_, 0));
    monitor_.remember_all();
    succession_->keep();
}

void Watch::drain() {
    if (archive_) archive_->drain();
}

} // namespace dmev
